package durable

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
)

// Journal is a file of lines that is only added to, and does not grow for ever: when it
// has more than Most bytes it is renamed to Name.1, which replaces the previous file of
// that name, and a new file is begun. One caller at a time may add.
type Journal struct {
	Name string
	Most int64
}

// Add adds a line, and returns when it is on disk. What a crash has cut off before it
// stays a line of its own.
func (j Journal) Add(line []byte) error {
	var err error
	if info, e := os.Stat(j.Name); e == nil && info.Size() > j.Most {
		err = os.Rename(j.Name, j.Name+".1")
	}
	line = append(bytes.Clone(line), '\n')
	if isCutOff(j.Name) {
		line = append([]byte{'\n'}, line...)
	}
	return errors.Join(err, Append(j.Name, line))
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
