package protocopy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"
	"unsafe"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// MaxDepth is how deep messages may be nested, the outermost one included: deeper
// ones can't be decoded. An entry of a map counts, too.
const MaxDepth = 10_000

var errTooDeep = fmt.Errorf("is nested deeper than %d messages", MaxDepth)

// TooLargeError refuses a message that is larger than it may be.
type TooLargeError struct {
	Message     protoreflect.FullName
	Size, Limit int // in bytes, encoded
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s has %d bytes, more than %d", e.Message, e.Size, e.Limit)
}

// Copier copies one type of message. Safe for concurrent use.
type Copier struct {
	name    protoreflect.FullName
	message reflect.Type // the struct
	pointer reflect.Type // *message
	// known has the copiers of all messages that may be inside this one.
	known map[reflect.Type]*Copier
	// family is the message with those it points to.
	family layout
	// blocks[n] is a list of n messages with the messages.
	blocks [9]layout
	// foreign is a message whose struct is not what this package was made for.
	foreign bool
	// fixed bounds the encoded size of all that is not counted below.
	fixed int

	words, halves, bytes []uintptr // numbers and truth values, by size: 8, 4, 1
	texts, textLists     []uintptr
	// blobs are nil when they are empty; of optional ones the empty is not absent.
	blobs, optionalBlobs   []uintptr
	messages, messageLists []nested
	// rest holds the indices of rarer fields, copied by package reflect:
	// maps, oneofs, optional scalars, lists of numbers and of bytes.
	rest []int
}

type nested struct {
	offset uintptr
	copier *Copier
	// place is where in the family the copy goes; 0: in an allocation of its own.
	place uintptr
}

// tagAndLength bounds what the encoding adds to any one value.
const tagAndLength = 15

// Copy makes dst equal to src without sharing anything; what was in dst is gone.
// Without a source, dst is empty, as gRPC has it. A message of more than limit
// bytes, encoded, is refused by a TooLargeError. After an error dst holds anything.
func (c *Copier) Copy(dst, src proto.Message, limit int) error {
	to, from := reflect.ValueOf(dst), reflect.ValueOf(src)
	if from.Type() != c.pointer || to.Type() != c.pointer {
		return fmt.Errorf("message is %T, not %s", src, c.pointer)
	}
	if from.IsNil() {
		proto.Reset(dst)
		return nil
	}
	bound, err := c.copy(to.UnsafePointer(), from.UnsafePointer(), false, MaxDepth)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if bound > limit {
		if size := proto.Size(src); size > limit {
			return &TooLargeError{c.name, size, limit}
		}
	}
	return nil
}

// copy fills one message struct with a copy of another and returns an upper
// bound of its encoded size. family says that there is room for a family at to;
// depth is how many levels of messages there may still be, this one included.
// What the library keeps in a message for itself is left out: it is written with
// atomics, even while others read.
func (c *Copier) copy(to, from unsafe.Pointer, family bool, depth int) (bound int, err error) {
	if depth--; depth < 0 {
		return 0, errTooDeep
	}
	if c.foreign {
		return recode(c.value(to).Addr().Interface().(proto.Message), c.value(from).Addr().Interface().(proto.Message), depth+1)
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
	var letters uint64
	for _, offset := range c.texts {
		text := *(*string)(unsafe.Add(from, offset))
		*(*string)(unsafe.Add(to, offset)) = text
		bound += len(text)
		if len(text) >= 8 {
			letters |= longLetters(text)
		} else {
			letters |= shortLetters(text)
		}
	}
	if letters&beyondASCII != 0 {
		for _, offset := range c.texts {
			if !utf8.ValidString(*(*string)(unsafe.Add(to, offset))) {
				return 0, c.notUTF8(offset)
			}
		}
	}
	for _, offset := range c.blobs {
		var fresh []byte
		if blob := *(*[]byte)(unsafe.Add(from, offset)); len(blob) > 0 {
			fresh = slices.Clone(blob)
			bound += len(blob)
		}
		*(*[]byte)(unsafe.Add(to, offset)) = fresh
	}
	for _, offset := range c.optionalBlobs {
		blob := slices.Clone(*(*[]byte)(unsafe.Add(from, offset)))
		*(*[]byte)(unsafe.Add(to, offset)) = blob
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
		var fresh []string
		if len(list) > 0 {
			fresh = slices.Clone(list)
		}
		*(*[]string)(unsafe.Add(to, offset)) = fresh
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
			n, err := m.copier.copy(fresh, original, !inside, depth)
			if err != nil {
				return 0, err
			}
			bound += n
		}
		*(*unsafe.Pointer)(unsafe.Add(to, m.offset)) = fresh
	}
	for _, m := range c.messageLists {
		list, n, err := m.copier.copyList(*(*[]unsafe.Pointer)(unsafe.Add(from, m.offset)), depth)
		if err != nil {
			return 0, err
		}
		*(*[]unsafe.Pointer)(unsafe.Add(to, m.offset)) = list
		bound += n
	}
	if len(c.rest) > 0 {
		n, err := c.copyRest(c.value(to), c.value(from), depth)
		if err != nil {
			return 0, err
		}
		bound += n
	}
	return bound, nil
}

// value is the message at a place as package reflect sees it.
func (c *Copier) value(at unsafe.Pointer) reflect.Value {
	return reflect.NewAt(c.message, at).Elem()
}

// copyList copies a list of messages. The copies lie side by side: lists are
// read and dropped together. A nil message becomes an empty one, as decoding
// would make it.
func (c *Copier) copyList(originals []unsafe.Pointer, depth int) (list []unsafe.Pointer, bound int, err error) {
	n := len(originals)
	if n == 0 {
		return nil, 0, nil
	}
	if depth < 1 { // the list may be of nil only
		return nil, 0, errTooDeep
	}
	list, first := c.newList(n)
	for i, original := range originals {
		list[i] = unsafe.Add(first, uintptr(i)*c.message.Size())
		bound += tagAndLength
		if original == nil {
			continue
		}
		size, err := c.copy(list[i], original, false, depth)
		if err != nil {
			return nil, 0, err
		}
		bound += size
	}
	return list, bound, nil
}

// newList makes room for a list and its n messages, of which it returns the
// first. Short ones are one allocation.
func (c *Copier) newList(n int) (list []unsafe.Pointer, first unsafe.Pointer) {
	if n < len(c.blocks) {
		block := c.blocks[n].allocate()
		return unsafe.Slice((*unsafe.Pointer)(block), n), unsafe.Add(block, uintptr(n)*unsafe.Sizeof(block))
	}
	return make([]unsafe.Pointer, n), reflect.MakeSlice(reflect.SliceOf(c.message), n, n).UnsafePointer()
}

// recode encodes and decodes a message.
func recode(dst, src proto.Message, depth int) (size int, err error) {
	encoded, err := proto.Marshal(src)
	if err != nil {
		return 0, err
	}
	return len(encoded), proto.UnmarshalOptions{RecursionLimit: depth}.Unmarshal(encoded, dst)
}

var errNotUTF8 = errors.New("is not UTF-8")

func (c *Copier) notUTF8(offset uintptr) error {
	for i := range c.message.NumField() {
		if c.message.Field(i).Offset == offset {
			return fmt.Errorf("field %s %w", c.message.Field(i).Name, errNotUTF8)
		}
	}
	return fmt.Errorf("text at %d %w", offset, errNotUTF8)
}
