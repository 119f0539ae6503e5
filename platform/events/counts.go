package events

import (
	"maps"
	"sync"
)

// counts counts events by their type. The zero value is ready. Safe for concurrent use.
type counts struct {
	mu sync.Mutex
	of map[string]uint64
}

func (c *counts) add(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]uint64{}
	}
	c.of[kind]++
}

func (c *counts) read() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.of)
}
