package pictures

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"galleria/platform/durable"
)

// keepReplaced is how long files stay that no name shows any more.
const keepReplaced = 24 * time.Hour

// List is what all names show, sorted by name.
func (s *Store) List() ([]Picture, error) {
	all, err := s.all()
	if err != nil {
		return nil, fmt.Errorf("list the pictures: %w", err)
	}
	slices.SortFunc(all, func(a, b Picture) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// all reads every name. One that is damaged shows nothing.
func (s *Store) all() ([]Picture, error) {
	entries, err := os.ReadDir(s.names())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []Picture
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), nameEnding)
		if !ok {
			continue // a draft
		}
		p, err := s.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			s.log.Warn("a picture can't be used; add it again, or remove it", "picture", name, "error", err)
			p = Picture{Name: name}
		}
		all = append(all, p)
	}
	return all, nil
}

// Remove takes names away and deletes what no other name shows. It gives those that
// there were none of.
func (s *Store) Remove(names ...string) (missing []string, err error) {
	unlock, err := s.lock(syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var gone []Size
	for _, name := range names {
		if !nameForm.MatchString(name) {
			missing = append(missing, name)
			continue
		}
		p, _ := s.read(name) // a damaged one is removed too
		switch err := os.Remove(s.nameFile(name)); {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, name)
			continue
		case err != nil:
			return missing, fmt.Errorf("remove picture %s: %w", name, err)
		}
		gone = append(gone, p.Sizes...)
	}
	if len(missing) < len(names) {
		if err := durable.SyncDir(s.names()); err != nil {
			return missing, fmt.Errorf("remove pictures: %w", err)
		}
	}
	return missing, s.sweep(gone...)
}

// Sweep deletes what was replaced a day ago, and what programs left that died.
func (s *Store) Sweep() error {
	unlock, err := s.lock(syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer unlock()
	return s.sweep()
}

// discard deletes new files of a picture that was not stored in the end, unless
// another program found use for them.
func (s *Store) discard(files []Size) error {
	unlock, err := s.lock(syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer unlock()
	return s.sweep(files...)
}

// sweep deletes files that no name shows: at once those of unwanted, others when
// they are old. The caller holds the lock alone.
func (s *Store) sweep(unwanted ...Size) error {
	all, err := s.all()
	if err != nil {
		return fmt.Errorf("sweep the pictures: %w", err)
	}
	shown, atOnce := map[string]bool{}, map[string]bool{}
	for _, p := range all {
		if len(p.Sizes) == 0 {
			return nil // it can't be read, so that what it shows is not known
		}
		for _, size := range p.Sizes {
			shown[filepath.Base(s.file(size))] = true
		}
	}
	for _, size := range unwanted {
		atOnce[filepath.Base(s.file(size))] = true
	}
	for _, dir := range []string{s.files(), s.names()} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sweep the pictures: %w", err)
		}
		for _, e := range entries {
			if shown[e.Name()] || dir == s.names() && strings.HasSuffix(e.Name(), nameEnding) {
				continue
			}
			info, err := e.Info()
			if err != nil || !atOnce[e.Name()] && s.now().Sub(info.ModTime()) < keepReplaced {
				continue
			}
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("sweep the pictures: %w", err)
			}
		}
	}
	return nil
}
