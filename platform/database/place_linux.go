package database

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// placeOf names a file so that it keeps its name when it is moved, and a copy
// has another one. An inode's number alone is given out again, often to the
// very next file, so its time of birth belongs to it.
func placeOf(file string) (string, error) {
	var info unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, file, 0, unix.STATX_INO|unix.STATX_BTIME, &info); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if info.Mask&unix.STATX_BTIME == 0 { // an old file system
		return fmt.Sprintf("inode %d/", info.Ino), nil
	}
	return fmt.Sprintf("inode %d/born %d.%09d", info.Ino, info.Btime.Sec, info.Btime.Nsec), nil
}
