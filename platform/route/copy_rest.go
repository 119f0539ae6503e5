package route

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// copyRest copies the fields of the rarer kinds.
func (c *copier) copyRest(to, from reflect.Value) (bound int, err error) {
	for _, i := range c.rest {
		to.Field(i).Set(from.Field(i))
		n, err := copyField(to.Field(i))
		if err != nil {
			return 0, fmt.Errorf("field %s %w", c.message.Field(i).Name, err)
		}
		bound += n
	}
	return bound, nil
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
		if field.Elem().IsNil() { // encoding takes it for unset
			field.SetZero()
			return 0, nil
		}
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
		if !isUTF8(value.String()) {
			return value, 0, errors.New("is not UTF-8")
		}
		return value, value.Len(), nil
	case reflect.Slice: // bytes
		return reflect.ValueOf(slices.Clone(value.Bytes())), value.Len(), nil
	case reflect.Pointer: // a message
		fresh = reflect.New(value.Type().Elem())
		if value.IsNil() {
			return fresh, tagAndLength, nil
		}
		bound, err = copierOf(value.Type().Elem()).copy(fresh.UnsafePointer(), value.UnsafePointer(), false)
		return fresh, bound, err
	}
	return value, tagAndLength, nil
}
