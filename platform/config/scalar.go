package config

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var (
	textReader   = reflect.TypeFor[encoding.TextUnmarshaler]()
	textWriter   = reflect.TypeFor[encoding.TextMarshaler]()
	durationType = reflect.TypeFor[time.Duration]()
)

// isScalar tells whether a value of type t is written as one text.
func isScalar(t reflect.Type) bool {
	if hasText(t) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// hasText tells whether the type reads and writes its own text.
func hasText(t reflect.Type) bool {
	return t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface &&
		reflect.PointerTo(t).Implements(textReader) && reflect.PointerTo(t).Implements(textWriter)
}

func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice && !hasText(t) }

// setText gives a leaf the value that text means in the environment, in a
// flag, and, for single values, in the file.
func setText(v reflect.Value, text string) error {
	if !isList(v.Type()) {
		return setScalar(v, text)
	}
	words, err := splitList(text)
	if err != nil {
		return err
	}
	list := reflect.MakeSlice(v.Type(), len(words), len(words))
	for i, w := range words {
		if err := setScalar(list.Index(i), w); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func setScalar(v reflect.Value, text string) error {
	if hasText(v.Type()) {
		fresh := reflect.New(v.Type())
		if err := fresh.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return err
		}
		v.Set(fresh.Elem())
		return nil
	}
	if v.Type() == durationType {
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%q is not a duration such as 30s, 5m or 1h30m", text)
		}
		v.SetInt(int64(d))
		return nil
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		return setBool(v, text)
	case v.CanInt():
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			high := int64(math.MaxInt64) >> (64 - v.Type().Bits())
			return numberError(err, text, fmt.Sprintf("%d to %d", -high-1, high))
		}
		v.SetInt(i)
	case v.CanUint():
		u, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			if strings.HasPrefix(text, "-") {
				return fmt.Errorf("%s cannot be negative", text)
			}
			return numberError(err, text, fmt.Sprintf("0 to %d", uint64(math.MaxUint64)>>(64-v.Type().Bits())))
		}
		v.SetUint(u)
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%q is not a number", text)
		}
		v.SetFloat(f)
	}
	return nil
}

// setBool also takes what YAML 1.1 and shell scripts call true and false.
func setBool(v reflect.Value, text string) error {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		v.SetBool(true)
	case "false", "no", "off", "0":
		v.SetBool(false)
	default:
		return fmt.Errorf("%q is not true or false", text)
	}
	return nil
}

func numberError(err error, text, span string) error {
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%s is not in the range %s", text, span)
	}
	return fmt.Errorf("%q is not a whole number", text)
}

// textOf is the inverse of setText.
func textOf(v reflect.Value) string {
	if !isList(v.Type()) {
		return scalarText(v)
	}
	words := make([]string, v.Len())
	plain := true
	for i := range words {
		words[i] = scalarText(v.Index(i))
		plain = plain && words[i] != "" && !strings.ContainsAny(words[i], ",[") && strings.TrimSpace(words[i]) == words[i]
	}
	if plain {
		return strings.Join(words, ",")
	}
	return flowList(words)
}

func scalarText(v reflect.Value) string {
	if hasText(v.Type()) {
		fresh := reflect.New(v.Type())
		fresh.Elem().Set(v)
		text, err := fresh.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return "" // a zero value that has no text
		}
		return string(text)
	}
	if v.Type() == durationType {
		return durationText(time.Duration(v.Int()))
	}
	return fmt.Sprint(v.Interface())
}

// durationText leaves out the zeros that Duration.String ends with: 5m, not 5m0s.
func durationText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func splitList(text string) ([]string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "]") { // [::1]:80 is one word
		words := strings.Split(text, ",")
		for i := range words {
			words[i] = strings.TrimSpace(words[i])
		}
		return words, nil
	}
	root, err := parse([]byte(text))
	if err != nil || root == nil || root.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("%q is not a list such as a,b or [\"a\", \"b\"]", text)
	}
	words := make([]string, len(root.Content))
	for i, element := range root.Content {
		if element.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("element %d is not a single value", i+1)
		}
		words[i] = element.Value
	}
	return words, nil
}

// flowList writes a list on one line; JSON's quoting is YAML's too.
func flowList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return strconv.Quote(text)
	}
	return string(b)
}
