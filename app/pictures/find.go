package pictures

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// What a zip archive may have. Pictures hardly get smaller when they are packed, so
// that one which unpacks to much more than it has is made to fill memory and time.
const (
	mostPacked  = 100_000 // files
	mostGrowth  = 20      // times its own size
	growthSpare = 1 << 20 // bytes a small one may grow to anyway
)

// find lists what is at a path: a file, a folder's files with those in its folders,
// or an archive's.
func find(at string) (files []found, closeAll func(), err error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case info.IsDir():
		return inFolder(at)
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is neither a file nor a folder", at)
	}
	f, err := os.Open(at)
	if err != nil {
		return nil, nil, err
	}
	head := make([]byte, 4)
	if n, _ := f.ReadAt(head, 0); n == 4 && (bytes.Equal(head, []byte("PK\x03\x04")) || bytes.Equal(head, []byte("PK\x05\x06"))) {
		files, err := inArchive(at, f, info.Size())
		if err != nil {
			f.Close()
			return nil, nil, fmt.Errorf("%s: %w", at, err)
		}
		return files, func() { f.Close() }, nil
	}
	f.Close()
	open := func() (io.ReadCloser, error) { return os.Open(at) }
	return []found{{where: at, path: filepath.ToSlash(at), asked: true, open: open}}, func() {}, nil
}

// inFolder lists the files below a folder. It never leaves it: a link to a place
// outside can't be opened.
func inFolder(at string) ([]found, func(), error) {
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, nil, err
	}
	var files []found
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case hidden(name) && name != ".":
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case e.Type()&fs.ModeSymlink != 0:
			if info, err := root.Stat(name); err == nil && !info.Mode().IsRegular() {
				return nil // a link to a folder
			}
		case !e.Type().IsRegular():
			return nil
		}
		files = append(files, found{
			where: filepath.Join(at, name), path: name,
			open: func() (io.ReadCloser, error) { return root.Open(name) },
		})
		return nil
	})
	if err != nil {
		root.Close()
		return nil, nil, err
	}
	return files, func() { root.Close() }, nil
}

// inArchive lists the files of a zip archive, none of which is unpacked yet.
func inArchive(at string, f io.ReaderAt, size int64) ([]found, error) {
	archive, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, fmt.Errorf("it can't be read as a zip archive (%w); it may be damaged: make it again", err)
	}
	if len(archive.File) > mostPacked {
		return nil, fmt.Errorf("it holds %d files, and %d are the most; make several archives of it", len(archive.File), mostPacked)
	}
	var total uint64
	for _, packed := range archive.File {
		if total += packed.UncompressedSize64; total < packed.UncompressedSize64 || total > uint64(size)*mostGrowth+growthSpare {
			return nil, fmt.Errorf("it would unpack to more than %d times its %s, which pictures never do; nothing of it was read", mostGrowth, mebibytes(size))
		}
	}
	var files []found
	for _, packed := range archive.File {
		name := strings.ReplaceAll(packed.Name, `\`, "/") // as old programs for Windows write it
		if strings.HasSuffix(name, "/") || hidden(name) || !packed.Mode().IsRegular() {
			continue
		}
		files = append(files, found{
			where: at + ": " + short(packed.Name), path: name,
			open: func() (io.ReadCloser, error) { return unpack(packed, name) },
		})
	}
	return files, nil
}

// unpack reads no more of a file than the archive says that it has: the sum of that
// was looked at.
func unpack(packed *zip.File, name string) (io.ReadCloser, error) {
	switch {
	case !filepath.IsLocal(filepath.FromSlash(name)):
		return nil, errors.New("its name leads out of the archive")
	case packed.Flags&1 != 0:
		return nil, errors.New("it is locked by a password")
	}
	from, err := packed.Open()
	if err != nil {
		return nil, err
	}
	if packed.UncompressedSize64 > mostBytes {
		return from, nil // refused after mostBytes
	}
	return limited{io.LimitReader(from, int64(packed.UncompressedSize64)), from}, nil
}

type limited struct {
	io.Reader
	io.Closer
}

// hidden are the files that systems put beside others.
func hidden(name string) bool {
	return strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/") || path.Base(name) == "Thumbs.db"
}
