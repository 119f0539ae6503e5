package certs

import (
	"bytes"
	"os"
	"slices"
	"sync"
)

// cached is what was made of files, until their contents change. It compares
// contents, not times: two replacements may share a time stamp, and connections
// are made seldom enough.
type cached[T any] struct {
	paths []string
	parse func(contents [][]byte) (T, error)

	mu       sync.Mutex
	contents [][]byte // nil: nothing could be made of them yet
	value    T
}

func newCached[T any](paths []string, parse func([][]byte) (T, error)) *cached[T] {
	return &cached[T]{paths: paths, parse: parse}
}

// get reads the files. What they said before stands as long as they can't be
// read, or make no sense: half-replaced files must not cut connections.
func (c *cached[T]) get() (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.read()
	if c.contents != nil {
		err = nil
	}
	return c.value, err
}

func (c *cached[T]) read() error {
	contents := make([][]byte, len(c.paths))
	for i, path := range c.paths {
		var err error
		if contents[i], err = os.ReadFile(path); err != nil {
			return err
		}
	}
	if c.contents != nil && slices.EqualFunc(contents, c.contents, bytes.Equal) {
		return nil
	}
	value, err := c.parse(contents)
	if err != nil {
		return err
	}
	c.value, c.contents = value, contents
	return nil
}
