package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"galleria/platform/contract"
)

// setUp sets what huma has for a whole program only. Nothing else here uses huma.
var setUp = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true // "EMAIL" is no field of ours
	huma.DefaultArrayNullable = false
	huma.NewErrorWithContext = func(_ huma.Context, status int, message string, errs ...error) huma.StatusError {
		return refused(status, message, errs)
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return refused(status, message, errs)
	}
})

// refused is the problem of a request that huma refused before a handler saw it.
func refused(status int, message string, errs []error) *Problem {
	p := problem(failed, "This is our fault. The request's id helps us to find out why.")
	switch status {
	case 0: // huma asks what problems look like
	case http.StatusBadRequest:
		p = problem(malformed, "The body is missing, or is no JSON.")
	case http.StatusRequestTimeout:
		p = problem(tooSlow, "The body did not come within 5 seconds.")
	case http.StatusRequestEntityTooLarge:
		p = problem(tooLarge, "A body has at most 64 KiB.")
	case http.StatusUnsupportedMediaType:
		p = problem(notJSON, "Send the body as application/json, with this Content-Type.")
	case http.StatusUnprocessableEntity:
		p = problem(invalid, "See errors for what is wrong.")
	default:
		return p.because(errors.Join(append(errs, errors.New(message))...))
	}
	for _, err := range errs {
		detail := new(huma.ErrorDetail)
		if !errors.As(err, &detail) {
			continue
		}
		if detail.Location == "header."+idempotencyKey && detail.Message == "required header parameter is missing" {
			return problem(keyMissing, "Send an Idempotency-Key, another one for each thing that is done: a repeat with the same key does nothing more.")
		}
		p.Errors = append(p.Errors, fieldError(detail))
	}
	return p
}

func fieldError(d *huma.ErrorDetail) FieldError {
	where, path, _ := strings.Cut(d.Location, ".")
	f := FieldError{Detail: d.Message}
	switch where {
	case "query", "path", "header":
		f.In, f.Parameter = where, indexes.ReplaceAllString(path, "") // of a list the parameter is the whole
	default:
		f.Pointer = pointer(path)
		if name, is := strings.CutPrefix(d.Message, "expected required property "); is {
			// It is the field that is missing, not the object around it.
			name, _, _ = strings.Cut(name, " ")
			f.Pointer, f.Detail = strings.TrimSuffix(f.Pointer, "/")+"/"+name, "is required"
		}
	}
	return f
}

// pointer is a path such as "items[3].sku" as a JSON pointer in a fragment.
func pointer(path string) string {
	if path == "" {
		return "#"
	}
	path = strings.NewReplacer("[", ".", "]", "").Replace(escaped.Replace(path))
	return "#/" + strings.ReplaceAll(path, ".", "/")
}

// violated are the fields that a module refused, by the names they have in the API.
func violated(err error, names map[string]FieldError) *Problem {
	var p *Problem
	for _, v := range contract.Violations(err) {
		field, known := names[v.Field]
		if !known {
			continue
		}
		if p == nil {
			p = problem(invalid, "See errors for what is wrong.")
		}
		field.Detail = v.Message
		p.Errors = append(p.Errors, field)
	}
	return p
}

// nothing stands for null while a body is checked: no field of ours may be null, and
// huma would take it for a field that is left out.
type nothing struct{}

// strictJSON is how bodies are read and written.
var strictJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	},
	Unmarshal: func(data []byte, v any) error {
		if err := json.Unmarshal(data, v); err != nil {
			return errors.New("is no JSON: " + err.Error())
		}
		if whole, ok := v.(*any); ok {
			*whole = withoutNull(*whole)
		}
		return nil
	},
}

func withoutNull(v any) any {
	switch v := v.(type) {
	case nil:
		return nothing{}
	case map[string]any:
		for name := range v {
			v[name] = withoutNull(v[name])
		}
	case []any:
		for i := range v {
			v[i] = withoutNull(v[i])
		}
	}
	return v
}
