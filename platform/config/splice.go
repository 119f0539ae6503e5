package config

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// splice gives one key of a YAML text another value, and leaves every other byte
// as it was: comments, order, blank lines, alignment and quotes are the reader's.
// value is written on one line. What is written in a way that can't be changed by
// replacing a piece of text is refused, by its line.
func splice(content []byte, key, value string) ([]byte, error) {
	root, err := parse(content)
	if err != nil {
		return nil, err
	}
	s := &splicer{text: content}
	for i, b := range content {
		if b == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	path := strings.Split(key, ".")
	if root == nil || isNull(root) {
		return s.insert(len(content), "\n"+entry(path, value, "", true)+"\n"), nil
	}
	return s.set(root, path, value)
}

type splicer struct {
	text  []byte
	lines []int // where each line but the first begins
}

// inexpressible is what splice refuses.
func inexpressible(y *yaml.Node, what string) error {
	return &syntaxError{y.Line, what + "; write it on one line, as key: value, to have it changed by a command"}
}

// set changes the mapping y, which the path is relative to.
func (s *splicer) set(y *yaml.Node, path []string, value string) ([]byte, error) {
	if y.Kind != yaml.MappingNode || y.Anchor != "" {
		return nil, inexpressible(y, "is "+shape(y)+", where keys are expected")
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Value != path[0] {
			continue
		}
		k, v := y.Content[i], y.Content[i+1]
		switch {
		case v.Kind == yaml.AliasNode || v.Anchor != "" || v.Style&yaml.TaggedStyle != 0:
			return nil, inexpressible(v, "is shared by an anchor, or has a tag")
		case len(path) == 1:
			return s.replace(k, v, value)
		case isNull(v) && v.Value == "":
			return s.fill(y, k, path[1:], value)
		}
		return s.set(v, path[1:], value)
	}
	return s.add(y, path, value)
}

// replace puts the value where v was.
func (s *splicer) replace(k, v *yaml.Node, value string) ([]byte, error) {
	colon, err := s.colon(k)
	if err != nil {
		return nil, err
	}
	end, err := s.end(v)
	switch {
	case err != nil:
		return nil, err
	case v.Kind == yaml.MappingNode:
		return nil, inexpressible(v, "is a group of keys, where a value is expected")
	case isNull(v) && v.Value == "":
		return s.insert(colon, " "+value), nil
	case v.Kind == yaml.SequenceNode && v.Style&yaml.FlowStyle == 0:
		// A comment behind the key stays; the lines of the list go.
		first := bytes.LastIndexByte(s.text[:s.at(v)], '\n')
		if first < colon {
			return nil, inexpressible(v, "is a list beside its key")
		}
		cut := append(bytes.Clone(s.text[:first]), s.text[s.lineEnd(end):]...)
		return append(append(bytes.Clone(cut[:colon]), " "+value...), cut[colon:]...), nil
	}
	return append(append(bytes.Clone(s.text[:s.at(v)]), value...), s.text[end:]...), nil
}

// fill gives the key k of y, below which there is nothing yet, a first key.
func (s *splicer) fill(y, k *yaml.Node, path []string, value string) ([]byte, error) {
	colon, err := s.colon(k)
	if err != nil {
		return nil, err
	}
	if y.Style&yaml.FlowStyle != 0 {
		return s.insert(colon, " {"+entry(path, value, "", false)+"}"), nil
	}
	indent := strings.Repeat(" ", k.Column+1)
	return s.insert(s.lineEnd(colon), "\n"+indent+entry(path, value, indent, false)), nil
}

// add gives the mapping y one more key, behind its last.
func (s *splicer) add(y *yaml.Node, path []string, value string) ([]byte, error) {
	if len(y.Content) == 0 {
		return s.insert(s.at(y)+1, entry(path, value, "", false)), nil
	}
	end, err := s.end(y.Content[len(y.Content)-1])
	if err != nil {
		return nil, err
	}
	if last := y.Content[len(y.Content)-2:]; isNull(last[1]) && last[1].Value == "" {
		if end, err = s.colon(last[0]); err != nil {
			return nil, err
		}
	}
	if y.Style&yaml.FlowStyle != 0 {
		return s.insert(end, ", "+entry(path, value, "", false)), nil
	}
	indent := strings.Repeat(" ", y.Content[0].Column-1)
	return s.insert(s.lineEnd(end), "\n"+indent+entry(path, value, indent, indent == "")), nil
}

// entry is a key with its value; the keys between are a group on one line, or on
// lines of their own at the top of a file.
func entry(path []string, value, indent string, top bool) string {
	switch {
	case len(path) == 1:
		return yamlText(path[0]) + ": " + value
	case top:
		return yamlText(path[0]) + ":\n" + indent + "  " + entry(path[1:], value, "", false)
	}
	return yamlText(path[0]) + ": {" + entry(path[1:], value, "", false) + "}"
}

func (s *splicer) insert(at int, text string) []byte {
	if at > 0 && s.text[at-1] == '\n' || at == 0 {
		text = strings.TrimPrefix(text, "\n")
	}
	return append(append(bytes.Clone(s.text[:at]), text...), s.text[at:]...)
}

// at is where the node begins. Columns count characters.
func (s *splicer) at(y *yaml.Node) int {
	begin := 0
	if y.Line > 1 {
		begin = s.lines[y.Line-2]
	}
	for column := 1; column < y.Column; column++ {
		begin += width(s.text[begin:])
	}
	return begin
}

func width(text []byte) int {
	n := 1
	for n < len(text) && text[n]&0xC0 == 0x80 {
		n++
	}
	return n
}

func (s *splicer) lineEnd(from int) int {
	if n := bytes.IndexByte(s.text[from:], '\n'); n >= 0 {
		return from + n
	}
	return len(s.text)
}

// colon is behind the colon of a key.
func (s *splicer) colon(k *yaml.Node) (int, error) {
	end, err := s.end(k)
	if err != nil {
		return 0, err
	}
	for end < len(s.text) && s.text[end] == ' ' {
		end++
	}
	if end == len(s.text) || s.text[end] != ':' {
		return 0, inexpressible(k, "has no colon behind it")
	}
	return end + 1, nil
}

// end is behind the last character of a node.
func (s *splicer) end(y *yaml.Node) (int, error) {
	at := s.at(y)
	switch {
	case y.Kind == yaml.AliasNode:
		return at + len("*") + len(y.Value), nil
	case y.Style&yaml.FlowStyle != 0 || y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		if n := enclosed(s.text[at:]); n > 0 {
			return at + n, nil
		}
	case y.Kind != yaml.ScalarNode:
		return s.end(y.Content[len(y.Content)-1])
	case y.Style == 0 && bytes.HasPrefix(s.text[at:], []byte(y.Value)):
		return at + len(y.Value), nil
	}
	return 0, inexpressible(y, "is "+shape(y)+" over several lines, or with a tag")
}

// enclosed is the length of a text that begins with a quote or bracket, to the
// one that closes it; 0 if there is none.
func enclosed(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			for i++; i < len(text) && text[i] != c; i++ {
				if c == '"' && text[i] == '\\' {
					i++
				}
			}
			// '' inside of single quotes is read as two texts, which ends alike.
			if depth == 0 && !(c == '\'' && i+1 < len(text) && text[i+1] == c) {
				return min(i+1, len(text))
			}
		case c == '#' && i > 0 && (text[i-1] == ' ' || text[i-1] == '\n' || text[i-1] == '\t'):
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// inPlace wraps what splice has against a text with the name of its file.
func inPlace(file, key string, err error) error {
	if bad, ok := err.(*syntaxError); ok {
		return fmt.Errorf("%s: %s: %s", Origin{Source: file, Line: bad.line}, key, bad.message)
	}
	return fmt.Errorf("%s: %s: %w", file, key, err)
}
