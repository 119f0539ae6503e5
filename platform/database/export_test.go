package database

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"gorm.io/gorm"
)

// Beat is what others see of d's pulse.
func Beat(t *testing.T, d *DB) string {
	t.Helper()
	beat, err := d.engine.feel(context.Background(), nil, d.id)
	if err != nil {
		t.Fatal(err)
	}
	return beat
}

// CutPulse takes away what d's pulse is made of.
func CutPulse(t *testing.T, d *DB) {
	t.Helper()
	var err error
	switch e := d.engine.(type) {
	case *sqliteEngine:
		err = os.Remove(pulsePath(e.file, d.id))
	case *postgresEngine:
		_, err = e.reading.Exec("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = CAST($1 AS BIGINT)", pulseClass(d.id))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// AwaitQueue returns once n writes wait in an SQLite database's queue.
func AwaitQueue(d *DB, n int) {
	w := d.engine.(*sqliteEngine).writer
	for {
		w.mu.Lock()
		waiting := len(w.queue)
		w.mu.Unlock()
		if waiting >= n {
			return
		}
		runtime.Gosched()
	}
}

// AwaitTaken returns once no write waits in an SQLite database's queue.
func AwaitTaken(d *DB) {
	w := d.engine.(*sqliteEngine).writer
	for {
		w.mu.Lock()
		waiting := len(w.queue)
		w.mu.Unlock()
		if waiting == 0 {
			return
		}
		runtime.Gosched()
	}
}

// Locked is how often in a row an SQLite database's write lock was not to be had.
func Locked(d *DB) int {
	d.writing.mu.Lock()
	defer d.writing.mu.Unlock()
	return d.writing.locked
}

// AwaitLocked returns once the write lock was not to be had.
func AwaitLocked(d *DB) {
	for Locked(d) == 0 {
		time.Sleep(time.Millisecond)
	}
}

// Readers is how many connections read from an SQLite database.
func Readers(d *DB) int { return d.engine.(*sqliteEngine).reading.Stats().MaxOpenConnections }

// IsAlone tells whether d knows that no other process has its database open.
func IsAlone(d *DB) bool { return d.heart.isAlone() }

// Listeners is how many wait for commits of d.
func Listeners(d *DB) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.listeners)
}

// Next is how long the pace rests the next time, if nothing changes.
func (p *Pace) Next() time.Duration { return p.next }

// LeaveMark leaves a mark as when the time for it has come.
func LeaveMark(d *DB) error { return d.marking.goOn(context.Background()) }

// RunSQL runs a statement of the platform's own, and tells how many rows it changed.
func RunSQL(d *DB, statement string) (rows int64, err error) {
	err = d.Write(context.Background(), func(tx *gorm.DB) error {
		result := tx.Exec(statement)
		rows = result.RowsAffected
		return result.Error
	})
	return rows, err
}
