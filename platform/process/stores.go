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
			return err
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

func (p pins) read(module string) (string, error) {
	data, err := os.ReadFile(filepath.Join(p.dir, module))
	return strings.TrimSpace(string(data)), err
}

// write pins an id unless another process was quicker: a complete draft is
// linked to its name, which fails when the name is taken.
func (p pins) write(module, id string) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("pin the store of %s: %w", module, err)
	}
	path := filepath.Join(p.dir, module)
	draft := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(draft, []byte(id+"\n"), 0o600); err != nil {
		return fmt.Errorf("pin the store of %s: %w", module, err)
	}
	defer os.Remove(draft)
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("pin the store of %s: %w", module, err)
	}
	return nil
}
