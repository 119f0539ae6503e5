package cli

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// printJSON prints what programs read. All commands keep to one form: names in snake_case,
// words in small letters, amounts of money in minor units, moments in RFC 3339 in UTC,
// stretches of time in seconds, and [] for nothing. The exception is "tariffs show": its
// rates are as the configuration writes them, for "tariffs set" reads them again.
func printJSON(to io.Writer, what any) error {
	encoder := json.NewEncoder(to)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(what)
}

// asFields is a message of a contract in the form of printJSON, by the contract's names.
func asFields(m proto.Message) map[string]any { return fields(m.ProtoReflect()) }

func allAsFields[M proto.Message](messages []M) []map[string]any {
	all := make([]map[string]any, len(messages))
	for i, m := range messages {
		all[i] = asFields(m)
	}
	return all
}

// fields has each field, also those that are empty; only messages and members of a oneof
// are left out that are not there.
func fields(m protoreflect.Message) map[string]any {
	shown := map[string]any{}
	all := m.Descriptor().Fields()
	for i := range all.Len() {
		f := all.Get(i)
		if f.HasPresence() && !m.Has(f) {
			continue
		}
		name, value := string(f.Name()), m.Get(f)
		switch {
		case f.IsMap():
			entries := map[string]any{}
			value.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				entries[k.String()] = plain(f.MapValue(), v)
				return true
			})
			shown[name] = entries
		case f.IsList():
			list := value.List()
			entries := make([]any, list.Len())
			for i := range entries {
				entries[i] = plain(f, list.Get(i))
			}
			shown[name] = entries
		default:
			if f.Message() != nil && f.Message().FullName() == durationName {
				name += "_seconds"
			}
			shown[name] = plain(f, value)
		}
	}
	return shown
}

var durationName = (*durationpb.Duration)(nil).ProtoReflect().Descriptor().FullName()

// plain is one value of a field.
func plain(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.EnumKind:
		return enumWord(f.Enum(), v.Enum())
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case protoreflect.MessageKind:
		switch m := v.Message().Interface().(type) {
		case *timestamppb.Timestamp:
			return m.AsTime().Format(time.RFC3339Nano)
		case *durationpb.Duration:
			return m.AsDuration().Seconds()
		}
		return fields(v.Message())
	}
	return v.Interface()
}

// enumWord is ORDER_STATUS_PARTLY_SENT of OrderStatus as partly_sent; "" when it is not
// told.
func enumWord(of protoreflect.EnumDescriptor, n protoreflect.EnumNumber) any {
	value := of.Values().ByNumber(n)
	if value == nil {
		return n // of a newer version of the contract
	}
	var prefix strings.Builder
	for i, r := range string(of.Name()) {
		if i > 0 && unicode.IsUpper(r) {
			prefix.WriteByte('_')
		}
		prefix.WriteRune(unicode.ToUpper(r))
	}
	word := strings.ToLower(strings.TrimPrefix(string(value.Name()), prefix.String()+"_"))
	if word == "unspecified" {
		return ""
	}
	return word
}
