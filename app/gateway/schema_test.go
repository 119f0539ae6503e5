package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/app/edge"
	"galleria/app/gateway"
)

// document is the OpenAPI document as a program reads it.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }

	patterns map[string]*regexp.Regexp // of schemas, compiled
}

// matches tells whether a value is as a pattern of the document says.
func (d document) matches(pattern, value string) bool {
	if d.patterns[pattern] == nil {
		d.patterns[pattern] = regexp.MustCompile(pattern)
	}
	return d.patterns[pattern].MatchString(value)
}

type operation struct {
	OperationID string
	Tags        []string
	Parameters  []parameter
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema schema }
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema schema }
		Headers map[string]struct{ Schema schema }
	}
	Security []map[string][]string
}

type parameter struct {
	Name, In string
	Required bool
	Schema   schema
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Format, Pattern      string
	Properties           map[string]schema
	AdditionalProperties any
	Required             []string
	Items                *schema
	Enum                 []any
	Minimum, Maximum     *float64
	MinLength, MaxLength *int
}

func readDocument(s *shop) (d document) {
	s.t.Helper()
	s.get("/openapi.json").want(http.StatusOK).into(&d)
	d.patterns = map[string]*regexp.Regexp{}
	return d
}

func (d document) resolve(s schema) schema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// check says what is wrong with a value; "" when nothing is.
func (d document) check(s schema, v any, at string) string {
	s = d.resolve(s)
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return fmt.Sprintf("%s: %v is none of %v", at, v, s.Enum)
	}
	switch v := v.(type) {
	case map[string]any:
		return d.checkObject(s, v, at)
	case []any:
		if s.Type != "array" {
			return fmt.Sprintf("%s: is an array, not %v", at, s.Type)
		}
		for i, item := range v {
			if wrong := d.check(*s.Items, item, fmt.Sprintf("%s/%d", at, i)); wrong != "" {
				return wrong
			}
		}
	case string:
		if s.Type != "string" || s.Pattern != "" && !d.matches(s.Pattern, v) {
			return fmt.Sprintf("%s: %q is no %v of pattern %q", at, v, s.Type, s.Pattern)
		}
		if _, err := time.Parse(time.RFC3339, v); s.Format == "date-time" && (err != nil || !strings.HasSuffix(v, "Z")) {
			return fmt.Sprintf("%s: %q is no time in UTC", at, v)
		}
	case float64:
		if s.Type != "integer" || v != math.Trunc(v) || s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			return fmt.Sprintf("%s: %v is no %v of its range", at, v, s.Type)
		}
	case bool:
		if s.Type != "boolean" {
			return fmt.Sprintf("%s: is a boolean, not %v", at, s.Type)
		}
	default:
		return fmt.Sprintf("%s: is %v", at, v)
	}
	return ""
}

func (d document) checkObject(s schema, v map[string]any, at string) string {
	if s.Type != "object" {
		return fmt.Sprintf("%s: is an object, not %v", at, s.Type)
	}
	for _, name := range s.Required {
		if _, is := v[name]; !is {
			return at + "/" + name + ": is missing"
		}
	}
	for name, value := range v {
		of, known := s.Properties[name]
		if more, is := s.AdditionalProperties.(map[string]any); !known && is {
			b, _ := json.Marshal(more)
			known = json.Unmarshal(b, &of) == nil
		}
		if !known {
			return at + "/" + name + ": is not in the document"
		}
		if wrong := d.check(of, value, at+"/"+name); wrong != "" {
			return wrong
		}
	}
	return ""
}

// conforms says what in an answer is not as the document has it; "" when nothing is.
func (d document) conforms(o operation, a answer) string {
	if a.status >= 500 && a.status != http.StatusServiceUnavailable {
		return fmt.Sprintf("status %d", a.status)
	}
	response, known := o.Responses[fmt.Sprint(a.status)]
	if !known {
		return fmt.Sprintf("status %d is not in the document", a.status)
	}
	for name := range maps.Keys(a.header) {
		if strings.HasPrefix(name, "Ratelimit") && name != "Ratelimit-Policy" && response.Headers["RateLimit"].Schema.Type == nil {
			return "header " + name + " is not in the document"
		}
	}
	kind := a.header.Get("Content-Type")
	if len(response.Content) == 0 {
		if a.text != "" {
			return "a body that is not in the document"
		}
		return ""
	}
	content, known := response.Content[kind]
	if !known {
		return "Content-Type " + kind + " is not in the document"
	}
	var body any
	if err := json.Unmarshal([]byte(a.text), &body); err != nil {
		return "a body that is no JSON: " + err.Error()
	}
	return d.check(content.Schema, body, "")
}

func TestTheDocumentSaysWhatThereIs(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	d := readDocument(s)
	if d.OpenAPI != "3.1.0" {
		t.Errorf("got OpenAPI %s, want 3.1.0", d.OpenAPI)
	}
	ids := map[string]bool{}
	for path, item := range d.Paths {
		for method, o := range item {
			what := method + " " + path
			if o.OperationID == "" || ids[o.OperationID] {
				t.Errorf("%s: operationId %q is empty or another one's", what, o.OperationID)
			}
			ids[o.OperationID] = true
			for _, code := range []string{"400", "422", "429", "500", "503"} {
				if len(o.Responses[code].Content["application/problem+json"].Schema.Ref) == 0 {
					t.Errorf("%s: %s is no problem in the document", what, code)
				}
			}
			for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				if !slices.ContainsFunc(o.Parameters, func(p parameter) bool { return p.In == "path" && p.Name == name[1] && p.Required }) {
					t.Errorf("%s: parameter %s is not in the document", what, name[1])
				}
			}
			if o.Security == nil == (strings.HasPrefix(path, "/orders/") || path == "/me" || strings.HasPrefix(path, "/me/") || path == "/sessions/current" || slices.Contains(o.Tags, "Staff")) {
				t.Errorf("%s: got security %v", what, o.Security)
			}
		}
	}
	for name, of := range d.Components.Schemas {
		if of.Type == "object" && of.AdditionalProperties != false && of.Properties != nil {
			t.Errorf("schema %s takes fields that it does not know", name)
		}
	}
	address, _ := url.Parse(gateway.Prefix)
	if len(ids) != 37 || address.Path != "/api/v1" {
		t.Errorf("got %d operations %v, want 37", len(ids), slices.Sorted(maps.Keys(ids)))
	}
}
