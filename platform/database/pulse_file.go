package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// filePulse is that of a process on SQLite: a file beside the database, locked
// until the process ends, however it ends, and touched at each beat. Touching
// writes no data.
type filePulse struct {
	file *os.File
}

const pulseSuffix = ".holder"

func pulsePath(database, id string) string { return database + "." + id + pulseSuffix }

func startFilePulse(path string) (*filePulse, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &filePulse{file}, nil
}

// beat touches the file by its name, to notice when it is no longer there.
func (p *filePulse) beat(context.Context) error {
	now := time.Now()
	return os.Chtimes(p.file.Name(), now, now)
}

func (p *filePulse) stop() {
	os.Remove(p.file.Name())
	p.file.Close()
}

// feelFile tells a pulse's last beat, "" when its process is gone.
func feelFile(path string) (string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	// Shared: those who feel at the same time are not taken for the process.
	switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err {
	case nil:
		return "", nil
	case syscall.EWOULDBLOCK:
	default:
		return "", fmt.Errorf("lock %s: %w", path, err)
	}
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	return info.ModTime().Format(time.RFC3339Nano), nil
}

// removeDeadPulses removes the files of processes that died. The caller keeps
// other processes from opening the database meanwhile.
func removeDeadPulses(database string) error {
	files, err := filepath.Glob(database + ".*" + pulseSuffix)
	if err != nil {
		return err
	}
	for _, file := range files {
		beat, err := feelFile(file)
		if err != nil {
			return err
		}
		if beat == "" {
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
