package protocopy

import (
	"fmt"
	"reflect"
)

// copyRest copies the fields of the rarer kinds.
func (c *Copier) copyRest(to, from reflect.Value, depth int) (bound int, err error) {
	for _, i := range c.rest {
		to.Field(i).Set(from.Field(i))
		n, err := c.copyField(to.Field(i), depth)
		if err != nil {
			return 0, fmt.Errorf("field %s %w", c.message.Field(i).Name, err)
		}
		bound += n
	}
	return bound, nil
}

// copyField unshares a field of one of the rarer kinds.
func (c *Copier) copyField(field reflect.Value, depth int) (bound int, err error) {
	if field.IsZero() {
		return 0, nil
	}
	switch field.Kind() {
	case reflect.Map:
		return c.copyMap(field, depth-1)
	case reflect.Interface: // a oneof: a pointer to a struct of one field
		if field.Elem().IsNil() { // encoding takes it for unset
			field.SetZero()
			return 0, nil
		}
		wrapper := reflect.New(field.Elem().Type().Elem())
		value, n, err := c.copyValue(field.Elem().Elem().Field(0), depth)
		if err != nil {
			return 0, err
		}
		wrapper.Elem().Field(0).Set(value)
		field.Set(wrapper)
		bound = n
	case reflect.Slice:
		if field.Len() == 0 {
			field.SetZero()
			return 0, nil
		}
		fresh := reflect.MakeSlice(field.Type(), field.Len(), field.Len())
		for i := range field.Len() {
			value, n, err := c.copyValue(field.Index(i), depth)
			if err != nil {
				return 0, err
			}
			fresh.Index(i).Set(value)
			bound += n + tagAndLength
		}
		field.Set(fresh)
	case reflect.Pointer: // an optional scalar
		value, n, err := c.copyValue(field.Elem(), depth)
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

func (c *Copier) copyMap(field reflect.Value, depth int) (bound int, err error) {
	if field.Len() == 0 {
		field.SetZero()
		return 0, nil
	}
	if depth < 0 {
		return 0, errTooDeep
	}
	fresh := reflect.MakeMapWithSize(field.Type(), field.Len())
	for entries := field.MapRange(); entries.Next(); {
		key, n, err := c.copyValue(entries.Key(), depth)
		if err != nil {
			return 0, err
		}
		value, m, err := c.copyValue(entries.Value(), depth)
		if err != nil {
			return 0, err
		}
		fresh.SetMapIndex(key, value)
		bound += n + m + 2*tagAndLength
	}
	field.Set(fresh)
	return bound, nil
}

func (c *Copier) copyValue(value reflect.Value, depth int) (fresh reflect.Value, bound int, err error) {
	switch value.Kind() {
	case reflect.String:
		if !isUTF8(value.String()) {
			return value, 0, errNotUTF8
		}
		return value, value.Len(), nil
	case reflect.Slice: // bytes that are there, even if there are none
		return reflect.ValueOf(append([]byte{}, value.Bytes()...)), value.Len(), nil
	case reflect.Pointer: // a message
		fresh = reflect.New(value.Type().Elem())
		switch {
		case depth < 1:
			return value, 0, errTooDeep
		case value.IsNil():
			return fresh, tagAndLength, nil
		}
		bound, err = c.known[value.Type().Elem()].copy(fresh.UnsafePointer(), value.UnsafePointer(), false, depth)
		return fresh, bound, err
	}
	return value, tagAndLength, nil
}
