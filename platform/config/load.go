package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
)

// Sources says where Load looks besides the defaults. The zero value looks
// nowhere.
type Sources struct {
	File         string            // YAML file; "" = none
	FileRequired bool              // a missing file is a mistake
	Environ      []string          // "NAME=value", as os.Environ returns them
	Prefix       string            // of the variables that are meant, "APP_"; "" = the environment is not read
	NotConfig    []string          // variables with the prefix that mean something else to the program
	Flags        map[string]string // key → text
	FlagNames    map[string]string // key → name of its flag without dashes, for messages; default: the key
}

// Loaded tells what Load did.
type Loaded struct {
	values  []Value
	texts   map[string]string // as values, not fit to be shown
	shared  map[string]string
	written []string // keys that the file gives a value
	digest  string
}

// absent is the digest of no file.
const absent = "absent"

// Digest identifies the content of the file as it was loaded, or its absence.
// A Watcher that is given it as Seen misses no change in between.
func (l *Loaded) Digest() string { return l.digest }

// Shared is the text of a value as the file has it, or else the default: without
// environment and flags, which are one process's, while others may share the file.
func (l *Loaded) Shared(key string) string { return l.shared[key] }

// Written tells whether the file gives the key, or a key below it, a value; for "",
// whether it says anything at all. One that does not is often on its way: truncated,
// and not yet written again.
func (l *Loaded) Written(key string) bool {
	return slices.ContainsFunc(l.written, func(w string) bool { return key == "" || w == key || strings.HasPrefix(w, key+".") })
}

// Changed lists the keys whose values are others than before, secrets too.
func (l *Loaded) Changed(before *Loaded) []string {
	var keys []string
	for _, v := range l.values {
		if old, known := before.texts[v.Key]; !known || old != l.texts[v.Key] {
			keys = append(keys, v.Key)
		}
	}
	return keys
}

// Load changes the struct that into points to, which holds the defaults, by
// what the sources say. On failure the struct is untouched; mistakes in the
// sources are returned as *Error, all of them, and any other error is a
// mistake in the struct's declaration.
func Load(into any, from Sources) (*Loaded, error) {
	content, problem := read(from)
	return load(into, from, content, problem)
}

func load(into any, from Sources, content []byte, unreadable *Problem) (*Loaded, error) {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("config: Load needs a pointer to a struct, not %T", into)
	}
	// A copy is filled, so that a failure leaves the caller's struct alone.
	filled := reflect.New(target.Type().Elem()).Elem()
	filled.Set(target.Elem())
	keys, err := newTree(filled, from.Prefix)
	if err != nil {
		return nil, err
	}

	l := &loading{tree: keys, from: from}
	if unreadable != nil {
		l.problems = append(l.problems, *unreadable)
	}
	whole := l.file(content) && unreadable == nil
	shared, written := keys.texts(), keys.setBy(file)
	l.environment()
	l.flags()
	keys.storeTables()
	// Half a file would be judged by its missing half.
	if whole {
		l.validate()
	}
	if len(l.problems) > 0 {
		return nil, newError(l.problems)
	}

	target.Elem().Set(filled)
	loaded := &Loaded{values: keys.values(), texts: keys.texts(), shared: shared, written: written, digest: absent}
	if content != nil {
		loaded.digest = digest(content)
	}
	return loaded, nil
}

// loading is one Load under way. The layers are applied in order, each over the one before.
type loading struct {
	tree     *tree
	from     Sources
	problems []Problem
}

type layer int

const (
	defaults layer = iota
	file
	environment
	flag
)

// set gives a leaf its value from a source. An error of parse is reported as
// a mistake of the source.
func (l *loading) set(n *node, by layer, o Origin, text string, parse func() error) {
	n.by, n.origin = by, o
	if err := parse(); err != nil {
		l.report(n, o, n.conceal(err.Error(), text))
		n.failed = true
		return
	}
	for up := n.parent; up != nil && up.parent != nil; up = up.parent {
		if up.by == defaults {
			up.by, up.origin = by, o
		}
	}
}

func (l *loading) report(n *node, o Origin, message string) {
	l.problems = append(l.problems, Problem{Origin: o, Key: n.key, Message: message})
}

func (l *loading) flags() {
	for _, key := range slices.Sorted(maps.Keys(l.from.Flags)) {
		name, text := l.from.FlagNames[key], l.from.Flags[key]
		if name == "" {
			name = key
		}
		o := Origin{Source: "--" + name}
		n := l.tree.find(key)
		if n == nil || n.kind != leaf {
			l.problems = append(l.problems, Problem{Origin: o, Key: key, Message: "unknown key" + l.tree.suggestKey(key)})
			continue
		}
		l.set(n, flag, o, text, func() error { return setText(n.value, text) })
	}
}

func read(from Sources) ([]byte, *Problem) {
	if from.File == "" {
		return nil, nil
	}
	content, err := os.ReadFile(from.File)
	if err == nil {
		return content, nil
	}
	if errors.Is(err, fs.ErrNotExist) && !from.FileRequired {
		return nil, nil
	}
	return nil, &Problem{Origin: Origin{Source: from.File}, Message: "cannot be read: " + cause(err)}
}

// cause is the reason of a file error without operation and path, which the
// message has already.
func cause(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
