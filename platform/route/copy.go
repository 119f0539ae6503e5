package route

import (
	"fmt"
	"reflect"
	"slices"
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
// thirds of a local call. A copier knows at which offset what kind of field is,
// so that copying is a few plain loops. It knows the struct layout of
// protoc-gen-go's open API; a struct with anything else in it is left to
// proto.Merge (foreign).
type copier struct {
	message reflect.Type // the struct
	pointer reflect.Type // *message
	// family is the message with those it points to.
	family layout
	// blocks[n] is a list of n messages with the messages.
	blocks  [9]layout
	foreign bool
	// fixed bounds the encoded size of all that is not counted below.
	fixed int

	words, halves, bytes    []uintptr // numbers and truth values, by size: 8, 4, 1
	texts, blobs, textLists []uintptr
	messages, messageLists  []nested
	// rest holds the indices of rarer fields, copied by package reflect:
	// maps, oneofs, optional scalars, lists of numbers.
	rest []int
}

type nested struct {
	offset uintptr
	copier *copier
	// place is where in the family the copy goes; 0: in an allocation of its own.
	place uintptr
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
	bound, err := c.copy(to.UnsafePointer(), from.UnsafePointer(), false)
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
// bound of its encoded size. family says that there is room for a family at to.
// What the library keeps in a message for itself is left out: it is written with
// atomics, even while others read.
func (c *copier) copy(to, from unsafe.Pointer, family bool) (bound int, err error) {
	if c.foreign {
		into, message := c.value(to).Addr().Interface().(proto.Message), c.value(from).Addr().Interface().(proto.Message)
		proto.Reset(into)
		proto.Merge(into, message)
		return proto.Size(message), nil
	}
	for _, offset := range c.words {
		*(*uint64)(unsafe.Add(to, offset)) = *(*uint64)(unsafe.Add(from, offset))
	}
	for _, offset := range c.halves {
		*(*uint32)(unsafe.Add(to, offset)) = *(*uint32)(unsafe.Add(from, offset))
	}
	for _, offset := range c.bytes {
		*(*uint8)(unsafe.Add(to, offset)) = *(*uint8)(unsafe.Add(from, offset))
	}
	bound = c.fixed
	for _, offset := range c.texts {
		text := *(*string)(unsafe.Add(from, offset))
		if !isUTF8(text) {
			return 0, c.notUTF8(offset)
		}
		*(*string)(unsafe.Add(to, offset)) = text
		bound += len(text)
	}
	for _, offset := range c.blobs {
		blob := *(*[]byte)(unsafe.Add(from, offset))
		*(*[]byte)(unsafe.Add(to, offset)) = slices.Clone(blob)
		bound += len(blob)
	}
	for _, offset := range c.textLists {
		list := *(*[]string)(unsafe.Add(from, offset))
		for _, text := range list {
			if !isUTF8(text) {
				return 0, c.notUTF8(offset)
			}
			bound += len(text) + tagAndLength
		}
		*(*[]string)(unsafe.Add(to, offset)) = slices.Clone(list)
	}
	for _, m := range c.messages {
		original := *(*unsafe.Pointer)(unsafe.Add(from, m.offset))
		var fresh unsafe.Pointer
		if original != nil {
			inside := family && m.place != 0
			if inside {
				fresh = unsafe.Add(to, m.place)
			} else {
				fresh = m.copier.family.allocate()
			}
			n, err := m.copier.copy(fresh, original, !inside)
			if err != nil {
				return 0, err
			}
			bound += n
		}
		*(*unsafe.Pointer)(unsafe.Add(to, m.offset)) = fresh
	}
	for _, m := range c.messageLists {
		list, n, err := m.copier.copyList(*(*[]unsafe.Pointer)(unsafe.Add(from, m.offset)))
		if err != nil {
			return 0, err
		}
		*(*[]unsafe.Pointer)(unsafe.Add(to, m.offset)) = list
		bound += n
	}
	if len(c.rest) > 0 {
		n, err := c.copyRest(c.value(to), c.value(from))
		if err != nil {
			return 0, err
		}
		bound += n
	}
	return bound, nil
}

// value is the message at a place as package reflect sees it.
func (c *copier) value(at unsafe.Pointer) reflect.Value {
	return reflect.NewAt(c.message, at).Elem()
}

// copyList copies a list of messages. The copies lie side by side: lists are
// read and dropped together. A nil message becomes an empty one, as decoding
// would make it.
func (c *copier) copyList(originals []unsafe.Pointer) (list []unsafe.Pointer, bound int, err error) {
	n := len(originals)
	if n == 0 {
		return nil, 0, nil
	}
	list, first := c.newList(n)
	for i, original := range originals {
		list[i] = unsafe.Add(first, uintptr(i)*c.message.Size())
		if original == nil {
			continue
		}
		size, err := c.copy(list[i], original, false)
		if err != nil {
			return nil, 0, err
		}
		bound += size + tagAndLength
	}
	return list, bound, nil
}

// newList makes room for a list and its n messages, of which it returns the
// first. Short ones are one allocation.
func (c *copier) newList(n int) (list []unsafe.Pointer, first unsafe.Pointer) {
	if n < len(c.blocks) {
		block := c.blocks[n].allocate()
		return unsafe.Slice((*unsafe.Pointer)(block), n), unsafe.Add(block, uintptr(n)*unsafe.Sizeof(block))
	}
	return make([]unsafe.Pointer, n), reflect.MakeSlice(reflect.SliceOf(c.message), n, n).UnsafePointer()
}

func (c *copier) notUTF8(offset uintptr) error {
	for i := range c.message.NumField() {
		if c.message.Field(i).Offset == offset {
			return fmt.Errorf("field %s is not UTF-8", c.message.Field(i).Name)
		}
	}
	return fmt.Errorf("text at %d is not UTF-8", offset)
}
