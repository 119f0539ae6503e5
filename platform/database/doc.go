// Package database gives a module a database of its own: an SQLite file in the
// data directory, or a schema on a PostgreSQL server. The module's code and SQL
// are the same for both.
//
//	db, err := database.Open(ctx, database.Options{Module: "notes", Dir: data, Migrations: files})
//	err = db.Write(ctx, func(tx *gorm.DB) error {
//		return tx.Exec("INSERT INTO notes …").Error
//	})                              // nil: it is on disk
//	db.Read(ctx).First(&note, "id = ?", id)
//
// # Rules for the author of a module
//
// A function given to Write
//
//   - may run more than once. PostgreSQL asks for that after deadlocks. Set its
//     results rather than add to them, and keep side effects out.
//   - uses only tx. Another handle does not see what tx wrote, and a Write
//     inside a Write waits for itself until its context ends.
//   - calls no other module, no network, and does not wait: on SQLite the
//     other writers of the module stand in the queue behind it.
//   - ends the transaction by what it returns. tx.Transaction nests; BEGIN,
//     COMMIT and ROLLBACK as raw SQL do harm to others in the same batch.
//
// Two Writes may run at once (always on PostgreSQL, whose isolation is READ
// COMMITTED; on SQLite only in their order), so never check first and write
// then. Say the condition in the statement and look at RowsAffected:
//
//	result := tx.Exec("UPDATE seats SET free = free - ? WHERE room = ? AND free >= ?", n, room, n)
//	if result.Error == nil && result.RowsAffected == 0 { return errFull }
//
// To insert what may exist use INSERT … ON CONFLICT DO NOTHING and
// RowsAffected. A violated constraint is an error to be returned, not tested:
// on PostgreSQL it has ended the transaction.
//
// Write returns nil when the changes are durable, and else an error, nothing
// being written. Only when the commit itself fails is the outcome not known; the
// error then wraps ErrUncertain. A context that ends while the function runs
// does not change what is reported.
//
// Do not run a query while going through the Rows of another: each holds one
// of a bounded number of connections.
//
// What contains a text, in capitals or not, is found by DB.Containing: what the databases
// know of capitals differs.
//
// # Migrations
//
// Options.Migrations holds goose files (0001_notes.sql, "-- +goose Up"), run
// by Open and recorded in the table <module>_version; of goose's annotations they
// have Up and Down alone. To run on both dialects
// they use only TEXT, BIGINT and BOOLEAN; times are BIGINT microseconds since
// 1970 in UTC. Avoid deferred constraints: they fail at the commit, and so
// fail the neighbours in the batch.
//
// Every database also has the platform's tables, recorded in platform_version:
// store (identity, owner, generation), marks, holders, leases, and outbox, inbox
// and dead_letters of package events.
//
// # SQLite
//
// One connection writes, a read-only pool reads; readers and the writer do not
// wait for each other. synchronous=FULL: what was acknowledged survives the
// loss of power. Writes that wait at the same time share one transaction and so
// one fdatasync, each behind a savepoint of its own; when one fails or panics,
// only its own changes are undone. Thousands of commits a second alone, tens of
// thousands together: see BenchmarkCommit.
//
// Two processes may have the file open while a module moves. Each batch takes
// the file's write lock at its beginning and holds it at most some milliseconds.
// The files beside it are <module>.db-wal and -shm (SQLite's),
// <module>.db.lock (held while opening), and for each process that has it open
// <module>.db.<id>.holder (locked while it lives, touched while it moves).
//
// # PostgreSQL
//
// A transaction per Write, run again on serialization failures and deadlocks.
// The schema is the first one of the DSN's search_path, made when missing.
//
// # Who may write
//
// A process that opens a store holds it. When the store is taken from it (Dismiss,
// Adopt), the store's generation is raised and those that hold an old one
// are refused with ErrFenced, in the transaction that would have written: also
// a process that slept meanwhile. A store that was sealed (Seal), copied,
// or put back to an earlier state where it is (see Mark) is refused, until Adopt says
// that it is the real one.
//
// # Leases
//
// Hold runs background work in one process at a time; see there. What the work
// writes is refused once its lease is lost. A lease that is held costs no writes.
package database
