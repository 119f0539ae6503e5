package contract

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Compatible tells whether a caller built on one version of a service can use
// a server built on another, and every reason why not. It compares what the
// caller needs, direction by direction:
//
//   - every method of the caller exists and is unary there too, and may be
//     repeated if the caller thinks so;
//   - the server understands every field and enum value the caller may send: one
//     it ignored would be a wish that is not done;
//   - a field both know means the same to both: number, name, type, whether it
//     repeats, whether it can be absent, and what it excludes (its oneof).
//
// What the server has beyond that is no hindrance. Nor are additions to answers:
// a field that only one side knows reads as absent, and an enum value that only
// the server knows as a number without a name, as Protobuf readers expect. So the
// releases before and after such an addition work together, either way.
func Compatible(caller, server protoreflect.ServiceDescriptor) error {
	return CompatibleIn(caller, server, func(string) bool { return true })
}

// CompatibleIn is Compatible for the methods that are called, by full name as gRPC
// has it: what only others concerns is no hindrance.
func CompatibleIn(caller, server protoreflect.ServiceDescriptor, called func(method string) bool) error {
	if caller.FullName() != server.FullName() {
		return fmt.Errorf("is service %s, not %s", server.FullName(), caller.FullName())
	}
	c := comparison{seen: map[pair]bool{}}
	for i := range caller.Methods().Len() {
		ours := caller.Methods().Get(i)
		if !called(FullMethod(ours)) {
			continue
		}
		theirs := server.Methods().ByName(ours.Name())
		if theirs == nil {
			c.fault("method %s is missing", ours.Name())
			continue
		}
		if repeatable(ours) && !repeatable(theirs) {
			c.fault("method %s may not be repeated there", ours.Name())
		}
		if ours.IsStreamingClient() != theirs.IsStreamingClient() || ours.IsStreamingServer() != theirs.IsStreamingServer() {
			c.fault("method %s streams on one side only", ours.Name())
		}
		c.method = ours.Name()
		c.messages(ours.Input(), theirs.Input(), request)
		c.messages(ours.Output(), theirs.Output(), response)
		c.method = ""
	}
	return errors.Join(c.faults...)
}

// Files packs the files that define services or messages with all they import, for
// the other side to compare.
func Files(of ...protoreflect.Descriptor) *descriptorpb.FileDescriptorSet {
	set := &descriptorpb.FileDescriptorSet{}
	packed := map[string]bool{}
	var pack func(protoreflect.FileDescriptor)
	pack = func(file protoreflect.FileDescriptor) {
		if packed[file.Path()] {
			return
		}
		packed[file.Path()] = true
		for i := range file.Imports().Len() {
			pack(file.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	}
	for _, d := range of {
		pack(d.ParentFile())
	}
	return set
}

// FromFiles finds a service in what Files packed.
func FromFiles(set *descriptorpb.FileDescriptorSet, name protoreflect.FullName) (protoreflect.ServiceDescriptor, error) {
	if set == nil {
		return nil, fmt.Errorf("contract %s: no files", name)
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("contract %s: its files don't hold together: %w", name, err)
	}
	found, err := files.FindDescriptorByName(name)
	if err != nil {
		return nil, fmt.Errorf("contract %s: not in its files", name)
	}
	service, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("contract %s: is no service", name)
	}
	return service, nil
}

type direction int

const (
	request direction = iota
	response
)

type pair struct {
	ours, theirs protoreflect.FullName
	direction    direction
}

type comparison struct {
	seen   map[pair]bool
	method protoreflect.Name // whose messages are compared
	faults []error
}

func (c *comparison) fault(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if c.method != "" {
		err = fmt.Errorf("method %s: %w", c.method, err)
	}
	c.faults = append(c.faults, err)
}

func (c *comparison) messages(ours, theirs protoreflect.MessageDescriptor, d direction) {
	p := pair{ours.FullName(), theirs.FullName(), d}
	if c.seen[p] {
		return
	}
	c.seen[p] = true
	for i := range ours.Fields().Len() {
		field := ours.Fields().Get(i)
		other := theirs.Fields().ByNumber(field.Number())
		if other == nil && d == response {
			continue // it reads as absent
		}
		if other == nil {
			c.fault("%s: field %d is missing", field.FullName(), field.Number())
			continue
		}
		c.fields(field, other, d)
	}
}

func (c *comparison) fields(ours, theirs protoreflect.FieldDescriptor, d direction) {
	switch {
	case ours.Name() != theirs.Name():
		c.fault("%s: field %d is named %s there", ours.FullName(), ours.Number(), theirs.Name())
	case !c.alike(ours, theirs):
	case ours.Message() != nil:
		c.messages(ours.Message(), theirs.Message(), d)
	case ours.Enum() != nil:
		c.enums(ours, theirs, d)
	}
}

// alike tells whether a field holds values of the same kind on both sides, and
// excludes the same.
func (c *comparison) alike(ours, theirs protoreflect.FieldDescriptor) bool {
	switch {
	case ours.Kind() != theirs.Kind():
		c.fault("%s: is %s there, not %s", ours.FullName(), theirs.Kind(), ours.Kind())
	case ours.IsList() != theirs.IsList() || ours.IsMap() != theirs.IsMap():
		c.fault("%s: is repeated on one side only", ours.FullName())
	case ours.HasPresence() != theirs.HasPresence():
		c.fault("%s: can be absent on one side only", ours.FullName())
	case oneof(ours) != oneof(theirs):
		c.fault("%s: is in oneof %q there, not in %q", ours.FullName(), oneof(theirs), oneof(ours))
	default:
		return true
	}
	return false
}

func (c *comparison) enums(ours, theirs protoreflect.FieldDescriptor, d direction) {
	sender, receiver := ours.Enum(), theirs.Enum()
	if d == response {
		sender, receiver = receiver, sender
	}
	for i := range sender.Values().Len() {
		value := sender.Values().Get(i)
		known := receiver.Values().ByNumber(value.Number())
		if known == nil && d == response {
			continue // it reads as a number without a name
		}
		if known == nil || known.Name() != value.Name() {
			c.fault("%s: the receiving side does not know value %s = %d", ours.FullName(), value.Name(), value.Number())
		}
	}
}

// oneof names the choice a field belongs to. An optional field is, in the
// descriptor, a choice of its own, which excludes nothing.
func oneof(field protoreflect.FieldDescriptor) protoreflect.Name {
	if o := field.ContainingOneof(); o != nil && !o.IsSynthetic() {
		return o.Name()
	}
	return ""
}

func repeatable(method protoreflect.MethodDescriptor) bool {
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	return options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
}
