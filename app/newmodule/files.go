package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed templates/*.tmpl
var templates embed.FS

// places tell where each template's file goes.
var places = []struct{ template, path string }{
	{"doc.go", "modules/{{.Name}}/doc.go"},
	{"module.go", "modules/{{.Name}}/module.go"},
	{"contract_test.go", "modules/{{.Name}}/contract_test.go"},
	{"contract.proto", "modules/{{.Name}}/v1/{{.Name}}.proto"},
	{"domain.go", "modules/{{.Name}}/internal/{{.Noun}}/{{.Noun}}.go"},
	{"domain_test.go", "modules/{{.Name}}/internal/{{.Noun}}/{{.Noun}}_test.go"},
	{"service.go", "modules/{{.Name}}/internal/service/service.go"},
	{"access.go", "modules/{{.Name}}/internal/service/access.go"},
	{"convert.go", "modules/{{.Name}}/internal/service/convert.go"},
	{"store.go", "modules/{{.Name}}/internal/store/store.go"},
	{"suite.go", "modules/{{.Name}}/{{.Name}}test/suite.go"},
	{"cases.go", "modules/{{.Name}}/{{.Name}}test/cases.go"},
	{"fake.go", "modules/{{.Name}}/{{.Name}}test/fake.go"},
	{"migration.sql", "migrations/{{.Name}}/0001_{{.Name}}.sql"},
}

// file is a file to be written.
type file struct {
	path string
	text []byte
}

func (f file) write() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(f.path, f.text, 0o644)
}

// render makes the module's files.
func render(n names) ([]file, error) {
	parsed, err := template.New("").Option("missingkey=error").ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	var all []file
	for _, place := range places {
		var text bytes.Buffer
		if err := parsed.ExecuteTemplate(&text, place.template+".tmpl", n); err != nil {
			return nil, err
		}
		path, err := expand(place.path, n)
		if err != nil {
			return nil, err
		}
		f := file{path: path, text: text.Bytes()}
		if strings.HasSuffix(path, ".go") {
			if f.text, err = format.Source(f.text); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		all = append(all, f)
	}
	return all, nil
}

// expand fills in one line.
func expand(line string, n names) (string, error) {
	parsed, err := template.New(line).Parse(line)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = parsed.Execute(&text, n)
	return text.String(), err
}
