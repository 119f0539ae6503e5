package protocopy

import (
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// passesTrial tells whether a message with every field set is copied as encoding
// and decoding copies it. One that is not has a struct that is not understood.
func (c *Copier) passesTrial(message proto.Message) bool {
	sample := message.ProtoReflect().New()
	fill(sample, 2)
	want, got := sample.New().Interface(), sample.New().Interface()
	if _, err := recode(want, sample.Interface(), MaxDepth); err != nil {
		return false
	}
	return c.Copy(got, sample.Interface(), math.MaxInt) == nil && proto.Equal(got, want)
}

// fill sets every field, and those of the messages inside down to a depth. Of a
// oneof the last one stays.
func fill(m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		switch field := fields.Get(i); {
		case field.IsMap():
			value := m.Mutable(field).Map()
			element := value.NewValue()
			if field.MapValue().Message() == nil {
				element = scalar(field.MapValue())
			} else if depth > 0 {
				fill(element.Message(), depth-1)
			}
			value.Set(scalar(field.MapKey()).MapKey(), element)
		case field.IsList():
			list := m.Mutable(field).List()
			element := list.NewElement()
			if field.Message() == nil {
				element = scalar(field)
			} else if depth > 0 {
				fill(element.Message(), depth-1)
			}
			list.Append(element)
		case field.Message() != nil:
			if inner := m.Mutable(field).Message(); depth > 0 {
				fill(inner, depth-1)
			}
		default:
			m.Set(field, scalar(field))
		}
	}
}

// scalar is a value of the field's kind that is not its zero.
func scalar(field protoreflect.FieldDescriptor) protoreflect.Value {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(field.Enum().Values().Get(field.Enum().Values().Len() - 1).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(field.Number()))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(field.Number()))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(field.Number()))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(field.Number()))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(field.Number()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(field.Number()))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(field.Name()))
	default:
		return protoreflect.ValueOfString(string(field.Name()))
	}
}
