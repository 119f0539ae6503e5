package contract

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Secret stands where the value of a field is that its contract marks
// debug_redact.
const Secret = "(secret)"

// Redacted is a copy of a message to be looked at, in a log for example: fields
// that the contract marks debug_redact are there, but say Secret, or nothing where
// that is no value of theirs. Fields that this process does not know are left out,
// for their marks aren't known either.
func Redacted(message proto.Message) proto.Message {
	safe := proto.Clone(message)
	if m := safe.ProtoReflect(); m.IsValid() {
		redact(m)
	}
	return safe
}

func redact(m protoreflect.Message) {
	m.SetUnknown(nil)
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case IsSecret(field):
			hide(m, field)
		case field.IsMap():
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, inner protoreflect.Value) bool {
					redact(inner.Message())
					return true
				})
			}
		case field.Message() == nil:
		case field.IsList():
			for i := range value.List().Len() {
				redact(value.List().Get(i).Message())
			}
		default:
			redact(value.Message())
		}
		return true
	})
}

func hide(m protoreflect.Message, field protoreflect.FieldDescriptor) {
	m.Clear(field)
	if field.IsList() || field.IsMap() {
		return
	}
	switch field.Kind() {
	case protoreflect.StringKind:
		m.Set(field, protoreflect.ValueOfString(Secret))
	case protoreflect.BytesKind:
		m.Set(field, protoreflect.ValueOfBytes([]byte(Secret)))
	case protoreflect.MessageKind, protoreflect.GroupKind:
		m.Mutable(field)
	}
}
