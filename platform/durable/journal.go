package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Journal is a file of lines that is only added to, and does not grow for ever: when it
// has more than Most bytes it is renamed to Name.1, which replaces the previous file of
// that name, and a new file is begun. Callers in several processes may add at the same
// time.
type Journal struct {
	Name string
	Most int64
}

// Add adds a line, and returns when it is on disk. What a crash has cut off before it
// stays a line of its own.
func (j Journal) Add(line []byte) error {
	err := j.turn()
	line = append(bytes.Clone(line), '\n')
	if isCutOff(j.Name) {
		line = append([]byte{'\n'}, line...)
	}
	return errors.Join(err, Append(j.Name, line))
}

// turn renames the file when it is full. One caller does so, who has the file locked and
// sees that it still has its name: another one would replace the full file by the one that
// was just begun. The others do not wait for that caller, who may hang; they add to
// whatever file they find.
func (j Journal) turn() error {
	f, err := os.Open(j.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() // and with it the lock
	locked, err := f.Stat()
	if err != nil || locked.Size() <= j.Most {
		return err
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil
	case err != nil:
		return fmt.Errorf("lock %s: %w", j.Name, err)
	}
	named, err := os.Stat(j.Name)
	if err != nil || !os.SameFile(locked, named) {
		return nil // it was renamed meanwhile
	}
	return os.Rename(j.Name, j.Name+".1")
}

// isCutOff tells whether a file does not end with a whole line.
func isCutOff(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	last := make([]byte, 1)
	if info, err := f.Stat(); err != nil || info.Size() == 0 {
		return false
	} else if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return false
	}
	return last[0] != '\n'
}

// Lines are those that are kept, the oldest first. The last one may have been cut off
// by a crash.
func (j Journal) Lines() ([][]byte, error) {
	var all [][]byte
	for _, name := range []string{j.Name + ".1", j.Name} {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for line := range bytes.SplitSeq(data, []byte{'\n'}) {
			if len(line) > 0 {
				all = append(all, line)
			}
		}
	}
	return all, nil
}
