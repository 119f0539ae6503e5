package main

import (
	"fmt"
	"go/format"
	"os"
	"strings"
)

const (
	tableFile  = "app/modules.go"
	configFile = "app/config.go"
	accessFile = "app/access_test.go"
)

// insertion is code that goes above a line of a file.
type insertion struct{ file, above, code string }

// firstImport is where imports of modules go; gofmt puts them in their order.
const firstImport = `	"galleria/modules/`

var insertions = []insertion{
	{tableFile, firstImport, `	"galleria/modules/{{.Name}}"
	{{.Name}}v1 "galleria/modules/{{.Name}}/v1"
`},
	{tableFile, "// make new-module adds rows above this line.", `		{module.Definition{
			Name: {{.Name}}.Name, Contract: &{{.Name}}v1.{{.Title}}Service_ServiceDesc,
			New: func(h module.Host) (*module.Instance, error) {
				return {{.Name}}.New(h, {{.Name}}.Needs{}, c.{{.Title}}.Own)
			},
		}, c.{{.Title}}.Placed},
`},
	{configFile, firstImport, `	"galleria/modules/{{.Name}}"
`},
	{configFile, "// make new-module adds sections above this line.", "	{{.Title}} Module[{{.Name}}.Config] `yaml:\"{{.Name}}\"`\n"},
	{configFile, "// make new-module adds defaults above this line.", `			{{.Title}}: newModule({{.Name}}.DefaultConfig()),
`},
	{accessFile, "// make new-module adds methods above this line.", `		"{{.Name}}.Get{{.NounTitle}}", "{{.Name}}.Set{{.NounTitle}}",
`},
}

// insert enters the module in the table, in the configuration, and in what says who may call
// what.
func insert(n names) ([]file, error) {
	texts := map[string]string{}
	for _, i := range insertions {
		text, ok := texts[i.file]
		if !ok {
			read, err := os.ReadFile(i.file)
			if err != nil {
				return nil, err
			}
			text = string(read)
		}
		code, err := expand(i.code, n)
		if err != nil {
			return nil, err
		}
		if texts[i.file], err = i.into(text, code); err != nil {
			return nil, err
		}
	}
	var changed []file
	for path, text := range texts {
		formatted, err := format.Source([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		changed = append(changed, file{path: path, text: formatted})
	}
	return changed, nil
}

// into puts code above the first line that holds the mark.
func (i insertion) into(text, code string) (string, error) {
	at := strings.Index(text, i.above)
	if at < 0 {
		return "", fmt.Errorf("%s lacks the line %q, above which modules are entered", i.file, strings.TrimSpace(i.above))
	}
	line := strings.LastIndexByte(text[:at], '\n') + 1
	return text[:line] + code + text[line:], nil
}
