package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"time"
)

// Setting is a key and the value it is to have: a string, bool, number,
// time.Duration, or list of those.
type Setting struct {
	Key   string
	Value any
}

// Edit changes the settings in the file of the sources, and nothing else in it:
// comments, order and layout stay. The file is made if it is missing, with its
// missing groups.
//
// into holds the defaults. What the file is to be is loaded into it with the other
// sources before it is written, so that a file with mistakes, before or after, is
// refused as Load refuses it; so is a way of writing that Edit can't change, and a file
// that was emptied.
//
// The change is atomic: readers, and a machine that fails, find the old file or the
// new one. Edits of one file wait for each other, for a few seconds; a change that
// was made past Edit at the same time is not lost: it is edited in turn.
func Edit(into any, from Sources, settings ...Setting) error {
	file, err := filepath.EvalSymlinks(from.File)
	if errors.Is(err, fs.ErrNotExist) {
		if link, err := os.Readlink(from.File); err == nil {
			return fmt.Errorf("%s is a link to %s, which is missing", from.File, link)
		}
		file, err = from.File, nil
	}
	if err != nil {
		return fmt.Errorf("%s: %s", from.File, cause(err))
	}
	unlock, err := lockDirectory(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("edit %s: %w", from.File, err)
	}
	defer unlock()
	for range editAttempts {
		before, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s cannot be read: %s", from.File, cause(err))
		}
		if err := notEmptied(from.File, before); err != nil {
			return err
		}
		after, err := edited(into, from, before, settings)
		if err != nil {
			return err
		}
		if before != nil && bytes.Equal(before, after) {
			return nil
		}
		if err := replaceFile(file, before, after); !errors.Is(err, errChangedMeanwhile) {
			if err != nil {
				return fmt.Errorf("write %s: %w", from.File, err)
			}
			return nil
		}
	}
	return fmt.Errorf("write %s: %w, again and again", from.File, errChangedMeanwhile)
}

// Preview loads into into what Edit would make of the file, and changes nothing. It
// refuses what Edit refuses.
func Preview(into any, from Sources, settings ...Setting) error {
	content, err := os.ReadFile(from.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s cannot be read: %s", from.File, cause(err))
	}
	if err := notEmptied(from.File, content); err != nil {
		return err
	}
	_, err = edited(into, from, content, settings)
	return err
}

// notEmptied refuses a file that is there and holds nothing: an editor or a full disk has
// emptied it, and with a setting in it, it would seem whole, and all others as wanted.
func notEmptied(file string, content []byte) error {
	if content != nil && len(bytes.TrimSpace(content)) == 0 {
		return fmt.Errorf("%s is empty, as a file is that was written by half: bring back what it said, or remove it to begin anew", file)
	}
	return nil
}

// editAttempts bounds how often an edit begins again because the file was changed
// past it.
const editAttempts = 10

var errChangedMeanwhile = errors.New("the file was changed meanwhile")

// edited is the content with the settings.
func edited(into any, from Sources, content []byte, settings []Setting) ([]byte, error) {
	before, err := loadCopy(into, from, content)
	if err != nil {
		return nil, err
	}
	after := content
	for _, s := range settings {
		text, err := inlineYAML(s.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Key, err)
		}
		if after, err = splice(after, s.Key, text); err != nil {
			return nil, inPlace(from.File, s.Key, err)
		}
	}
	loaded, err := load(into, from, after, nil)
	if err != nil {
		return nil, err
	}
	// The text was changed by its layout; what it means now is the proof.
	want := before.shared
	for _, s := range settings {
		want[s.Key] = textOf(reflect.ValueOf(s.Value))
	}
	for key, text := range loaded.shared {
		if text != want[key] {
			return nil, fmt.Errorf("%s is written in a way that a command can't change: %s would not be what it should", from.File, key)
		}
	}
	return after, nil
}

// loadCopy loads into a copy.
func loadCopy(into any, from Sources, content []byte) (*Loaded, error) {
	target := reflect.New(reflect.TypeOf(into).Elem())
	target.Elem().Set(reflect.ValueOf(into).Elem())
	return load(target.Interface(), from, content, nil)
}

// inlineYAML writes a value on one line, so that it can stand between braces too.
// A list of one is written as the one, as people do.
func inlineYAML(value any) (string, error) {
	v := reflect.ValueOf(value)
	switch {
	case !v.IsValid():
		return "", errors.New("no value is given")
	case isScalar(v.Type()):
		return inlineScalar(v), nil
	case !isList(v.Type()) || !isScalar(v.Type().Elem()):
		return "", fmt.Errorf("a %s can't be a value", v.Type())
	}
	words := make([]string, v.Len())
	for i := range words {
		words[i] = inlineScalar(v.Index(i))
	}
	if text := textOf(v); len(words) == 1 && text != "" && !strings.HasPrefix(text, "[") {
		return words[0], nil
	}
	return "[" + strings.Join(words, ", ") + "]", nil
}

func inlineScalar(v reflect.Value) string {
	text := scalarText(v)
	if v.Kind() != reflect.String || isWord(text) && yamlText(text) == text {
		return text
	}
	return quote(text)
}

// isWord tells whether a text needs no quotes anywhere.
func isWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r) && r != '_'
	})
}

// lockDirectory keeps other edits out. The file itself can't be locked, since it is
// replaced, and a file of its own would be left behind.
func lockDirectory(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(10 * time.Millisecond) {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { d.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			d.Close()
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		case time.Now().After(deadline):
			d.Close()
			return nil, fmt.Errorf("another command has been editing a file of %s for %s", dir, lockPatience)
		}
	}
}

const lockPatience = 10 * time.Second

// replaceFile puts a file with the content in the place of the old one, with its
// owner and permissions; a new one is its owner's alone, since it may have secrets.
func replaceFile(file string, before, after []byte) (err error) {
	draft, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			draft.Close()
			os.Remove(draft.Name())
		}
	}()
	if info, err := os.Stat(file); err == nil {
		if err := draft.Chmod(info.Mode().Perm()); err != nil {
			return err
		}
		if owner, ok := info.Sys().(*syscall.Stat_t); ok {
			// Only root may give files away; others keep their own.
			_ = draft.Chown(int(owner.Uid), int(owner.Gid))
		}
	}
	if _, err := draft.Write(after); err != nil {
		return err
	}
	if err := cmp.Or(draft.Sync(), draft.Close()); err != nil {
		return err
	}
	now, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(now, before) || (now == nil) != (before == nil) {
		return errChangedMeanwhile
	}
	if err := os.Rename(draft.Name(), file); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(file))
}

// syncDirectory makes the new name durable.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
