package database

import (
	"slices"

	"gorm.io/gorm"
)

// listener is a channel for those who wait for work of a kind; "": for any commit.
type listener struct {
	kind   string
	signal chan struct{}
}

// Announce says that the transaction of tx makes work of a kind: a row in a queue,
// such as the outbox. Once it is durable, those who wait for this kind in this
// process are told; see Committed and Pace. What is undone announces nothing.
func Announce(tx *gorm.DB, kind string) {
	if pool, ok := tx.Statement.ConnPool.(*txPool); ok && !slices.Contains(pool.announced, kind) {
		pool.announced = append(pool.announced, kind)
	}
}

// Committed returns a new channel that receives a value after commits by this
// process in which work of this kind was announced, with "" after every commit;
// several may be told as one. It is never closed, and told nothing more after end:
// call that when the caller waits no more, for work that fails is begun again on the same
// database, with a new channel each time. Commits of other processes are not seen, so
// poll as well.
func (d *DB) Committed(kind string) (commits <-chan struct{}, end func()) {
	l := &listener{kind, make(chan struct{}, 1)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listeners = append(d.listeners, l)
	return l.signal, func() { d.forget(l) }
}

func (d *DB) forget(l *listener) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listeners = slices.DeleteFunc(d.listeners, func(other *listener) bool { return other == l })
}

// committed tells those who wait for what was announced, and for any commit.
func (d *DB) committed(announced []string) {
	d.tell(func(l *listener) bool { return l.kind == "" || slices.Contains(announced, l.kind) })
}

// tell signals the listeners that are meant.
func (d *DB) tell(meant func(*listener) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.listeners {
		if !meant(l) {
			continue
		}
		select {
		case l.signal <- struct{}{}:
		default:
		}
	}
}
