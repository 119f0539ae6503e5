package contract_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"galleria/platform/contract"
	probev1 "galleria/platform/route/probe/v1"
)

// base is a contract to vary: the same message is sent and received.
const base = `
name: "base.proto" package: "base.v1" syntax: "proto3"
enum_type { name: "Kind" value { name: "KIND_NONE" number: 0 } value { name: "KIND_ONE" number: 1 } }
message_type {
  name: "Thing"
  field { name: "text" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "kind" number: 2 type: TYPE_ENUM type_name: ".base.v1.Kind" label: LABEL_OPTIONAL }
  field { name: "parts" number: 3 type: TYPE_MESSAGE type_name: ".base.v1.Thing" label: LABEL_REPEATED }
  field { name: "one" number: 4 type: TYPE_INT64 label: LABEL_OPTIONAL oneof_index: 0 }
  field { name: "two" number: 5 type: TYPE_INT64 label: LABEL_OPTIONAL oneof_index: 0 }
  oneof_decl { name: "choice" }
}
message_type { name: "In" field { name: "thing" number: 1 type: TYPE_MESSAGE type_name: ".base.v1.Thing" label: LABEL_OPTIONAL } }
message_type { name: "Out" field { name: "thing" number: 1 type: TYPE_MESSAGE type_name: ".base.v1.Thing" label: LABEL_OPTIONAL } }
service {
  name: "Service"
  method { name: "Look" input_type: ".base.v1.In" output_type: ".base.v1.Out" options { idempotency_level: NO_SIDE_EFFECTS } }
  method { name: "Do" input_type: ".base.v1.In" output_type: ".base.v1.Out" }
}`

// variant is the base contract after changes.
func variant(t *testing.T, change ...func(*descriptorpb.FileDescriptorProto)) protoreflect.ServiceDescriptor {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(base), file); err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(file)
	}
	built, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return built.Services().Get(0)
}

type file = descriptorpb.FileDescriptorProto

func field(f *file, number int) *descriptorpb.FieldDescriptorProto {
	return f.MessageType[0].Field[number-1]
}

func addField(message int) func(*file) {
	return func(f *file) {
		f.MessageType[message].Field = append(f.MessageType[message].Field, &descriptorpb.FieldDescriptorProto{
			Name: new("extra"), Number: proto.Int32(9), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		})
	}
}

// separate gives the answers a message of their own, so that what is changed
// in it concerns one direction only.
func separate(f *file) {
	own := proto.Clone(f.MessageType[0]).(*descriptorpb.DescriptorProto)
	own.Name = new("Answer")
	own.Field[2].TypeName = new(".base.v1.Answer")
	kind := proto.Clone(f.EnumType[0]).(*descriptorpb.EnumDescriptorProto)
	kind.Name = new("AnswerKind")
	for _, v := range kind.Value {
		v.Name = new("ANSWER_" + v.GetName())
	}
	own.Field[1].TypeName = new(".base.v1.AnswerKind")
	f.EnumType = append(f.EnumType, kind)
	f.MessageType = append(f.MessageType, own)
	f.MessageType[2].Field[0].TypeName = new(".base.v1.Answer")
}

func addValue(enum int) func(*file) {
	return func(f *file) {
		f.EnumType[enum].Value = append(f.EnumType[enum].Value, &descriptorpb.EnumValueDescriptorProto{
			Name: new([]string{"KIND_NEW", "ANSWER_KIND_NEW"}[enum]), Number: proto.Int32(7)})
	}
}

func TestContractsFitWhenTheCallerLosesNothing(t *testing.T) {
	extraMethod := func(f *file) {
		f.Service[0].Method = append(f.Service[0].Method, &descriptorpb.MethodDescriptorProto{
			Name: new("More"), InputType: new(".base.v1.In"), OutputType: new(".base.v1.Out")})
	}
	for name, c := range map[string]struct {
		change func(*file)
		// What is wrong when the side that calls is the old one, and when it is
		// the changed one; "" when they fit.
		oldCalls, newCalls string
	}{
		"nothing":                    {func(*file) {}, "", ""},
		"one more method":            {extraMethod, "", "method More is missing"},
		"one more field in requests": {addField(1), "", "base.v1.In.extra: field 9 is missing"},
		"one more field in answers":  {addField(2), "", ""},
		"one more field far inside":  {addField(0), "", "base.v1.Thing.extra: field 9 is missing"},
		"one more enum value": {
			addValue(0), // in both directions
			"",          // the old side sends nothing that is new, and reads it as a number
			"base.v1.Thing.kind: the receiving side does not know value KIND_NEW = 7",
		},
		"a method that may not be repeated": {
			func(f *file) { f.Service[0].Method[0].Options = nil },
			"method Look may not be repeated there", "",
		},
		"a method that streams answers": {
			func(f *file) { f.Service[0].Method[1].ServerStreaming = proto.Bool(true) },
			"method Do streams on one side only", "method Do streams on one side only",
		},
		"a method that streams requests": {
			func(f *file) { f.Service[0].Method[1].ClientStreaming = proto.Bool(true) },
			"method Do streams on one side only", "method Do streams on one side only",
		},
		"another name of a field": {
			func(f *file) { field(f, 1).Name = new("words") },
			"base.v1.Thing.text: field 1 is named words there", "base.v1.Thing.words: field 1 is named text there",
		},
		"another number of a field": {
			func(f *file) { field(f, 1).Number = proto.Int32(8) },
			"base.v1.Thing.text: field 1 is missing", "base.v1.Thing.text: field 8 is missing",
		},
		"another type of a field": {
			func(f *file) { field(f, 1).Type = descriptorpb.FieldDescriptorProto_TYPE_BYTES.Enum() },
			"base.v1.Thing.text: is bytes there, not string", "base.v1.Thing.text: is string there, not bytes",
		},
		"a field that repeats": {
			func(f *file) { field(f, 1).Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum() },
			"base.v1.Thing.text: is repeated on one side only", "base.v1.Thing.text: is repeated on one side only",
		},
		"a field that can be absent": {
			func(f *file) {
				field(f, 1).Proto3Optional, field(f, 1).OneofIndex = proto.Bool(true), proto.Int32(1)
				f.MessageType[0].OneofDecl = append(f.MessageType[0].OneofDecl, &descriptorpb.OneofDescriptorProto{Name: new("_text")})
			},
			"base.v1.Thing.text: can be absent on one side only", "base.v1.Thing.text: can be absent on one side only",
		},
		"a field that left its oneof": {
			func(f *file) {
				field(f, 5).Proto3Optional, field(f, 5).OneofIndex = proto.Bool(true), proto.Int32(1)
				f.MessageType[0].OneofDecl = append(f.MessageType[0].OneofDecl, &descriptorpb.OneofDescriptorProto{Name: new("_two")})
			},
			`base.v1.Thing.two: is in oneof "" there, not in "choice"`, `base.v1.Thing.two: is in oneof "choice" there, not in ""`,
		},
		"another name of an enum value": {
			func(f *file) { f.EnumType[0].Value[1].Name = new("KIND_UNO") },
			"does not know value KIND_ONE = 1", "does not know value KIND_UNO = 1",
		},
		"another service": {
			func(f *file) { f.Service[0].Name = new("Other") },
			"is service base.v1.Other, not base.v1.Service", "is service base.v1.Service, not base.v1.Other",
		},
	} {
		t.Run(name, func(t *testing.T) {
			old, changed := variant(t), variant(t, c.change)
			wantFit(t, "the old side calls", contract.Compatible(old, changed), c.oldCalls)
			wantFit(t, "the changed side calls", contract.Compatible(changed, old), c.newCalls)
		})
	}
}

// An enum value that one side does not know matters where that side receives it.
func TestEnumValuesMatterWhereTheyAreReceived(t *testing.T) {
	old := variant(t, separate)
	asks, answers := variant(t, separate, addValue(0)), variant(t, separate, addValue(1))
	wantFit(t, "the server takes more than it is sent", contract.Compatible(old, asks), "")
	wantFit(t, "the caller may send more than the server takes", contract.Compatible(asks, old), "does not know value KIND_NEW = 7")
	wantFit(t, "the server may answer more than the caller knows", contract.Compatible(old, answers), "")
	wantFit(t, "the caller knows more than it is answered", contract.Compatible(answers, old), "")
}

func TestEveryFaultIsNamed(t *testing.T) {
	err := contract.Compatible(variant(t), variant(t, func(f *file) {
		field(f, 1).Name = new("words")
		f.Service[0].Method = f.Service[0].Method[:1]
	}))
	for _, want := range []string{"field 1 is named words", "method Do is missing"} {
		wantFit(t, "both faults", err, want)
	}
}

func wantFit(t *testing.T, when string, err error, fault string) {
	t.Helper()
	switch {
	case fault == "" && err != nil:
		t.Errorf("%s: got %v, want them to fit", when, err)
	case fault != "" && (err == nil || !strings.Contains(err.Error(), fault)):
		t.Errorf("%s: got %v, want %q", when, err, fault)
	}
}

func TestAContractFitsItselfAfterItWasSent(t *testing.T) {
	service, err := contract.Service(probev1.ProbeService_ServiceDesc.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	data, err := proto.Marshal(contract.Files(service))
	if err != nil {
		t.Fatal(err)
	}
	sent := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(data, sent); err != nil {
		t.Fatal(err)
	}
	arrived, err := contract.FromFiles(sent, service.FullName())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := arrived.Methods().Len(), service.Methods().Len(); got != want {
		t.Errorf("%d methods arrived, want %d", got, want)
	}
	wantFit(t, "ours calls", contract.Compatible(service, arrived), "")
	wantFit(t, "theirs calls", contract.Compatible(arrived, service), "")
}

func TestFilesWithoutTheServiceAreRefused(t *testing.T) {
	set := contract.Files(variant(t))
	for name, c := range map[string]struct {
		set    *descriptorpb.FileDescriptorSet
		find   protoreflect.FullName
		reason string
	}{
		"no files":         {nil, "base.v1.Service", "no files"},
		"empty":            {&descriptorpb.FileDescriptorSet{}, "base.v1.Service", "not in its files"},
		"another service":  {set, "base.v1.Other", "not in its files"},
		"a message":        {set, "base.v1.Thing", "is no service"},
		"an import is off": {&descriptorpb.FileDescriptorSet{File: []*file{{Name: new("a.proto"), Dependency: []string{"b.proto"}}}}, "base.v1.Service", "don't hold together"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := contract.FromFiles(c.set, c.find)
			wantFit(t, name, err, c.reason)
		})
	}
}

// TestOnlyTheMethodsThatAreCalledHaveToFit, whichever side is the changed one.
func TestOnlyTheMethodsThatAreCalledHaveToFit(t *testing.T) {
	const look, do = "/base.v1.Service/Look", "/base.v1.Service/Do"
	remove := func(f *file) { f.Service[0].Method = f.Service[0].Method[1:] }
	// Do gets messages of its own, so that a change of them is none of Look.
	ownMessages := func(f *file) {
		for _, name := range []string{"DoIn", "DoOut"} {
			f.MessageType = append(f.MessageType, &descriptorpb.DescriptorProto{Name: new(name), Field: []*descriptorpb.FieldDescriptorProto{{
				Name: new("text"), Number: proto.Int32(1), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
			}}})
		}
		f.Service[0].Method[1].InputType, f.Service[0].Method[1].OutputType = new(".base.v1.DoIn"), new(".base.v1.DoOut")
	}
	retype := func(message int) func(*file) {
		return func(f *file) {
			ownMessages(f)
			f.MessageType[message].Field[0].Type = descriptorpb.FieldDescriptorProto_TYPE_INT64.Enum()
		}
	}
	for name, c := range map[string]struct {
		before, after protoreflect.ServiceDescriptor
		concerns      string // the method that does not fit
		oldCalls      string
		newCalls      string
	}{
		"a method is gone":     {variant(t), variant(t, remove), look, "method Look is missing", ""},
		"its request changed":  {variant(t, ownMessages), variant(t, retype(3)), do, "method Do: base.v1.DoIn.text: is int64 there", "method Do: base.v1.DoIn.text: is string there"},
		"its response changed": {variant(t, ownMessages), variant(t, retype(4)), do, "method Do: base.v1.DoOut.text: is int64 there", "method Do: base.v1.DoOut.text: is string there"},
	} {
		for side, s := range map[string]struct {
			caller, server protoreflect.ServiceDescriptor
			reason         string
		}{"old calls": {c.before, c.after, c.oldCalls}, "new calls": {c.after, c.before, c.newCalls}} {
			for _, called := range []string{look, do} {
				err := contract.CompatibleIn(s.caller, s.server, func(method string) bool { return method == called })
				want := s.reason
				if called != c.concerns {
					want = ""
				}
				if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
					t.Errorf("%s, %s %s: got %v, want %q", name, side, called, err, want)
				}
			}
		}
	}
}
