package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// OwnDirectory makes a data directory, for its owner alone. It refuses one that
// is there and that others may write to, or that is another user's, but for root, who may
// write everywhere: they could put a file of theirs in the place of one of ours.
func OwnDirectory(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("the data directory %s can be written to by others (mode %04o): chmod go-w %s", dir, mode, dir)
	}
	if owner := info.Sys().(*syscall.Stat_t).Uid; int(owner) != os.Geteuid() && owner != 0 {
		return fmt.Errorf("the data directory %s is of the user with the id %d, and this program runs as %d: run it as that user", dir, owner, os.Geteuid())
	}
	return nil
}

// ownFiles makes a database's file, from which SQLite takes the mode of those
// beside it, and takes away what earlier programs let others do with them.
func ownFiles(database string) error {
	// A file that is there is not opened: closing it would take away the locks
	// that SQLite has on it for another handle of this process.
	file, err := os.OpenFile(database, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		if err := os.Chmod(database+suffix, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
