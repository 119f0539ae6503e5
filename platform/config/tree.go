package config

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
)

type kind int

const (
	leaf  kind = iota // one value, or a list of values
	group             // a struct
	table             // a map: entries can be added
)

// node is one key with the place in the struct that holds its value.
type node struct {
	name, key string
	doc       string
	secret    bool
	kind      kind
	value     reflect.Value // addressable
	parent    *node
	children  []*node // of a group in order of declaration, of a table by name
	entry     *node   // of a table: how a new entry looks; not part of the tree

	by       layer
	origin   Origin
	failed   bool   // a source gave it something that cannot be its value
	fallback string // text of the default
}

// hook is a struct that may have a method Validate. An inlined struct has no
// key of its own, so at is then the struct around it.
type hook struct {
	at    *node
	value reflect.Value
}

// tree is the configuration by key.
type tree struct {
	root   *node
	prefix string // of environment variables
	known  map[string]*node
	inline map[*node][]reflect.Value
}

// maxDepth stops at types that contain themselves.
const maxDepth = 12

func newTree(v reflect.Value, prefix string) (*tree, error) {
	t := &tree{prefix: prefix, known: map[string]*node{}, inline: map[*node][]reflect.Value{}}
	t.root = &node{kind: group, value: v, origin: Origin{Source: "default"}}
	if err := t.fields(t.root, v, 0); err != nil {
		return nil, fmt.Errorf("config: %s: %w", v.Type(), err)
	}
	if err := t.register(t.root); err != nil {
		return nil, fmt.Errorf("config: %s: %w", v.Type(), err)
	}
	for name, nodes := range t.variables() {
		if len(nodes) > 1 {
			return nil, fmt.Errorf("config: %s: keys %s and %s would both be the variable %s", v.Type(), nodes[0].key, nodes[1].key, name)
		}
	}
	return t, nil
}

// fields adds the fields of struct v below n.
func (t *tree) fields(n *node, v reflect.Value, depth int) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case name == "-", !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && (option != "inline" || !f.IsExported()):
			// Its Validate would be promoted, and judge keys of the wrong struct.
			return fmt.Errorf("embedded %s must be exported and tagged `yaml:\",inline\"`", f.Name)
		case option == "inline" && f.Type.Kind() == reflect.Struct:
			t.inline[n] = append(t.inline[n], v.Field(i))
			if err := t.fields(n, v.Field(i), depth+1); err != nil {
				return err
			}
			continue
		case name == "" || option != "" || strings.ContainsAny(name, ". "):
			return fmt.Errorf("field %s needs a tag `yaml:\"key\"`", f.Name)
		}
		child, err := t.grow(n, name, v.Field(i), f.Tag, depth+1)
		if err != nil {
			return err
		}
		n.children = append(n.children, child)
	}
	return nil
}

// grow makes the node of one value, and all below it.
func (t *tree) grow(parent *node, name string, v reflect.Value, tag reflect.StructTag, depth int) (*node, error) {
	n := &node{
		name: name, key: join(parent.key, name), parent: parent, value: v,
		doc: tag.Get("doc"), secret: parent.secret || tag.Get("secret") == "true",
		origin: Origin{Source: "default"},
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("%s is nested too deeply", n.key)
	}
	switch typ := v.Type(); {
	case isScalar(typ), typ.Kind() == reflect.Slice && isScalar(typ.Elem()):
		n.kind, n.fallback = leaf, textOf(v)
		return n, nil
	case typ.Kind() == reflect.Struct:
		n.kind = group
		return n, t.fields(n, v, depth)
	case typ.Kind() == reflect.Map && typ.Key().Kind() == reflect.String:
		n.kind = table
		var err error
		if n.entry, err = t.grow(n, "<name>", reflect.New(typ.Elem()).Elem(), "", depth+1); err != nil {
			return nil, err
		}
		for _, k := range v.MapKeys() {
			// Map values cannot be changed in place; storeTables puts them back.
			entry := reflect.New(typ.Elem()).Elem()
			entry.Set(v.MapIndex(k))
			child, err := t.grow(n, k.String(), entry, "", depth+1)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, child)
		}
		n.sortEntries()
		return n, nil
	}
	return nil, fmt.Errorf("%s has type %s, which cannot be configured", n.key, v.Type())
}

// addEntry adds the entry a source names to a table.
func (t *tree) addEntry(n *node, name string) (*node, error) {
	switch {
	case name == "":
		return nil, fmt.Errorf("an entry needs a name")
	case n.entry.kind != leaf && strings.Contains(name, "."):
		return nil, fmt.Errorf("the name of an entry cannot have a dot")
	}
	child, err := t.grow(n, name, reflect.New(n.value.Type().Elem()).Elem(), "", 0)
	if err != nil {
		return nil, err
	}
	n.children = append(n.children, child)
	n.sortEntries()
	return child, t.register(child)
}

func (n *node) sortEntries() {
	slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.name, b.name) })
}

// storeTables writes the entries into new maps, so that the maps of the
// defaults stay as they were.
func (t *tree) storeTables() {
	for _, n := range slices.Backward(slices.Collect(t.root.all())) {
		if n.kind != table || len(n.children) == 0 {
			continue
		}
		m := reflect.MakeMapWithSize(n.value.Type(), len(n.children))
		for _, c := range n.children {
			m.SetMapIndex(reflect.ValueOf(c.name).Convert(n.value.Type().Key()), c.value)
		}
		n.value.Set(m)
	}
}

func (t *tree) hooks() []hook {
	var all []hook
	for n := range t.root.all() {
		all = append(all, hook{n, n.value})
		for _, v := range t.inline[n] {
			all = append(all, hook{n, v})
		}
	}
	return all
}

// all yields n and everything below it, each before its children.
func (n *node) all() iter.Seq[*node] {
	return func(yield func(*node) bool) { n.walk(yield) }
}

func (n *node) walk(yield func(*node) bool) bool {
	if !yield(n) {
		return false
	}
	for _, c := range n.children {
		if !c.walk(yield) {
			return false
		}
	}
	return true
}

func (n *node) leaves() []*node {
	var found []*node
	for c := range n.all() {
		if c.kind == leaf {
			found = append(found, c)
		}
	}
	return found
}
