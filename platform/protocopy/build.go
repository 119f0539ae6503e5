package protocopy

import (
	"reflect"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// For makes the copier of messages like this one.
func For(message proto.Message) *Copier {
	known := map[reflect.Type]*Copier{}
	c := build(message, known)
	for _, inner := range known {
		inner.gather()
	}
	if !c.passesTrial(message) {
		c.foreign = true
	}
	return c
}

// build makes the copier of a message unless there is one: messages may hold
// themselves.
func build(message proto.Message, known map[reflect.Type]*Copier) *Copier {
	pointer := reflect.TypeOf(message)
	if c := known[pointer.Elem()]; c != nil {
		return c
	}
	m := message.ProtoReflect()
	c := &Copier{name: m.Descriptor().FullName(), message: pointer.Elem(), pointer: pointer, known: known}
	c.fixed = c.message.NumField() * tagAndLength
	known[c.message] = c
	// Other syntaxes let through text that is not UTF-8, or have groups.
	c.foreign = m.Descriptor().ParentFile().Syntax() != protoreflect.Proto3
	for i := range c.message.NumField() {
		c.add(i, m)
	}
	return c
}

// add takes up one field of the struct.
func (c *Copier) add(i int, m protoreflect.Message) {
	field := c.message.Field(i)
	kind := field.Type.Kind()
	switch desc := described(field, m.Descriptor()); {
	case field.Name == "state" || field.Name == "sizeCache":
	case field.Name == "unknownFields":
		c.blobs = append(c.blobs, field.Offset)
	case !field.IsExported():
		c.foreign = true
	case kind == reflect.Interface:
		for _, inner := range messagesIn(field, m) {
			build(inner, c.known)
		}
		c.rest = append(c.rest, i)
	case desc == nil:
		c.foreign = true
	case kind == reflect.String:
		c.texts = append(c.texts, field.Offset)
	case kind == reflect.Slice && field.Type.Elem().Kind() == reflect.Uint8 && desc.HasPresence():
		c.optionalBlobs = append(c.optionalBlobs, field.Offset)
	case kind == reflect.Slice && field.Type.Elem().Kind() == reflect.Uint8:
		c.blobs = append(c.blobs, field.Offset)
	case kind == reflect.Slice && field.Type.Elem().Kind() == reflect.String:
		c.textLists = append(c.textLists, field.Offset)
	case kind == reflect.Slice && isMessage(field.Type.Elem()):
		element := build(m.NewField(desc).List().NewElement().Message().Interface(), c.known)
		element.makeBlocks()
		c.messageLists = append(c.messageLists, nested{offset: field.Offset, copier: element})
	case isMessage(field.Type):
		c.messages = append(c.messages, nested{offset: field.Offset, copier: build(m.NewField(desc).Message().Interface(), c.known)})
	case kind == reflect.Int64 || kind == reflect.Uint64 || kind == reflect.Float64:
		c.words = append(c.words, field.Offset)
	case kind == reflect.Int32 || kind == reflect.Uint32 || kind == reflect.Float32:
		c.halves = append(c.halves, field.Offset)
	case kind == reflect.Bool:
		c.bytes = append(c.bytes, field.Offset)
	case kind == reflect.Map:
		if isMessage(field.Type.Elem()) {
			build(m.NewField(desc).Map().NewValue().Message().Interface(), c.known)
		}
		c.rest = append(c.rest, i)
	case kind == reflect.Slice || kind == reflect.Pointer:
		c.rest = append(c.rest, i)
	default:
		c.foreign = true
	}
}

// described is the descriptor of a struct's field; nil when it has none, as that
// of a oneof.
func described(field reflect.StructField, message protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	parts := strings.Split(field.Tag.Get("protobuf"), ",")
	if len(parts) < 2 {
		return nil
	}
	number, err := strconv.Atoi(parts[1])
	if err != nil {
		return nil
	}
	return message.Fields().ByNumber(protoreflect.FieldNumber(number))
}

// messagesIn are the messages that a oneof may hold.
func messagesIn(field reflect.StructField, m protoreflect.Message) (all []proto.Message) {
	oneof := m.Descriptor().Oneofs().ByName(protoreflect.Name(field.Tag.Get("protobuf_oneof")))
	if oneof == nil {
		return nil
	}
	for i := range oneof.Fields().Len() {
		if desc := oneof.Fields().Get(i); desc.Message() != nil {
			all = append(all, m.NewField(desc).Message().Interface())
		}
	}
	return all
}

// makeBlocks prepares lists of the message with the messages in them.
func (c *Copier) makeBlocks() {
	if c.blocks[1] != (layout{}) {
		return
	}
	for n := 1; n < len(c.blocks); n++ {
		c.blocks[n], _ = layoutOf(reflect.ArrayOf(n, c.pointer), reflect.ArrayOf(n, c.message))
	}
}

// roomiest is how large an allocation is with which the collector has the least
// work, in bytes.
const roomiest = 512

// gather finds out which of the messages it points to go into one allocation
// with the message. One of them that is kept keeps them all, which is little.
func (c *Copier) gather() {
	members, size := []reflect.Type{c.message}, c.message.Size()
	var inside []*nested
	for i := range c.messages {
		m := &c.messages[i]
		if member := m.copier.message; size+member.Size() <= roomiest {
			members, size = append(members, member), size+member.Size()
			inside = append(inside, m)
		}
	}
	var places []uintptr
	c.family, places = layoutOf(members...)
	for i, m := range inside {
		m.place = places[i+1]
	}
}

func isMessage(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}
