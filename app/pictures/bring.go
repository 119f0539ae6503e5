package pictures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Brought counts what Bring did.
type Brought struct {
	Added, Replaced, Unchanged int
	// Refused are the files that were not taken, each with the reason.
	Refused []string
	// Others are files of folders and archives that are no pictures, and are not
	// called so.
	Others int
}

// Bring adds the pictures of files, folders and zip archives, each under its file's
// name without the folder. A file that is refused stops no other. An error means
// that a path can't be read or a picture can't be stored; what was added before
// stays.
func (s *Store) Bring(ctx context.Context, paths ...string) (Brought, error) {
	b := bringing{store: s, first: map[string]string{}}
	for _, at := range paths {
		if err := b.bring(ctx, at); err != nil {
			return b.done, err
		}
	}
	slices.Sort(b.done.Refused)
	if b.done.Replaced == 0 {
		return b.done, nil
	}
	return b.done, s.Sweep()
}

// bringing is one run of Bring.
type bringing struct {
	store *Store
	first map[string]string // name → the file it was first found as

	mu   sync.Mutex
	done Brought
}

func (b *bringing) bring(ctx context.Context, at string) error {
	files, closeAll, err := find(at)
	if err != nil {
		return err
	}
	defer closeAll()
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range files {
		name := path.Base(f.path)
		first := b.first[name]
		if first == "" {
			b.first[name] = f.where
		}
		if working.Err() != nil {
			break
		}
		group.Go(func() error { return b.add(working, f, name, first) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// add adds one file. First is another file of the same name.
func (b *bringing) add(ctx context.Context, f found, name, first string) error {
	picture, err := f.read()
	var outcome Outcome
	switch {
	case err != nil:
	case picture == nil:
		b.count(func(d *Brought) { d.Others++ })
		return nil
	case first != "":
		err = refuse("%s has the name %s too, and products know pictures by this name alone; rename one of them", first, name)
	default:
		outcome, err = b.store.Add(ctx, name, picture)
	}
	if refused := new(RefusedError); errors.As(err, &refused) {
		b.count(func(d *Brought) { d.Refused = append(d.Refused, f.where+": "+refused.Reason) })
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.where, err)
	}
	b.count(func(d *Brought) {
		switch outcome {
		case Added:
			d.Added++
		case Replaced:
			d.Replaced++
		case Unchanged:
			d.Unchanged++
		}
	})
	return nil
}

func (b *bringing) count(what func(*Brought)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	what(&b.done)
}

// found is a file that may be a picture.
type found struct {
	where string // for messages
	path  string // with slashes
	// asked tells that the operator named this very file, so that it must be a picture.
	asked bool
	open  func() (io.ReadCloser, error)
}

// endings are those of files that are meant to be pictures, though some are of kinds
// that are not taken.
var endings = []string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff"}

// read reads a file; nil is one that is no picture and not meant to be one. It reads
// no more than a picture may have, whatever the file's size is said to be.
func (f found) read() ([]byte, error) {
	from, err := f.open()
	if err != nil {
		return nil, refuse("it can't be read (%v)", err)
	}
	defer from.Close()
	head := make([]byte, 1024)
	n, err := io.ReadFull(from, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, refuse("it can't be read: %v", err)
	}
	head = head[:n]
	if _, ok := kindOf(head); !ok {
		if !f.asked && !slices.Contains(endings, strings.ToLower(path.Ext(f.path))) {
			return nil, nil
		}
		return nil, refuse("it is %s; save it as JPEG, PNG, GIF or WebP", whatElse(head))
	}
	rest, err := io.ReadAll(io.LimitReader(from, int64(mostBytes-n)+1))
	if err != nil {
		return nil, refuse("it can't be read: %v", err)
	}
	if n+len(rest) > mostBytes {
		return nil, refuse("it has more than the %s that are the most; make it smaller", mebibytes(mostBytes))
	}
	return append(head, rest...), nil
}
