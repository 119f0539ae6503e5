package route

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"unicode/utf8"
	"unsafe"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// MaxMessageBytes bounds every request and response, in every mode.
const MaxMessageBytes = 16 << 20

// copier deep-copies one type of generated message, and on the way checks what
// encoding would have checked: that text is UTF-8, and the size.
//
// proto.Merge does the copying too, but walks every field of every message,
// and nothing in the library checks without encoding; together they took two
// thirds of a local call. A copier moves the whole struct at once and then
// visits only the fields that point elsewhere, by their offset. It knows the
// struct layout of protoc-gen-go's open API; a struct with anything else in it
// is left to proto.Merge (foreign).
type copier struct {
	message reflect.Type    // the struct
	pointer reflect.Type    // *message
	blocks  [9]reflect.Type // [n]message
	foreign bool
	// fixed bounds the encoded size of all that is not counted below.
	fixed int

	texts, blobs, textLists []uintptr
	messages, messageLists  []nested
	// rest holds the indices of rarer fields, copied by package reflect:
	// maps, oneofs, optional scalars, lists of numbers.
	rest []int
}

type nested struct {
	index  int
	offset uintptr
	copier *copier
}

// tagAndLength bounds what the encoding adds to any one value.
const tagAndLength = 15

// copyMessage makes dst equal to src without sharing anything, and refuses
// what could not have been sent over a network. What was in dst is gone.
func (c *copier) copyMessage(dst, src proto.Message) error {
	to, from := reflect.ValueOf(dst), reflect.ValueOf(src)
	if from.Type() != c.pointer || to.Type() != c.pointer {
		return status.Errorf(codes.Internal, "message is %T, not %s", src, c.pointer)
	}
	if from.IsNil() {
		proto.Reset(dst)
		return nil // as gRPC does: nothing is an empty message
	}
	bound, err := c.copy(to.Elem(), from.Elem())
	if err != nil {
		return status.Errorf(codes.Internal, "%s: %v", src.ProtoReflect().Descriptor().FullName(), err)
	}
	if bound > MaxMessageBytes {
		if size := proto.Size(src); size > MaxMessageBytes {
			return status.Errorf(codes.ResourceExhausted, "%s has %d bytes, more than %d", src.ProtoReflect().Descriptor().FullName(), size, MaxMessageBytes)
		}
	}
	return nil
}

// copy fills one message struct with a copy of another and returns an upper
// bound of its encoded size.
func (c *copier) copy(to, from reflect.Value) (bound int, err error) {
	if c.foreign {
		message := from.Addr().Interface().(proto.Message)
		proto.Reset(to.Addr().Interface().(proto.Message))
		proto.Merge(to.Addr().Interface().(proto.Message), message)
		return proto.Size(message), nil
	}
	to.Set(from)
	base := unsafe.Pointer(to.UnsafeAddr())
	bound = c.fixed
	for _, offset := range c.texts {
		text := *(*string)(unsafe.Add(base, offset))
		if !utf8.ValidString(text) {
			return 0, c.notUTF8(offset)
		}
		bound += len(text)
	}
	for _, offset := range c.blobs {
		field := (*[]byte)(unsafe.Add(base, offset))
		*field = slices.Clone(*field)
		bound += len(*field)
	}
	for _, offset := range c.textLists {
		field := (*[]string)(unsafe.Add(base, offset))
		*field = slices.Clone(*field)
		for _, text := range *field {
			if !utf8.ValidString(text) {
				return 0, c.notUTF8(offset)
			}
			bound += len(text) + tagAndLength
		}
	}
	for _, m := range c.messages {
		at := (*unsafe.Pointer)(unsafe.Add(base, m.offset))
		if *at == nil {
			continue
		}
		fresh := reflect.New(m.copier.message)
		n, err := m.copier.copy(fresh.Elem(), from.Field(m.index).Elem())
		if err != nil {
			return 0, err
		}
		*at = fresh.UnsafePointer()
		bound += n
	}
	for _, m := range c.messageLists {
		n, err := m.copier.copyList((*[]unsafe.Pointer)(unsafe.Add(base, m.offset)), from.Field(m.index))
		if err != nil {
			return 0, err
		}
		bound += n
	}
	for _, i := range c.rest {
		n, err := copyField(to.Field(i))
		if err != nil {
			return 0, fmt.Errorf("field %s %w", c.message.Field(i).Name, err)
		}
		bound += n
	}
	return bound, nil
}

// copyList replaces a list of messages by copies. They lie side by side in one
// allocation: lists are read and dropped together. A nil message becomes an
// empty one, as decoding would make it.
func (c *copier) copyList(list *[]unsafe.Pointer, originals reflect.Value) (bound int, err error) {
	n := len(*list)
	if n == 0 {
		*list = nil // an empty list may still have room, and that is shared
		return 0, nil
	}
	*list = make([]unsafe.Pointer, n)
	block := c.newBlock(n)
	for i := range n {
		fresh := block.Index(i)
		(*list)[i] = unsafe.Pointer(fresh.UnsafeAddr())
		original := originals.Index(i)
		if original.IsNil() {
			continue
		}
		size, err := c.copy(fresh, original.Elem())
		if err != nil {
			return 0, err
		}
		bound += size + tagAndLength
	}
	return bound, nil
}

// newBlock makes room for n messages. An array is one allocation where a slice
// made by package reflect is two, so short ones are arrays.
func (c *copier) newBlock(n int) reflect.Value {
	if n < len(c.blocks) {
		return reflect.New(c.blocks[n]).Elem()
	}
	return reflect.MakeSlice(reflect.SliceOf(c.message), n, n)
}

func (c *copier) notUTF8(offset uintptr) error {
	for i := range c.message.NumField() {
		if c.message.Field(i).Offset == offset {
			return fmt.Errorf("field %s is not UTF-8", c.message.Field(i).Name)
		}
	}
	return fmt.Errorf("text at %d is not UTF-8", offset)
}

// copyField unshares a field of one of the rarer kinds.
func copyField(field reflect.Value) (bound int, err error) {
	if field.IsZero() {
		return 0, nil
	}
	switch field.Kind() {
	case reflect.Map:
		fresh := reflect.MakeMapWithSize(field.Type(), field.Len())
		for entries := field.MapRange(); entries.Next(); {
			key, n, err := copyValue(entries.Key())
			if err != nil {
				return 0, err
			}
			value, m, err := copyValue(entries.Value())
			if err != nil {
				return 0, err
			}
			fresh.SetMapIndex(key, value)
			bound += n + m + 2*tagAndLength
		}
		field.Set(fresh)
	case reflect.Interface: // a oneof: a pointer to a struct of one field
		wrapper := reflect.New(field.Elem().Type().Elem())
		value, n, err := copyValue(field.Elem().Elem().Field(0))
		if err != nil {
			return 0, err
		}
		wrapper.Elem().Field(0).Set(value)
		field.Set(wrapper)
		bound = n
	case reflect.Slice:
		fresh := reflect.MakeSlice(field.Type(), field.Len(), field.Len())
		for i := range field.Len() {
			value, n, err := copyValue(field.Index(i))
			if err != nil {
				return 0, err
			}
			fresh.Index(i).Set(value)
			bound += n + tagAndLength
		}
		field.Set(fresh)
	case reflect.Pointer: // an optional scalar
		value, n, err := copyValue(field.Elem())
		if err != nil {
			return 0, err
		}
		fresh := reflect.New(field.Type().Elem())
		fresh.Elem().Set(value)
		field.Set(fresh)
		bound = n
	}
	return bound, nil
}

func copyValue(value reflect.Value) (fresh reflect.Value, bound int, err error) {
	switch value.Kind() {
	case reflect.String:
		if !utf8.ValidString(value.String()) {
			return value, 0, fmt.Errorf("is not UTF-8")
		}
		return value, value.Len(), nil
	case reflect.Slice: // bytes
		return reflect.ValueOf(slices.Clone(value.Bytes())), value.Len(), nil
	case reflect.Pointer: // a message
		fresh = reflect.New(value.Type().Elem())
		if value.IsNil() {
			return fresh, tagAndLength, nil
		}
		bound, err = copierOf(value.Type().Elem()).copy(fresh.Elem(), value.Elem())
		return fresh, bound, err
	}
	return value, tagAndLength, nil
}

var (
	copiersMu sync.RWMutex
	copiers   = map[reflect.Type]*copier{}
)

func copierOf(message reflect.Type) *copier {
	copiersMu.RLock()
	c := copiers[message]
	copiersMu.RUnlock()
	if c != nil {
		return c
	}
	copiersMu.Lock()
	defer copiersMu.Unlock()
	// Built aside and added together: a copier is never seen half made, and
	// messages that hold themselves find their own.
	building := maps.Clone(copiers)
	c = buildCopier(message, building)
	copiers = building
	return c
}

func buildCopier(message reflect.Type, known map[reflect.Type]*copier) *copier {
	if c := known[message]; c != nil {
		return c
	}
	c := &copier{message: message, pointer: reflect.PointerTo(message), fixed: message.NumField() * tagAndLength}
	known[message] = c
	for n := range c.blocks {
		c.blocks[n] = reflect.ArrayOf(n, message)
	}
	for i := range message.NumField() {
		field := message.Field(i)
		kind := field.Type.Kind()
		switch {
		case field.Name == "state" || field.Name == "sizeCache":
		case field.Name == "unknownFields":
			c.blobs = append(c.blobs, field.Offset)
		case !field.IsExported():
			c.foreign = true
		case kind == reflect.String:
			c.texts = append(c.texts, field.Offset)
		case kind == reflect.Slice && field.Type.Elem().Kind() == reflect.Uint8:
			c.blobs = append(c.blobs, field.Offset)
		case kind == reflect.Slice && field.Type.Elem().Kind() == reflect.String:
			c.textLists = append(c.textLists, field.Offset)
		case kind == reflect.Slice && isMessage(field.Type.Elem()):
			c.messageLists = append(c.messageLists, nested{i, field.Offset, buildCopier(field.Type.Elem().Elem(), known)})
		case isMessage(field.Type):
			c.messages = append(c.messages, nested{i, field.Offset, buildCopier(field.Type.Elem(), known)})
		case kind == reflect.Map || kind == reflect.Interface || kind == reflect.Slice || kind == reflect.Pointer:
			c.rest = append(c.rest, i)
		}
	}
	return c
}

func isMessage(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}
