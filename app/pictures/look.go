package pictures

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Picture is what is shown for a name.
type Picture struct {
	Name string `json:"name"`
	// Sizes are the same picture, the narrowest first; there is at least one.
	Sizes []Size `json:"sizes"`
	// Added is when the name came to show this.
	Added time.Time `json:"added"`
	// Source is the hash of the file it was made of, and Recipe how it was made.
	Source string `json:"source"`
	Recipe int    `json:"recipe"`
}

// Size is a picture in one width.
type Size struct {
	// Hash names the content, and Ending tells its kind: ".jpg" or ".png".
	Hash   string `json:"hash"`
	Ending string `json:"ending"`
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"` // pixels
	Bytes  int64  `json:"bytes"`
}

// Types are the kinds of stored files by their ending.
var Types = map[string]string{".jpg": "image/jpeg", ".png": "image/png"}

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	hashForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

const (
	// lookEvery is how old a reader's knowledge may be.
	lookEvery = 250 * time.Millisecond
	// settled is how old a change of the directory must be to be told from a later
	// one by its time: file systems count coarsely, and clocks differ a little.
	settled = 2 * time.Second
	// mostKnown bounds the names kept in memory, with and without a picture.
	mostKnown = 20_000
)

// Find is the picture of a name. It is cheap, and sees what other programs did
// within lookEvery.
func (s *Store) Find(name string) (Picture, bool) {
	s.look()
	s.mu.RLock()
	known, ok := s.known[name]
	version := s.version
	s.mu.RUnlock()
	if ok {
		return known, len(known.Sizes) > 0
	}
	if !nameForm.MatchString(name) {
		return Picture{}, false
	}
	p, err := s.read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("a picture can't be used; add it again, or remove it", "picture", name, "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version == version { // else it may have been read before the change
		if len(s.known) >= mostKnown {
			clear(s.known)
		}
		s.known[name] = p
	}
	return p, len(p.Sizes) > 0
}

// Version changes when any name may show something else than before.
func (s *Store) Version() uint64 {
	s.look()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.version
}

// look forgets what is known when the directory of names has changed.
func (s *Store) look() {
	now, last := s.now(), s.looked.Load()
	if last != nil && now.Sub(*last) < lookEvery && !now.Before(*last) || !s.looked.CompareAndSwap(last, &now) {
		return
	}
	var changed time.Time // stays zero while there is no directory
	if info, err := os.Stat(s.names()); err == nil {
		changed = info.ModTime()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if changed.Equal(s.changed) && s.sure {
		return
	}
	s.changed, s.sure = changed, changed.IsZero() || now.Sub(changed) > settled
	s.version++
	clear(s.known)
}

// read reads what a name shows from the directory; without Sizes there is nothing.
func (s *Store) read(name string) (Picture, error) {
	text, err := os.ReadFile(s.nameFile(name))
	if err != nil {
		return Picture{}, err
	}
	var p Picture
	if err := json.Unmarshal(text, &p); err != nil {
		return Picture{}, err
	}
	for _, size := range p.Sizes {
		if !hashForm.MatchString(size.Hash) || Types[size.Ending] == "" {
			return Picture{}, errors.New("its file in the directory names is damaged")
		}
	}
	p.Name = name
	return p, nil
}

// Open opens a stored file. Its content is what the hash names, for ever.
func (s *Store) Open(hash, ending string) (*os.File, error) {
	if !hashForm.MatchString(hash) || Types[ending] == "" {
		return nil, fs.ErrNotExist
	}
	return os.Open(s.file(Size{Hash: hash, Ending: ending}))
}

func (s *Store) names() string               { return filepath.Join(s.dir, "names") }
func (s *Store) files() string               { return filepath.Join(s.dir, "files") }
func (s *Store) nameFile(name string) string { return filepath.Join(s.names(), name+nameEnding) }
func (s *Store) file(size Size) string       { return filepath.Join(s.files(), size.Hash+size.Ending) }
