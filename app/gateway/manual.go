package gateway

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// The manual is the document for people: drawn once, with a script that sends what is
// typed into its forms.
//
//go:embed manual
var manualFiles embed.FS

// The page takes nothing from elsewhere.
const manualPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// manual is what the page shows.
type manual struct {
	Info   *huma.Info
	Prefix string
	Groups []manualGroup
	Kinds  []manualKind
}

type manualGroup struct {
	Name, Text string
	Operations []manualOperation
}

type manualOperation struct {
	ID, Method, Path, Summary, Text string
	Parameters                      []manualField
	Body                            string // an example
	Fields                          []manualField
	Answers                         []manualAnswer
	Token                           bool
}

// manualField is a parameter, or a field of a body.
type manualField struct {
	Name, In, Type, Text, Example string
	Required                      bool
}

type manualAnswer struct {
	Status int
	Text   string
	Fields []manualField
}

type manualKind struct {
	Name, Title string
	Status      int
}

// publishManual serves the page, and leads to it from the types of problems.
func (g *Gateway) publishManual(api *huma.OpenAPI) error {
	page, err := template.ParseFS(manualFiles, "manual/page.html")
	if err != nil {
		return fmt.Errorf("gateway: read the manual's page: %w", err)
	}
	g.manualFile("/docs", "text/html; charset=utf-8", sync.OnceValues(func() ([]byte, error) { return drawManual(page, api) }))
	for name, media := range map[string]string{"style.css": "text/css; charset=utf-8", "try.js": "text/javascript; charset=utf-8"} {
		text, err := manualFiles.ReadFile("manual/" + name)
		if err != nil {
			return fmt.Errorf("gateway: read the manual: %w", err)
		}
		g.manualFile("/docs/"+name, media, func() ([]byte, error) { return text, nil })
	}
	g.echo.GET(problemsPath+":kind", func(c echo.Context) error {
		name := c.Param("kind")
		if !slices.ContainsFunc(kinds, func(k kind) bool { return k.name == name }) {
			return problem(notFound, "There is no such type of problem. "+Prefix+"/docs lists those there are.")
		}
		return c.Redirect(http.StatusSeeOther, Prefix+"/docs#problem-"+name)
	})
	return nil
}

func drawManual(page *template.Template, api *huma.OpenAPI) ([]byte, error) {
	m := manual{Info: api.Info, Prefix: Prefix}
	for _, k := range kinds {
		m.Kinds = append(m.Kinds, manualKind{Name: k.name, Title: k.title, Status: k.status})
	}
	for _, tag := range api.Tags {
		m.Groups = append(m.Groups, manualGroup{Name: tag.Name, Text: tag.Description, Operations: operationsOf(api, tag.Name)})
	}
	var drawn bytes.Buffer
	if err := page.Execute(&drawn, m); err != nil {
		return nil, fmt.Errorf("gateway: draw the manual: %w", err)
	}
	return drawn.Bytes(), nil
}

func (g *Gateway) manualFile(path, media string, text func() ([]byte, error)) {
	g.echo.GET(Prefix+path, func(c echo.Context) error {
		text, err := text()
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", revalidated)
		c.Response().Header().Set("Content-Security-Policy", manualPolicy)
		return c.Blob(http.StatusOK, media, text)
	})
}

func operationsOf(api *huma.OpenAPI, tag string) []manualOperation {
	var found []manualOperation
	for path, item := range api.Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete} {
			if op == nil || !slices.Contains(op.Tags, tag) {
				continue
			}
			o := manualOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Text: op.Description, Token: len(op.Security) > 0}
			for _, p := range op.Parameters {
				o.Parameters = append(o.Parameters, manualField{Name: p.Name, In: p.In, Type: typeOf(p.Schema), Text: p.Description, Required: p.Required})
			}
			if op.RequestBody != nil {
				s := op.RequestBody.Content["application/json"].Schema
				example, _ := json.MarshalIndent(exampleOf(api, s), "", "  ") // of maps and texts
				o.Body, o.Fields = string(example), fieldsOf(api, s, "", 0)
			}
			for _, code := range statuses(op) {
				a := manualAnswer{Status: code, Text: op.Responses[fmt.Sprint(code)].Description}
				if content := op.Responses[fmt.Sprint(code)].Content["application/json"]; content != nil {
					a.Fields = fieldsOf(api, content.Schema, "", 0)
				}
				o.Answers = append(o.Answers, a)
			}
			found = append(found, o)
		}
	}
	order := []string{"GET", "POST", "PUT", "DELETE"}
	slices.SortFunc(found, func(a, b manualOperation) int {
		return cmp.Or(cmp.Compare(strings.Count(a.Path, "/"), strings.Count(b.Path, "/")), cmp.Compare(a.Path, b.Path),
			cmp.Compare(slices.Index(order, a.Method), slices.Index(order, b.Method)))
	})
	return found
}
