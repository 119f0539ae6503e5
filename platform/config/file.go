package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"

	"galleria/platform/lifecycle"
)

// file applies the file's content, and tells whether it could be read as YAML.
func (l *loading) file(content []byte) bool {
	root, err := parse(content)
	var bad *syntaxError
	if errors.As(err, &bad) {
		l.problems = append(l.problems, Problem{Origin: l.line(bad.line), Message: bad.message})
		return false
	}
	switch {
	case root == nil || isNull(root):
		return true
	case root.Kind != yaml.MappingNode:
		l.problems = append(l.problems, Problem{Origin: l.line(root.Line), Message: "is " + shape(root) + "; lines such as key: value are expected"})
		return false
	}
	l.mapping(l.tree.root, root)
	return true
}

func (l *loading) line(n int) Origin { return Origin{Source: l.from.File, Line: n} }

// mapping applies the keys of y, which are below n.
func (l *loading) mapping(n *node, y *yaml.Node) {
	first := map[string]int{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, value := resolve(y.Content[i]), y.Content[i+1]
		o := l.line(y.Content[i].Line)
		fail := func(key, message string) {
			l.problems = append(l.problems, Problem{Origin: o, Key: key, Message: message})
		}
		if k.Kind != yaml.ScalarNode {
			fail(n.key, "has "+shape(k)+" as a key; a word is expected")
			continue
		}
		if k.Tag == "!!merge" {
			fail(n.key, "merging with << is not supported; anchors for whole values are")
			continue
		}
		key := join(n.key, k.Value)
		if line, again := first[k.Value]; again {
			fail(key, fmt.Sprintf("is given twice; first on line %d", line))
			continue
		}
		first[k.Value] = o.Line

		child := l.tree.known[key]
		if k.Value == "" {
			child = nil
		}
		if child == nil && n.kind == table {
			added, err := l.tree.addEntry(n, k.Value)
			if err != nil {
				fail(key, err.Error())
				continue
			}
			child = added
		}
		if child == nil {
			fail(key, "unknown key"+l.tree.suggestKey(key))
			continue
		}
		l.assign(child, resolve(value), o)
	}
}

// assign applies the value y to the node n.
func (l *loading) assign(n *node, y *yaml.Node, o Origin) {
	if n.kind != leaf {
		if n.by == defaults {
			n.by, n.origin = file, o
		}
		switch {
		case y.Kind == yaml.MappingNode:
			l.mapping(n, y)
		case isNull(y): // every key below may be commented out
		default:
			l.report(n, o, "is "+shape(y)+"; keys below it are expected")
		}
		return
	}
	if !isList(n.value.Type()) {
		l.set(n, file, o, y.Value, func() error { return setNode(n.value, y) })
		return
	}
	if y.Kind != yaml.SequenceNode {
		l.set(n, file, o, y.Value, func() error {
			if y.Kind != yaml.ScalarNode || isNull(y) {
				return fmt.Errorf("is %s; a list such as [a, b] is expected", shape(y))
			}
			return setText(n.value, y.Value) // one element, or several with commas
		})
		return
	}
	list := reflect.MakeSlice(n.value.Type(), len(y.Content), len(y.Content))
	l.set(n, file, o, "", func() error { n.value.Set(list); return nil })
	for i, element := range y.Content {
		element = resolve(element)
		if err := setNode(list.Index(i), element); err != nil {
			n.failed = true
			l.report(n, l.line(element.Line), n.conceal(err.Error(), element.Value))
		}
	}
}

func setNode(v reflect.Value, y *yaml.Node) error {
	switch {
	case y.Kind != yaml.ScalarNode:
		return fmt.Errorf("is %s; a single value is expected", shape(y))
	case isNull(y):
		return errors.New(`has no value; write "" for an empty text, or leave the line out`)
	}
	return setScalar(v, y.Value)
}

func resolve(y *yaml.Node) *yaml.Node {
	if y.Kind == yaml.AliasNode && y.Alias != nil {
		return y.Alias
	}
	return y
}

func isNull(y *yaml.Node) bool { return y.Kind == yaml.ScalarNode && y.Tag == "!!null" }

// shape says what stands there in the words of a reader of the file.
func shape(y *yaml.Node) string {
	switch {
	case y.Kind == yaml.MappingNode:
		return "a group of keys"
	case y.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(y):
		return "empty"
	default:
		return "a single value"
	}
}

type syntaxError struct {
	line    int // 0 = unknown
	message string
}

func (e *syntaxError) Error() string { return e.message }

var (
	syntaxLine    = regexp.MustCompile(`^(?:yaml: )+(?:line (\d+): )?(.*)$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '.*' referenced$`)
)

// parse returns the root of the only document, nil if there is none. Its
// errors are *syntaxError.
func parse(content []byte) (root *yaml.Node, err error) {
	// The parser is fed by hand-edited files while the program runs: should it
	// have a bug, a bad file must not end the process.
	err = lifecycle.Guard(func() (err error) {
		root, err = decode(content)
		return err
	})
	if p, panicked := err.(*lifecycle.Panic); panicked {
		return nil, &syntaxError{message: fmt.Sprintf("cannot be read as YAML: %v", p.Value)}
	}
	return root, err
}

func decode(content []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document, second yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, newSyntaxError(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, &syntaxError{second.Line, "a second document begins here; only one is read"}
	} else if !errors.Is(err, io.EOF) {
		return nil, newSyntaxError(err)
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, nil
	}
	return resolve(document.Content[0]), nil
}

func newSyntaxError(err error) *syntaxError {
	parts := syntaxLine.FindStringSubmatch(err.Error())
	if parts == nil {
		return &syntaxError{message: err.Error()}
	}
	line, _ := strconv.Atoi(parts[1]) // 0 when the parser does not say
	if unknownAnchor.MatchString(parts[2]) {
		// The name may be a password that begins with a star.
		return &syntaxError{line, "refers to an unknown anchor; a text that begins with * needs quotes"}
	}
	return &syntaxError{line, parts[2]}
}
