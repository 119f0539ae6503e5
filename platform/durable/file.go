// Package durable writes files that are whole or not there, whatever happens in
// between.
package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// WriteFile replaces a file: its name means the old content or the new one, also
// after a power cut. The directory is made when missing. Both are their owner's
// alone.
func WriteFile(name string, data []byte) error {
	return Replace(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Replace is WriteFile for what is written piece by piece. When write fails, the
// file is left as it was.
func Replace(name string, write func(w io.Writer) error) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(dir, filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name()) // without effect once it has its name
	if err := write(draft); err != nil {
		return errors.Join(err, draft.Close())
	}
	if err := errors.Join(draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft.Name(), name); err != nil {
		return err
	}
	return SyncDir(dir)
}

// Append adds to the end of a file, which is made when missing, and returns when
// it is on disk.
func Append(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// MakeDirs makes directories and those they are in, their owner's alone, and returns
// when the new ones are on disk.
func MakeDirs(dirs ...string) error {
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			continue
		}
		above := filepath.Dir(dir)
		if above != dir {
			if err := MakeDirs(above); err != nil {
				return err
			}
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
		if err := SyncDir(above); err != nil {
			return err
		}
	}
	return nil
}

// SyncDir makes renames and removals in a directory last.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
