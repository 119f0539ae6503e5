package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// fieldsOf lists the fields of an object with those of the objects in it, up to three
// levels: deeper ones repeat what stands above.
func fieldsOf(api *huma.OpenAPI, s *huma.Schema, at string, depth int) []manualField {
	s = resolved(api, s)
	if s.Type == huma.TypeArray {
		return fieldsOf(api, s.Items, at+"[]", depth)
	}
	var fields []manualField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		of := s.Properties[name]
		f := manualField{Name: strings.TrimPrefix(at+"."+name, "."), Type: typeOf(resolved(api, of)), Text: of.Description, Required: slices.Contains(s.Required, name)}
		if of.Ref != "" {
			f.Type = strings.TrimPrefix(of.Ref, "#/components/schemas/")
		}
		fields = append(fields, f)
		if depth < 2 && f.Type != "Money" {
			fields = append(fields, fieldsOf(api, of, f.Name, depth+1)...)
		}
	}
	return fields
}

func resolved(api *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	for s.Ref != "" {
		s = api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// typeOf says in a few words what a value may be.
func typeOf(s *huma.Schema) string {
	var parts []string
	switch {
	case len(s.Enum) > 0:
		for _, value := range s.Enum {
			parts = append(parts, fmt.Sprint(value))
		}
		return strings.Join(parts, " | ")
	case s.Type == huma.TypeArray:
		return "array"
	}
	parts = append(parts, s.Type)
	if s.Format != "" && s.Format != "int64" && s.Format != "int32" {
		parts = append(parts, s.Format)
	}
	if s.Minimum != nil && s.Maximum != nil && *s.Maximum < 1e6 {
		parts = append(parts, fmt.Sprintf("%v to %v", *s.Minimum, *s.Maximum))
	}
	if s.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("up to %d characters", *s.MaxLength))
	}
	return strings.Join(parts, ", ")
}

// exampleOf is a value that a schema takes: what must be there.
func exampleOf(api *huma.OpenAPI, s *huma.Schema) any {
	s = resolved(api, s)
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Type == huma.TypeObject:
		object := map[string]any{}
		for _, name := range s.Required {
			object[name] = exampleOf(api, s.Properties[name])
		}
		return object
	case s.Type == huma.TypeInteger && s.Minimum != nil:
		return int64(*s.Minimum)
	case s.Format == "email":
		return "ana@example.org"
	}
	return "…"
}
