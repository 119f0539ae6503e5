package contract_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"galleria/platform/contract"
)

func TestEventsOfDifferentVersionsAreComparedByName(t *testing.T) {
	for name, trial := range map[string]struct {
		change func(*file) // to the other side's version
		// want is why the changed publisher does not fit a subscriber of the base
		// version, back why a changed subscriber does not fit a base publisher.
		want, back string
	}{
		"nothing":      {func(*file) {}, "", ""},
		"a field more": {addField(0), "", ""},
		"a value more": {func(f *file) {
			f.EnumType[0].Value = append(f.EnumType[0].Value, &descriptorpb.EnumValueDescriptorProto{Name: new("KIND_TWO"), Number: proto.Int32(2)})
		}, "", ""},
		"a field less":       {func(f *file) { f.MessageType[0].Field = f.MessageType[0].Field[1:] }, "", ""},
		"a field renamed":    {func(f *file) { field(f, 1).Name = new("title") }, "field 1 is named title", "field 1 is named text"},
		"a number changed":   {func(f *file) { field(f, 1).Number = proto.Int32(8) }, "has number 8", "has number 1"},
		"a type changed":     {func(f *file) { field(f, 1).Type = descriptorpb.FieldDescriptorProto_TYPE_INT64.Enum() }, "is int64 there", "is string there"},
		"a list made of one": {func(f *file) { field(f, 1).Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum() }, "is repeated on one side", "is repeated on one side"},
		"a value renamed":    {func(f *file) { f.EnumType[0].Value[1].Name = new("KIND_FIRST") }, "value 1 is named KIND_FIRST", "value 1 is named KIND_ONE"},
		"out of its oneof":   {func(f *file) { field(f, 4).OneofIndex = nil }, "absent", "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			base := variant(t).ParentFile().Messages().ByName("Thing")
			changed := variant(t, trial.change).ParentFile().Messages().ByName("Thing")
			check(t, "a changed publisher", contract.EventCompatible(changed, base), trial.want)
			check(t, "a changed subscriber", contract.EventCompatible(base, changed), trial.back)
		})
	}
	other := variant(t).ParentFile().Messages()
	check(t, "another event", contract.EventCompatible(other.ByName("In"), other.ByName("Out")), "is event base.v1.In")
}

func check(t *testing.T, what string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}
