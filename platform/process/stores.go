package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"galleria/platform/database"
)

// pins remembers, in the data directory, which store each module works on and
// the highest generation it was seen at: a file for each module, with both.
type pins struct{ dir string }

// Pin is what a data directory remembers of a module's store.
type Pin struct {
	Store      string
	Generation int64 // the highest seen; 0: none was
}

// IsOther tells whether a store is another one than is remembered.
func (p Pin) IsOther(id string) bool { return p.Store != "" && p.Store != id }

// IsLater tells whether the store was seen at a later generation than it is at; 0: that is
// not known.
func (p Pin) IsLater(generation int64) bool { return generation != 0 && generation < p.Generation }

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
	case pinned.IsOther(id):
		return fmt.Errorf("its store is %s, but %s works on store %s here; if the store was replaced on purpose, remove %s",
			id, module, pinned.Store, filepath.Join(p.dir, module))
	case pinned.IsLater(generation):
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

func (p pins) write(module string, pin Pin, name func(draft, name string) error) error {
	return p.writeFile(module, fmt.Sprintf("%s %d\n", pin.Store, pin.Generation), name)
}

// writeFile gives a complete draft its name, with link or rename.
func (p pins) writeFile(file, text string, name func(draft, name string) error) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(p.dir, file+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(text)
	// On disk before it has its name: an empty pin after a power cut would
	// refuse the module's own store.
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return name(draft.Name(), filepath.Join(p.dir, file))
}

// marks keeps the last mark of a module's store in a file beside its pin.
type marks struct {
	pins   pins
	module string
}

// MarksOf are the marks that a data directory remembers of a module's store.
func MarksOf(data, module string) database.Marks { return marks{pinsIn(data), module} }

func (m marks) file() string { return m.module + ".mark" }

func (m marks) Last() (last database.Mark, err error) {
	path := filepath.Join(m.pins.dir, m.file())
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err == nil {
		_, err = fmt.Sscanf(string(data), markFormat, &last.Store, &last.Adoptions, &last.Number, &last.Text)
	}
	if err != nil {
		return database.Mark{}, fmt.Errorf("%s: %w", path, err)
	}
	return last, nil
}

const markFormat = "%s %d %d %s\n"

// Keep remembers no mark of a store that is not the module's: the right one may be put in
// its place again. Of two processes that keep one at the same moment the earlier may win,
// which the store has, too.
func (m marks) Keep(mark database.Mark) error {
	last, err := m.Last()
	if err != nil {
		return err
	}
	isLater := mark.Adoptions > last.Adoptions || mark.Adoptions == last.Adoptions && mark.Number > last.Number
	if known := m.pins.known(m.module); known != "" && known != mark.Store || last.Store == mark.Store && !isLater {
		return nil
	}
	return m.pins.writeFile(m.file(), fmt.Sprintf(markFormat, mark.Store, mark.Adoptions, mark.Number, mark.Text), os.Rename)
}
