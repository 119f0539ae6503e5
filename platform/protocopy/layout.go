package protocopy

import (
	"fmt"
	"reflect"
	"unsafe"
)

// layout is values of some types, one behind the other, as one allocation.
type layout struct {
	rtype unsafe.Pointer
}

// layoutOf also returns at which offset each of the values is.
func layoutOf(types ...reflect.Type) (l layout, places []uintptr) {
	fields := make([]reflect.StructField, len(types))
	for i, t := range types {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: t}
	}
	together := reflect.StructOf(fields)
	for i := range fields {
		places = append(places, together.Field(i).Offset)
	}
	// A reflect.Type is an interface: its second word points to the runtime's type.
	return layout{(*[2]unsafe.Pointer)(unsafe.Pointer(&together))[1]}, places
}

// allocate makes zero values.
func (l layout) allocate() unsafe.Pointer { return unsafeNew(l.rtype) }

// unsafeNew is what reflect.New calls once it has found the pointer's type. That
// search, of which nothing is needed here, takes longer than the allocation. The
// Go project keeps the name open to linkname.
//
//go:linkname unsafeNew reflect.unsafe_New
func unsafeNew(rtype unsafe.Pointer) unsafe.Pointer
