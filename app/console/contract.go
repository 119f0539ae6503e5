package console

import (
	"fmt"
	"io/fs"
	"strings"

	"galleria/app/console/internal/view"
	"galleria/modules"
	"galleria/platform/contract"
)

// contract is the contract of a module to read: each method with its comment, what it
// takes and answers, and what it promises.
func (c *Console) contract(name string) []view.Rpc {
	var source strings.Builder
	files, err := fs.Glob(modules.Contracts, name+"/v1/*.proto")
	if err != nil {
		return nil // a module's name has no pattern in it
	}
	for _, file := range files {
		text, err := modules.Contracts.ReadFile(file)
		if err != nil {
			return nil // it is part of the program
		}
		source.Write(text)
	}
	var all []view.Rpc
	for _, d := range c.table.Modules {
		if d.Name != name {
			continue
		}
		service, err := contract.Service(d.Contract.ServiceName)
		if err != nil {
			return nil
		}
		methods, err := contract.Methods(service)
		if err != nil {
			return nil
		}
		for _, m := range methods {
			short := m.Name[strings.LastIndex(m.Name, "/")+1:]
			all = append(all, view.Rpc{
				Name: short, Comment: commentOf(source.String(), short), Promise: promiseOf(m),
				Request:  messageOf(source.String(), string(m.Input.Descriptor().Name())),
				Response: messageOf(source.String(), string(m.Output.Descriptor().Name())),
			})
		}
	}
	return all
}

func promiseOf(m contract.Method) string {
	words := "answers within " + m.Deadline.String()
	if m.P99 > 0 {
		words = "99 of 100 within " + m.P99.String() + ", all within " + m.Deadline.String()
	}
	switch {
	case !m.Mutates:
		words += "; only reads"
	case m.Repeatable:
		words += "; may be repeated"
	}
	return words
}

// commentOf is the comment before a method, a line for each list item.
func commentOf(source, method string) string {
	before, _, found := strings.Cut(source, "\n  rpc "+method+"(")
	if !found {
		return ""
	}
	lines := strings.Split(before, "\n")
	from := len(lines)
	for from > 0 && strings.HasPrefix(strings.TrimSpace(lines[from-1]), "//") {
		from--
	}
	var words []string
	for _, line := range lines[from:] {
		line = strings.TrimPrefix(strings.TrimSpace(line), "//")
		if strings.HasPrefix(line, "   ") || len(words) == 0 { // a list item
			words = append(words, strings.TrimSpace(line))
		} else {
			words[len(words)-1] += " " + strings.TrimSpace(line)
		}
	}
	return strings.Join(words, "\n")
}

// messageOf is the text of a message with its comments.
func messageOf(source, name string) string {
	start := strings.Index(source, "\nmessage "+name+" {")
	if start < 0 {
		return fmt.Sprintf("message %s: of another contract", name)
	}
	text := source[start+1:]
	// A message that is not empty ends with a brace at the beginning of a line.
	if line, _, _ := strings.Cut(text, "\n"); strings.HasSuffix(line, "}") {
		return line
	}
	end := strings.Index(text, "\n}")
	if end < 0 {
		return text
	}
	return text[:end+2]
}
