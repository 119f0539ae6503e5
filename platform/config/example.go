package config

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Example is a YAML file with every key, its documentation and the value that
// into holds, so loading it changes nothing. Secrets that are set are masked
// and commented out. It panics if into is not a pointer to a struct that Load
// accepts, which is a mistake of the program.
func Example(into any) string {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		panic("config: Example needs a pointer to a struct")
	}
	t, err := newTree(v.Elem(), "")
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	for i, n := range t.root.children {
		if i > 0 && (n.kind != leaf || t.root.children[i-1].kind != leaf) {
			b.WriteByte('\n')
		}
		n.example(&b, "", true)
	}
	return b.String()
}

// example writes n. In a table the documentation stands at the first entry only.
func (n *node) example(b *strings.Builder, indent string, documented bool) {
	if documented && n.doc != "" {
		for line := range strings.SplitSeq(n.doc, "\n") {
			b.WriteString(indent + "# " + line + "\n")
		}
	}
	name := indent + yamlText(n.name) + ":"
	switch {
	case n.kind == leaf:
		text := n.fallback
		if shown := n.shown(text); shown != text {
			b.WriteString(indent + "# " + yamlText(n.name) + ": " + quote(shown) + "\n")
			return
		}
		b.WriteString(name + " " + yamlValue(n.value) + "\n")
	case n.kind == table && len(n.children) == 0:
		b.WriteString(name + " {}\n")
		var entry strings.Builder
		n.entry.example(&entry, indent+"  ", documented)
		for line := range strings.Lines(entry.String()) {
			line = strings.TrimPrefix(line, indent)
			b.WriteString(indent + "# " + strings.TrimPrefix(line, "# "))
		}
	default:
		b.WriteString(name + "\n")
		for i, c := range n.children {
			c.example(b, indent+"  ", documented && (n.kind == group || i == 0))
		}
	}
}

func yamlValue(v reflect.Value) string {
	if isList(v.Type()) {
		words := make([]string, v.Len())
		for i := range words {
			words[i] = scalarText(v.Index(i))
		}
		return flowList(words)
	}
	text := scalarText(v)
	if v.Kind() == reflect.String || hasText(v.Type()) {
		return yamlText(text)
	}
	return text
}

// yamlText is the text on one line, quoted if it must be.
func yamlText(text string) string {
	b, err := yaml.Marshal(text)
	line := strings.TrimSuffix(string(b), "\n")
	if err != nil || strings.Contains(line, "\n") {
		return quote(text)
	}
	return line
}
