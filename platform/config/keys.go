package config

import (
	"fmt"
	"slices"
	"strings"
)

// register makes n and all below it known by their keys.
func (t *tree) register(n *node) error {
	if n.parent != nil {
		if t.known[n.key] != nil {
			return fmt.Errorf("two values have the key %s", n.key)
		}
		t.known[n.key] = n
	}
	for _, child := range n.children {
		if err := t.register(child); err != nil {
			return err
		}
	}
	return nil
}

// find is the node of a key, made now if it is a new entry of a table; nil if
// there can be none.
func (t *tree) find(key string) *node {
	if n := t.known[key]; n != nil {
		return n
	}
	near := t.nearest(key)
	if near.kind != table {
		return nil
	}
	rest := strings.TrimPrefix(key, near.key+".")
	name, _, deeper := strings.Cut(rest, ".")
	if near.entry.kind == leaf {
		name, deeper = rest, false
	}
	if deeper && !near.entry.hasLeaf(strings.TrimPrefix(rest, name+".")) {
		return nil
	}
	child, err := t.addEntry(near, name)
	if err != nil || !deeper {
		return child
	}
	return t.known[key]
}

// hasLeaf tells whether an entry like n has a value at the path.
func (n *node) hasLeaf(path string) bool {
	return slices.ContainsFunc(n.leaves(), func(l *node) bool { return l.key == join(n.key, path) })
}

// nearest is the node of the key or of its longest prefix that has one.
func (t *tree) nearest(key string) *node {
	for key != "" {
		if n := t.known[key]; n != nil {
			return n
		}
		key = key[:max(strings.LastIndexByte(key, '.'), 0)]
	}
	return t.root
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}
