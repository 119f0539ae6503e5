package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// readBody reads a body and refuses what huma would take without a word: a field that
// comes twice, and anything in the body of an operation that takes none. It leaves for huma
// the same body with its whole numbers written as Go reads them.
func readBody(ctx huma.Context) *Problem {
	r, op := humaecho.Unwrap(ctx).Request(), ctx.Operation()
	_ = ctx.SetReadDeadline(time.Now().Add(readTimeout)) // where there is none, as in tests, nothing is slow
	data, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem(tooSlow, "The body did not come within 5 seconds.")
	case err != nil:
		return problem(malformed, "The body did not come whole.")
	case len(data) > bodyLimit:
		return problem(tooLarge, "A body has at most 64 KiB.")
	case len(data) > 0 && op.Responses[strconv.Itoa(http.StatusUnsupportedMediaType)] != nil && !isJSON(r):
		return problem(notJSON, "Send the body as application/json, with this Content-Type.")
	}
	if len(data) > 0 {
		if !json.Valid(data) || !utf8.Valid(data) {
			return problem(malformed, "The body is no JSON.")
		}
		read := bodyReader{from: json.NewDecoder(bytes.NewReader(data))}
		read.from.UseNumber()
		value := read.value("#")
		if op.RequestBody == nil {
			read.refuseAll(value)
		}
		if len(read.wrong) > 0 {
			p := problem(invalid, "See errors for what is wrong.")
			p.Errors = read.wrong
			return p
		}
		if data, err = json.Marshal(value); err != nil {
			return problem(failed, "This is our fault. The request's id helps us to find out why.").because(err)
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return nil
}

// bodyReader reads JSON that is known to be valid.
type bodyReader struct {
	from  *json.Decoder
	wrong []FieldError
}

// value is the next value, which is at a pointer.
func (b *bodyReader) value(at string) any {
	token, _ := b.from.Token()
	switch token := token.(type) {
	case json.Number:
		return b.number(token, at)
	case json.Delim:
		if token == '[' {
			list := []any{}
			for b.from.More() {
				list = append(list, b.value(at+"/"+strconv.Itoa(len(list))))
			}
			_, _ = b.from.Token()
			return list
		}
		object := map[string]any{}
		for b.from.More() {
			key, _ := b.from.Token()
			name, _ := key.(string)
			field := at + "/" + escaped.Replace(name)
			if _, twice := object[name]; twice {
				b.refuse(field, "comes more than once")
			}
			object[name] = b.value(field)
		}
		_, _ = b.from.Token()
		return object
	}
	return token
}

// number writes 2.0 and 2e0 as 2: JSON Schema takes them for integers, Go does not. No
// field of ours takes a number beyond those that every program reads alike.
func (b *bodyReader) number(n json.Number, at string) any {
	f, err := n.Float64()
	switch {
	case err != nil || math.Abs(f) >= 1<<53:
		b.refuse(at, "is beyond the numbers that JSON carries safely: 9007199254740991 is the largest")
	case f == math.Trunc(f):
		return int64(f)
	}
	return n
}

// refuseAll refuses whatever is in a body that should have been empty, or an empty object.
func (b *bodyReader) refuseAll(value any) {
	fields, is := value.(map[string]any)
	if !is {
		b.refuse("#", "expected no body, or an empty object")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b.refuse("#/"+escaped.Replace(name), "unexpected property")
	}
}

func (b *bodyReader) refuse(at, detail string) {
	b.wrong = append(b.wrong, FieldError{Pointer: at, Detail: detail})
}

// escaped writes a name as a part of a JSON pointer.
var escaped = strings.NewReplacer("~", "~0", "/", "~1")

// repeated is the problem of parameters of the address that come more than once and are no
// lists: which of them would count, the client can't know. nil: there is none.
func repeated(ctx huma.Context) *Problem {
	lists := map[string]bool{}
	for _, param := range ctx.Operation().Parameters {
		lists[param.Name] = param.In == "query" && param.Explode != nil && *param.Explode && param.Schema.Type == huma.TypeArray
	}
	address := ctx.URL()
	asked := address.Query()
	var p *Problem
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		if len(asked[name]) < 2 || lists[name] {
			continue
		}
		if p == nil {
			p = problem(invalid, "See errors for what is wrong.")
		}
		p.Errors = append(p.Errors, FieldError{In: "query", Parameter: name, Detail: "comes more than once"})
	}
	return p
}
