package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// pins remembers, in the data directory, which store each module works on.
type pins struct{ dir string }

// check compares a store id with the pinned one, and pins it when there is
// none yet. A module without a store has no id and nothing to check.
func (p pins) check(module, id string) error {
	if id == "" {
		return nil
	}
	pinned, err := p.read(module)
	if errors.Is(err, fs.ErrNotExist) {
		if err := p.write(module, id); err != nil {
			return fmt.Errorf("pin the store of %s: %w", module, err)
		}
		pinned, err = p.read(module)
	}
	if err != nil {
		return fmt.Errorf("read the pinned store of %s: %w", module, err)
	}
	if pinned != id {
		return fmt.Errorf("its store is %s, but %s works on store %s here; if the store was replaced on purpose, remove %s",
			id, module, pinned, filepath.Join(p.dir, module))
	}
	return nil
}

// known is the pinned store of a module, "" when there is none.
func (p pins) known(module string) string {
	id, err := p.read(module)
	if err != nil {
		return ""
	}
	return id
}

func (p pins) read(module string) (string, error) {
	data, err := os.ReadFile(filepath.Join(p.dir, module))
	return strings.TrimSpace(string(data)), err
}

// write pins an id unless another process was quicker: a complete draft is
// linked to its name, which fails when the name is taken.
func (p pins) write(module, id string) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(p.dir, module+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(id + "\n")
	// On disk before it has its name: an empty pin after a power cut would
	// refuse the module's own store.
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), filepath.Join(p.dir, module)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
