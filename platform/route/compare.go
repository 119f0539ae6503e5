package route

import (
	"bytes"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/platform/contract"
)

// Difference is one thing in which two answers to the same call differ.
type Difference struct {
	// Path names the field, as letters[2].title; "status" and "reason" are those
	// of errors.
	Path string
	// First and Second are what the two arms said, shortened; secrets are not
	// shown.
	First, Second string
}

// Kind is what kind of difference two answers have.
type Kind string

// The kinds.
const (
	Same          Kind = "same"
	OtherResult   Kind = "result" // fields of the answer
	OtherStatus   Kind = "status" // the gRPC code
	OtherReason   Kind = "reason" // the contract's reason of an error
	SecondAway    Kind = "away"   // the second arm did not answer
	SecondSkipped Kind = "skipped"
)

// shownDifferences is how many differences of one pair of answers are kept.
const shownDifferences = 5

// compare looks at two answers field by field.
func compare(first, second proto.Message, firstErr, secondErr error) (Kind, []Difference) {
	if a, b := status.Code(firstErr), status.Code(secondErr); a != b {
		return OtherStatus, []Difference{{"status", a.String(), b.String()}}
	}
	if firstErr != nil {
		if a, b := reasonOf(firstErr), reasonOf(secondErr); a != b {
			return OtherReason, []Difference{{"reason", a, b}}
		}
		return Same, nil
	}
	c := comparer{}
	c.messages("", first.ProtoReflect(), second.ProtoReflect())
	if len(c.found) > 0 {
		return OtherResult, c.found
	}
	return Same, nil
}

func reasonOf(err error) string {
	info, ok := contract.Info(err)
	if !ok {
		return "none"
	}
	return info.GetReason()
}

// notAnswered tells whether an error says nothing of the module.
func notAnswered(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		_, reasoned := contract.Info(err)
		return !reasoned
	}
	return false
}

type comparer struct{ found []Difference }

func (c *comparer) add(path string, field protoreflect.FieldDescriptor, first, second string) {
	if len(c.found) >= shownDifferences {
		return
	}
	if contract.IsSecret(field) {
		first, second = contract.Secret, "(another secret)"
	}
	c.found = append(c.found, Difference{path, shorten(first), shorten(second)})
}

func (c *comparer) messages(path string, first, second protoreflect.Message) {
	fields := first.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if contract.MayDiffer(field) {
			continue
		}
		here := path + string(field.Name())
		switch has, other := first.Has(field), second.Has(field); {
		case has != other:
			c.add(here, field, shown(field, first), shown(field, second))
		case has:
			c.values(here, field, first.Get(field), second.Get(field))
		}
	}
	if !bytes.Equal(first.GetUnknown(), second.GetUnknown()) && len(c.found) < shownDifferences {
		c.found = append(c.found, Difference{path + "(unknown fields)", fmt.Sprint(len(first.GetUnknown()), " bytes"), fmt.Sprint(len(second.GetUnknown()), " bytes")})
	}
}

func shown(field protoreflect.FieldDescriptor, in protoreflect.Message) string {
	if !in.Has(field) {
		return "(absent)"
	}
	if field.IsList() {
		return fmt.Sprint(in.Get(field).List().Len(), " elements")
	}
	if field.IsMap() {
		return fmt.Sprint(in.Get(field).Map().Len(), " entries")
	}
	return text(field, in.Get(field))
}

// text is one value to look at. What is in a message is not shown: fields of it
// may be secrets.
func text(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if field.Message() != nil {
		return "(present)"
	}
	if field.Kind() == protoreflect.BytesKind {
		return fmt.Sprint(len(value.Bytes()), " bytes")
	}
	return value.String()
}

func (c *comparer) values(path string, field protoreflect.FieldDescriptor, first, second protoreflect.Value) {
	switch {
	case field.IsList():
		a, b := first.List(), second.List()
		if a.Len() != b.Len() {
			c.add(path, field, fmt.Sprint(a.Len(), " elements"), fmt.Sprint(b.Len(), " elements"))
			return
		}
		for i := range a.Len() {
			c.single(fmt.Sprintf("%s[%d]", path, i), field, a.Get(i), b.Get(i))
		}
	case field.IsMap():
		a, b := first.Map(), second.Map()
		a.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			at := fmt.Sprintf("%s[%v]", path, key)
			if b.Has(key) {
				c.single(at, field, value, b.Get(key))
			} else {
				c.add(at, field, text(field.MapValue(), value), "(absent)")
			}
			return true
		})
		b.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			if !a.Has(key) {
				c.add(fmt.Sprintf("%s[%v]", path, key), field, "(absent)", text(field.MapValue(), value))
			}
			return true
		})
	default:
		c.single(path, field, first, second)
	}
}

func (c *comparer) single(path string, field protoreflect.FieldDescriptor, first, second protoreflect.Value) {
	of := field
	if field.IsMap() {
		of = field.MapValue()
	}
	if of.Message() != nil && !contract.IsSecret(field) {
		c.messages(path+".", first.Message(), second.Message())
		return
	}
	if !first.Equal(second) {
		c.add(path, field, text(of, first), text(of, second))
	}
}

// shorten keeps a text short enough to look at.
func shorten(s string) string {
	const most = 80
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
