package database

import (
	"context"
	"fmt"
	"os"

	"github.com/mattn/go-sqlite3"
)

const (
	// SQLite checkpoints by itself after 1000 pages (4 MB), but starts the log
	// anew only at a moment without readers. When readers overlap without end
	// that moment never comes: from this size on the writer makes one.
	walLimit = 32 << 20
	// Looking at the size costs a system call, so only every so many commits.
	walCheckEvery = 64
	// How long new readers may have to wait for old ones when it does.
	walPatience = 200
)

// wal watches the size of the write-ahead log.
type wal struct {
	path    string
	commits int
}

// boundWAL empties the log when it has grown past its limit. Called between
// batches; failing is harmless, as it is tried again.
func (w *writer) boundWAL() {
	if w.wal.commits++; w.wal.commits%walCheckEvery != 0 {
		return
	}
	info, err := os.Stat(w.wal.path)
	if err != nil || info.Size() < walLimit {
		return
	}
	err = w.raw(func(c *sqlite3.SQLiteConn) error {
		_, err := c.ExecContext(context.Background(), fmt.Sprintf(
			"PRAGMA busy_timeout = %d; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = %d",
			walPatience, busyTimeout.Milliseconds()), nil)
		return err
	})
	if err != nil {
		w.db.options.Log.Warn("the write-ahead log could not be emptied", "bytes", info.Size(), "error", err)
	}
}

// checkpointOnClose leaves the data in the database file alone, so that a copy
// of that file is complete. With readers of another process it stays partial.
func (w *writer) checkpointOnClose() {
	if err := w.control("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		w.db.options.Log.Warn("checkpoint at closing failed", "error", err)
	}
	w.conn.Close()
}
