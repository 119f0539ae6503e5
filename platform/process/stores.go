package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pins remembers, in the data directory, which store each module works on and
// the highest generation it was seen at: a file for each module, with both.
type pins struct{ dir string }

// Pin is what a data directory remembers of a module's store.
type Pin struct {
	Store      string
	Generation int64 // the highest seen; 0: none was
}

// PinOf is what the data directory remembers of a module's store; the zero Pin
// when nothing.
func PinOf(data, module string) (Pin, error) {
	pin, err := pinsIn(data).read(module)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return pin, err
}

// SetPin makes the data directory remember another store for a module.
func SetPin(data, module string, pin Pin) error { return pinsIn(data).write(module, pin, os.Rename) }

func pinsIn(data string) pins { return pins{filepath.Join(data, "stores")} }

// check compares a store with the pinned one, and pins it when there is none
// yet. A module without a store has no id and nothing to check; a generation of
// 0 is not known.
func (p pins) check(module, id string, generation int64) error {
	if id == "" {
		return nil
	}
	pinned, err := p.read(module)
	if errors.Is(err, fs.ErrNotExist) {
		// Another process may be quicker: a link fails when the name is taken.
		if err := p.write(module, Pin{id, generation}, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("pin the store of %s: %w", module, err)
		}
		pinned, err = p.read(module)
	}
	if err != nil {
		return fmt.Errorf("read the pinned store of %s: %w", module, err)
	}
	switch {
	case pinned.Store != id:
		return fmt.Errorf("its store is %s, but %s works on store %s here; if the store was replaced on purpose, remove %s",
			id, module, pinned.Store, filepath.Join(p.dir, module))
	case generation != 0 && generation < pinned.Generation:
		return fmt.Errorf("its store %s is at generation %d, and was at %d before: it was restored from a backup; if it is to be used all the same: store adopt %s",
			id, generation, pinned.Generation, module)
	case generation > pinned.Generation:
		if err := p.write(module, Pin{id, generation}, os.Rename); err != nil {
			return fmt.Errorf("pin the store of %s: %w", module, err)
		}
	}
	return nil
}

// known is the id of the pinned store of a module, "" when there is none.
func (p pins) known(module string) string {
	pin, err := p.read(module)
	if err != nil {
		return ""
	}
	return pin.Store
}

func (p pins) read(module string) (Pin, error) {
	data, err := os.ReadFile(filepath.Join(p.dir, module))
	if err != nil {
		return Pin{}, err
	}
	id, rest, _ := strings.Cut(strings.TrimSpace(string(data)), " ")
	pin := Pin{Store: id}
	if rest != "" { // empty: pinned before there were generations
		if pin.Generation, err = strconv.ParseInt(rest, 10, 64); err != nil {
			return Pin{}, fmt.Errorf("%s: %w", filepath.Join(p.dir, module), err)
		}
	}
	return pin, nil
}

// write gives a complete draft its name, with link or rename.
func (p pins) write(module string, pin Pin, name func(draft, name string) error) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(p.dir, module+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = fmt.Fprintf(draft, "%s %d\n", pin.Store, pin.Generation)
	// On disk before it has its name: an empty pin after a power cut would
	// refuse the module's own store.
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return name(draft.Name(), filepath.Join(p.dir, module))
}
