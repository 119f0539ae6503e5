package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

var (
	// ErrFenced is wrapped by the error of a Write by a process that holds the
	// store no longer: it was dismissed, or the store adopted. Nothing was written.
	ErrFenced = errors.New("database: this process lost the store")
	// ErrSealed is wrapped by the error of Open and Write on a store that was
	// sealed. Nothing was written.
	ErrSealed = errors.New("database: the store is sealed")
	// ErrCopied is wrapped by the error of Open on a store that is not where it
	// was made: a copy, or a backup that was restored.
	ErrCopied = errors.New("database: the store was copied or restored")
)

// A store has a generation, raised when it is taken from a process (Dismiss) or from
// all of them (Adopt). A process holds the store from Open to Close, or until then:
//
//	        Open at n                Dismiss of this one, Adopt: n+1, without it
//	(none) ───────────> holds at n ─────────────────────────────────────────> fenced
//	           Close        │ ▲
//	(none) <────────────────┘ └── Dismiss of another: holds at n+1
//
// The generation is compared in the transaction that writes, so there is no
// moment in which a process that lost the store writes: on SQLite once for each
// batch, behind the file's write lock; on PostgreSQL in each transaction, which
// shares an advisory lock that Dismiss and Adopt take alone.

// standing is what a transaction sees of the store before it writes.
type standing struct {
	generation int64
	sealedAt   int64
	sealedWhy  string
}

const standingQuery = "SELECT generation, sealed_at, sealed_why FROM store"

// admit refuses to write to a store that is sealed, that this process lost, or that was put
// back under it. held asks for the generation of this process's row of holders, 0 when there
// is none; it is asked only when the store has another generation than this process knows.
func (d *DB) admit(s standing, held func() (int64, error)) error {
	if s.sealedAt != 0 {
		return d.sealedError(s)
	}
	known := d.generation.Load()
	if s.generation == known {
		return d.checkPutBack()
	}
	generation, err := held()
	if err != nil {
		return err
	}
	if generation != s.generation {
		return fmt.Errorf("%w: store %s of %s is at generation %d, this process (%s) held it at %d; stop this process; if this store is to be used all the same: %s",
			ErrFenced, d.store.ID, d.store.Module, s.generation, d.options.Holder, known, toAdopt(d.store.Module))
	}
	d.generation.Store(generation)
	return d.checkPutBack()
}

// checkPutBack refuses a store of which a mark of this process is gone, as long as it holds
// it: who adopts it ends that.
func (d *DB) checkPutBack() error {
	if d.marking.putBack.Load() {
		return putBackError(d.marking.last, d.store.Module)
	}
	return nil
}

const heldQuery = "SELECT COALESCE(MAX(generation), 0) FROM holders WHERE process = $1"

func (d *DB) sealedError(s standing) error {
	return fmt.Errorf("%w: store %s of %s, at generation %d, since %s: %s; to use it again: %s",
		ErrSealed, d.store.ID, d.store.Module, s.generation, time.UnixMicro(s.sealedAt).UTC().Format(time.RFC3339), s.sealedWhy, toAdopt(d.store.Module))
}

// Generation is the store's, beginning with 1: it is raised each time the store is taken
// from processes.
func (d *DB) Generation(ctx context.Context) (int64, error) {
	var generation int64
	if err := d.Read(ctx).Raw("SELECT generation FROM store").Scan(&generation).Error; err != nil {
		return 0, fmt.Errorf("generation of the store of %s: %w", d.options.Module, err)
	}
	return generation, nil
}

// Dismiss raises the store's generation and takes the store from one process,
// which is refused from the moment it returns; all others go on. It is for a
// process that was left while it did not answer: it may wake up and go on. On PostgreSQL
// it fails while a write of some process does not end, such as of one that stands still: to
// wait for that would have all other writers wait, too.
func (d *DB) Dismiss(ctx context.Context, holder string) (generation int64, err error) {
	err = d.engine.write(ctx, true, func(tx *gorm.DB) error {
		for _, change := range []*gorm.DB{
			tx.Exec("UPDATE store SET generation = generation + 1"),
			tx.Exec("DELETE FROM holders WHERE process = ?", holder),
			tx.Exec("UPDATE holders SET generation = (SELECT generation FROM store)"),
			tx.Raw("SELECT generation FROM store").Scan(&generation),
		} {
			if change.Error != nil {
				return change.Error
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("dismiss %s from the store of %s: %w", holder, d.options.Module, err)
	}
	return generation, nil
}

// Seal refuses all writes to the store from now on, by this process and all
// others, until it is adopted: because its data moved elsewhere, for example. It fails, as
// Dismiss does, while a write on PostgreSQL does not end.
func (d *DB) Seal(ctx context.Context, why string) error {
	err := d.engine.write(ctx, true, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE store SET sealed_at = ?, sealed_why = ?", d.options.Now().UnixMicro(), why).Error
	})
	if err != nil {
		return fmt.Errorf("seal the store of %s: %w", d.options.Module, err)
	}
	return nil
}

// join makes this process a holder, at the store's present generation, and
// removes those that died. lock, if any, keeps Dismiss and Adopt away meanwhile.
func (d *DB) join(ctx context.Context, db *sql.DB, lock string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // without effect after a commit
	if lock != "" {
		if _, err := tx.ExecContext(ctx, lock); err != nil {
			return err
		}
	}
	var s standing
	if err := tx.QueryRowContext(ctx, standingQuery).Scan(&s.generation, &s.sealedAt, &s.sealedWhy); err != nil {
		return err
	}
	if s.sealedAt != 0 {
		return d.sealedError(s)
	}
	d.generation.Store(s.generation)
	// The mark comes before the holders, here and in leaveIn, as in Dismiss and Adopt: the
	// other way round two processes could wait for each other.
	mark, err := d.marking.add(ctx, tx)
	if err != nil {
		return err
	}
	if err := d.strikeOff(ctx, tx); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO holders (id, process, generation, since) VALUES ($1, $2, $3, $4)",
		d.id, d.options.Holder, s.generation, d.options.Now().UnixMicro())
	if err == nil {
		err = tx.Commit()
	}
	if err == nil {
		d.marking.keep(mark, 0)
	}
	return err
}

// strikeOff removes the holders that died. It harms none that lives: only
// Dismiss and Adopt keep a process from writing.
func (d *DB) strikeOff(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT id FROM holders")
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return err
		}
		ids = append(ids, one)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, one := range ids {
		beat, err := d.engine.feel(ctx, tx, one)
		if err == nil && beat == "" {
			_, err = tx.ExecContext(ctx, "DELETE FROM holders WHERE id = $1", one)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enlist makes this process a holder again if another one struck it off.
func (d *DB) enlist(ctx context.Context) error {
	return d.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO holders (id, process, generation, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			d.id, d.options.Holder, d.generation.Load(), d.options.Now().UnixMicro()).Error
	})
}

// beginner is a connection, or a pool of them.
type beginner interface {
	BeginTx(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error)
}

// leave removes this process from the holders, and leaves a last mark if it still holds
// the store. It asks for no permission: of a store that is sealed or that it lost a process
// may remove itself, too.
func (d *DB) leave(ctx context.Context, db beginner) {
	tx, err := db.BeginTx(ctx, nil)
	if err == nil {
		defer tx.Rollback() // without effect after a commit
		err = d.leaveIn(ctx, tx)
	}
	if err != nil {
		d.options.Log.WarnContext(ctx, "this process stays among the holders of the store", "process", d.options.Holder, "error", withoutValues(err))
	}
}

func (d *DB) leaveIn(ctx context.Context, tx *sql.Tx) error {
	var mark Mark
	if d.marking.due() {
		// Its row has the generation that it holds the store at, also when another process
		// was dismissed since its last write.
		var holds int64
		err := tx.QueryRowContext(ctx, "SELECT generation FROM holders WHERE id = $1", d.id).Scan(&holds)
		if err == nil {
			d.generation.Store(holds)
		} else if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		mark, err = d.marking.add(ctx, tx)
		if errors.Is(err, ErrPutBack) {
			d.options.Log.ErrorContext(ctx, "the store was written to after it was put back", "error", err)
		} else if err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM holders WHERE id = $1", d.id)
	if err == nil {
		err = tx.Commit()
	}
	if err == nil {
		d.marking.keep(mark, d.commits.Load())
	}
	return err
}
