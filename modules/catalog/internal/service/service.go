// Package service implements the catalog's contract: reads from a shelf in
// memory, writes to a store.
package service

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/lifecycle"
)

// Store keeps the catalog and its version, which every change raises by one.
type Store interface {
	// Version is that of the last change.
	Version(ctx context.Context) (int64, error)
	// Changes is everything that changed after a version, deletions among them for
	// the last 10,000 versions; 0: everything that there is.
	Changes(ctx context.Context, since int64) (shelf.Changes, error)
	// Write lets plan see the catalog as it is while nobody else writes, and
	// stores what it wants changed, all or nothing. known is any older shelf.
	// Plan may be called more than once.
	Write(ctx context.Context, known *shelf.Shelf, plan func(current *shelf.Shelf) (shelf.Changes, error)) error
	// Earlier is what a product said before the change that gave it a version; nil: that
	// is not kept.
	Earlier(ctx context.Context, id, version string) (*product.Product, error)
}

// Service answers from memory what pages ask. Safe for concurrent use.
type Service struct {
	catalogv1.UnimplementedCatalogServiceServer
	store    Store
	now      func() time.Time
	current  atomic.Pointer[shelf.Shelf]
	caughtUp atomic.Int64 // when catchUp last looked, in Unix nanoseconds
	writing  atomic.Int32 // writes of this process that are at work
	refresh  sync.Mutex
}

// patience bounds one look at the database, so that a server that hangs does
// not keep everybody who writes waiting behind it.
const patience = 10 * time.Second

// loadPatience bounds reading the whole catalog, which takes seconds for 100,000
// products, and many of them on a busy machine.
const loadPatience = 2 * time.Minute

// farBehind is from how many versions on, each of up to a thousand products, the changes
// since then may take as long: of a process that was cut off while much was imported.
const farBehind = 20

// New loads the catalog.
func New(ctx context.Context, store Store, now func() time.Time) (*Service, error) {
	s := &Service{store: store, now: now}
	s.current.Store(&shelf.Shelf{})
	if err := s.Refresh(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Refresh brings memory up to date, also with what other processes wrote. When
// nothing changed it costs reading one row.
func (s *Service) Refresh(ctx context.Context) error {
	s.refresh.Lock()
	defer s.refresh.Unlock()
	return s.refreshLocked(ctx)
}

func (s *Service) refreshLocked(ctx context.Context) error {
	looking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	known := s.current.Load()
	version, err := s.store.Version(looking)
	if err != nil {
		return fmt.Errorf("read the catalog's version: %w", err)
	}
	if version == known.Version() {
		return nil
	}
	if !known.Precedes(version) {
		known = &shelf.Shelf{}
	}
	if known.Version() == 0 || version-known.Version() > farBehind {
		var loaded context.CancelFunc
		looking, loaded = context.WithTimeout(ctx, loadPatience)
		defer loaded()
	}
	changes, err := s.store.Changes(looking, known.Version())
	if err != nil {
		return fmt.Errorf("read the catalog's changes since version %d: %w", known.Version(), err)
	}
	s.current.Store(known.With(changes))
	return nil
}

// Poll is Refresh for one that looks again and again. While this process writes, it
// leaves out every second look: what a write changes is shown by the write itself, and a
// look between its commit and that would read all of it for nothing.
func (s *Service) Poll(ctx context.Context, look int) error {
	if s.writing.Load() > 0 && look%2 == 1 {
		return nil
	}
	return s.Refresh(ctx)
}

// catchUpPause bounds how often a question for what is not there looks into the
// database: such questions cost nothing to ask.
const catchUpPause = 10 * time.Millisecond

// catchUpTimeout is short: while the database hangs, pages come from memory.
const catchUpTimeout = 50 * time.Millisecond

// catchUp brings memory up to date unless that was just done. While the database
// is away memory stays as it was.
func (s *Service) catchUp(ctx context.Context) {
	now := time.Now().UnixNano()
	last := s.caughtUp.Load()
	if now-last < int64(catchUpPause) || !s.caughtUp.CompareAndSwap(last, now) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, catchUpTimeout)
	defer cancel()
	// Another look is waited for, since it may have begun before what is asked for was
	// stored, but not for long: it may wait for a database that hangs.
	for !s.refresh.TryLock() {
		if lifecycle.Pause(ctx, time.Millisecond) != nil {
			return
		}
	}
	defer s.refresh.Unlock()
	_ = s.refreshLocked(ctx) // follow logs it
}

// write stores what plan wants and shows it at once. When it fails after
// storing, repeating it is harmless, as the contract says.
func (s *Service) write(ctx context.Context, plan func(current *shelf.Shelf) (shelf.Changes, error)) error {
	s.writing.Add(1)
	defer s.writing.Add(-1)
	var before *shelf.Shelf
	var written shelf.Changes
	err := s.store.Write(ctx, s.current.Load(), func(current *shelf.Shelf) (_ shelf.Changes, err error) {
		before = current
		written, err = plan(current)
		return written, err
	})
	if err != nil {
		return err
	}
	if !written.Empty() && s.follow(before, written) {
		return nil
	}
	// What was written must show, even to a caller that stopped waiting.
	return s.Refresh(context.WithoutCancel(ctx))
}

// follow shows what was just written upon a shelf, without reading it again. It reports
// false when memory is at another version meanwhile.
func (s *Service) follow(before *shelf.Shelf, written shelf.Changes) bool {
	s.refresh.Lock()
	defer s.refresh.Unlock()
	if s.current.Load().Version() != before.Version() {
		return false
	}
	s.current.Store(before.With(written))
	return true
}
