// Package protocopytest compares messages as the code that reads them sees them.
package protocopytest

import (
	"fmt"
	"reflect"

	"google.golang.org/protobuf/proto"
)

// Difference names the first exported field in which two messages of one type
// differ, and what both say; "" when none does. Unlike proto.Equal it tells nil
// from empty, of lists, maps, bytes and messages, for a reader can, too.
func Difference(got, want proto.Message) string {
	return difference("message", reflect.ValueOf(got), reflect.ValueOf(want))
}

func difference(path string, got, want reflect.Value) string {
	if got.IsValid() && got.Type() == want.Type() && nilable(got) && got.IsNil() != want.IsNil() {
		return differs(path, got, want)
	}
	switch got.Kind() {
	case reflect.Pointer, reflect.Interface:
		if got.IsNil() {
			return ""
		}
		if got.Elem().Type() != want.Elem().Type() {
			return differs(path, got.Elem(), want.Elem())
		}
		return difference(path, got.Elem(), want.Elem())
	case reflect.Struct:
		for i := range got.NumField() {
			if field := got.Type().Field(i); field.IsExported() {
				if d := difference(path+"."+field.Name, got.Field(i), want.Field(i)); d != "" {
					return d
				}
			}
		}
	case reflect.Slice:
		if got.Len() != want.Len() {
			return differs(path, got, want)
		}
		for i := range got.Len() {
			if d := difference(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i)); d != "" {
				return d
			}
		}
	case reflect.Map:
		if got.Len() != want.Len() {
			return differs(path, got, want)
		}
		for _, key := range got.MapKeys() {
			if !want.MapIndex(key).IsValid() {
				return differs(path, got, want)
			}
			if d := difference(fmt.Sprintf("%s[%v]", path, key), got.MapIndex(key), want.MapIndex(key)); d != "" {
				return d
			}
		}
	default:
		if !got.Equal(want) {
			return differs(path, got, want)
		}
	}
	return ""
}

func nilable(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return true
	}
	return false
}

func differs(path string, got, want reflect.Value) string {
	return fmt.Sprintf("%s: got %#v, want %#v", path, got, want)
}
