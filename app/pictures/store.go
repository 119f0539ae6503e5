package pictures

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/semaphore"

	"galleria/platform/durable"
)

// nameEnding ends the files of the directory names; drafts of them end otherwise.
const nameEnding = ".json"

// Store is a directory of pictures. It is safe for concurrent use, starts nothing
// and needs no closing.
type Store struct {
	dir   string
	log   *slog.Logger
	now   func() time.Time
	write func(name string, data []byte) error
	// pixels bounds the memory of what is decoded at once.
	pixels *semaphore.Weighted

	looked atomic.Pointer[time.Time]

	mu      sync.RWMutex
	known   map[string]Picture // without Sizes: there is none
	changed time.Time          // of the directory of names
	sure    bool               // that a later change has another time
	version uint64
}

// New makes a store of a directory, which is made when the first picture comes. Log
// gets what can't be read of it.
func New(dir string, log *slog.Logger) *Store {
	return &Store{
		dir: dir, log: log, now: time.Now, write: durable.WriteFile,
		pixels: semaphore.NewWeighted(mostPixels), known: map[string]Picture{},
	}
}

// Check fails when the directory is there and can't be read, so that a shop says so
// at its start.
func (s *Store) Check() error {
	for _, dir := range []string{s.names(), s.files()} {
		if _, err := os.ReadDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("pictures: %w; make the directory readable for this user", err)
		}
	}
	return nil
}

// Outcome is what adding a picture did.
type Outcome int

// The outcomes.
const (
	Added     Outcome = iota // the name showed nothing before
	Replaced                 // it showed another picture
	Unchanged                // it shows this one already
)

// Add makes the sizes of a picture and stores them under a name, instead of what the
// name showed before. A RefusedError is about the picture; any other means that it
// could not be stored, and then nothing of it is.
func (s *Store) Add(ctx context.Context, name string, original []byte) (Outcome, error) {
	if !nameForm.MatchString(name) {
		return 0, refuse("the name %q is not one a product can give: letters, digits, dots, - and _, up to 128, a letter or digit first; rename it", short(name))
	}
	source := sha256.Sum256(original)
	p := Picture{Source: hex.EncodeToString(source[:]), Recipe: recipe, Added: s.now().UTC().Truncate(time.Second)}
	before, err := s.read(name)
	if err == nil && before.Source == p.Source && before.Recipe == recipe && s.whole(before) {
		return Unchanged, nil
	}
	made, err := s.make(ctx, original)
	if err != nil {
		return 0, err
	}
	unlock, err := s.lock(syscall.LOCK_SH)
	if err != nil {
		return 0, err
	}
	before, _ = s.read(name) // another program may have added it meanwhile
	written, err := s.keep(name, p, made)
	if err != nil {
		unlock()
		err = fmt.Errorf("store picture %s: %w; nothing of it was kept: mend the cause, and add it again", name, err)
		return 0, errors.Join(err, s.discard(written))
	}
	defer unlock()
	if len(before.Sizes) == 0 {
		return Added, nil
	}
	// Pages that were drawn before still name them: they stay a day from now on.
	for _, size := range before.Sizes {
		_ = os.Chtimes(s.file(size), time.Time{}, s.now())
	}
	return Replaced, nil
}

// keep writes what was made, the name last. It gives the files that are new.
func (s *Store) keep(name string, p Picture, made []encoded) (written []Size, err error) {
	if err := durable.MakeDirs(s.files(), s.names()); err != nil {
		return nil, err
	}
	for _, m := range made {
		sum := sha256.Sum256(m.data)
		size := Size{
			Hash: hex.EncodeToString(sum[:16]), Ending: m.ending, Width: m.width, Height: m.height, Bytes: int64(len(m.data)),
		}
		p.Sizes = append(p.Sizes, size)
		if info, err := os.Stat(s.file(size)); err == nil && info.Size() == size.Bytes {
			continue // of the same content, so the same
		}
		if err := s.write(s.file(size), m.data); err != nil {
			return written, err
		}
		written = append(written, size)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return written, err
	}
	return written, s.write(s.nameFile(name), text)
}

// whole tells whether all files of a picture are there.
func (s *Store) whole(p Picture) bool {
	for _, size := range p.Sizes {
		if info, err := os.Stat(s.file(size)); err != nil || info.Size() != size.Bytes {
			return false
		}
	}
	return len(p.Sizes) > 0
}

// lock keeps programs that delete apart from those that add.
func (s *Store) lock(how int) (unlock func(), err error) {
	if err := durable.MakeDirs(s.dir); err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("pictures: %w", err)
	}
	for {
		switch err := syscall.Flock(int(f.Fd()), how); err {
		case nil:
			return func() { _ = f.Close() }, nil
		case syscall.EINTR:
		default:
			_ = f.Close()
			return nil, fmt.Errorf("pictures: lock %s: %w", f.Name(), err)
		}
	}
}
