package database

import "runtime"

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
