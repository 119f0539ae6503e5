package route

import (
	"maps"
	"reflect"
	"sync"
)

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
	for n := 1; n < len(c.blocks); n++ {
		c.blocks[n], _ = layoutOf(reflect.ArrayOf(n, c.pointer), reflect.ArrayOf(n, message))
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
			c.messageLists = append(c.messageLists, nested{offset: field.Offset, copier: buildCopier(field.Type.Elem().Elem(), known)})
		case isMessage(field.Type):
			c.messages = append(c.messages, nested{offset: field.Offset, copier: buildCopier(field.Type.Elem(), known)})
		case kind == reflect.Int64 || kind == reflect.Uint64 || kind == reflect.Float64:
			c.words = append(c.words, field.Offset)
		case kind == reflect.Int32 || kind == reflect.Uint32 || kind == reflect.Float32:
			c.halves = append(c.halves, field.Offset)
		case kind == reflect.Bool:
			c.bytes = append(c.bytes, field.Offset)
		case kind == reflect.Map || kind == reflect.Interface || kind == reflect.Slice || kind == reflect.Pointer:
			c.rest = append(c.rest, i)
		default:
			c.foreign = true
		}
	}
	c.gather()
	return c
}

// roomiest is how large an allocation is with which the collector has the least
// work, in bytes.
const roomiest = 512

// gather finds out which of the messages it points to go into one allocation
// with the message. Who keeps one of them keeps them all, which is little: the
// order with its address.
func (c *copier) gather() {
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
