package traces

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"galleria/platform/durable"
	"galleria/platform/lifecycle"
)

const (
	// mostBytes bounds a file; see durable.Journal.
	mostBytes = 4 << 20
	// mostFiles is how many processes of one name may keep traces in one data directory.
	mostFiles = 16
)

// Run keeps what is chosen, and stores it within a second, until ctx ends. Files that can't
// be written are logged: then traces are kept in memory only.
func (s *Store) Run(ctx context.Context) error {
	file, unlock, err := s.openFile()
	if err != nil {
		s.log.Warn("traces are kept in memory only", "error", err)
	} else {
		defer unlock()
		if err := s.load(file); err != nil {
			s.log.Warn("traces of before can't be read, and are not shown; new ones are added to their file", "file", file.Name, "error", err)
		}
	}
	var said lifecycle.Said
	store := func() {
		if err := s.store(file); err != nil && said.IsNew(err) {
			s.log.Warn("traces are not stored", "file", file.Name, "error", err)
		}
	}
	var second <-chan time.Time // of the first one kept; nil: nothing is to be stored
	for n := 0; ; {
		chosen := s.chosen
		if n >= mostASecond {
			chosen = nil
		}
		select {
		case <-ctx.Done():
			store()
			return nil
		case <-second:
			n, second = 0, nil
			store()
		case t := <-chosen:
			if n++; second == nil {
				second = time.After(time.Second)
			}
			s.want(t)
			s.keep(written(t))
		}
	}
}

func (s *Store) store(file durable.Journal) error {
	s.mu.Lock()
	lines := s.unstored
	s.unstored = nil
	s.mu.Unlock()
	if len(lines) == 0 || file.Name == "" {
		return nil
	}
	return file.Add(bytes.Join(lines, []byte{'\n'}))
}

// openFile takes the first file of this name that no other process has.
func (s *Store) openFile() (file durable.Journal, unlock func(), err error) {
	dir := filepath.Join(s.o.Dir, "traces")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return file, nil, err
	}
	for n := 1; n <= mostFiles; n++ {
		name := filepath.Join(dir, fmt.Sprintf("%s-%d", s.o.Name, n))
		lock, err := os.OpenFile(name+".lock", os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return file, nil, err
		}
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			lock.Close()
			continue
		}
		file = durable.Journal{Name: name + ".jsonl", Most: mostBytes}
		return file, func() { lock.Close() }, nil
	}
	return file, nil, errors.New("all files of this name are in use in " + dir)
}

// load keeps the traces that an earlier process stored.
func (s *Store) load(file durable.Journal) error {
	lines, err := file.Lines()
	if err != nil {
		return err
	}
	var before []Trace
	for _, line := range lines[max(0, len(lines)-mostKept):] {
		var t Trace
		// A line that was cut off by a crash is not one.
		if json.Unmarshal(line, &t) == nil && len(t.Spans) > 0 {
			before = append(before, t)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(before, s.kept...)
	return nil
}
