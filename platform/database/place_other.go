//go:build !linux

package database

import (
	"fmt"
	"os"
	"syscall"
)

// placeOf names a file so that it keeps its name when it is moved, and a copy
// has another one.
func placeOf(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("inode %d/", info.Sys().(*syscall.Stat_t).Ino), nil
}
