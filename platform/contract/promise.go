package contract

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	contractv1 "galleria/platform/contract/v1"
)

// Method is what a contract says of one of its methods.
type Method struct {
	// Name is the full gRPC name: /letters.v1.LettersService/SendLetter.
	Name string
	// Deadline ends every call; always positive.
	Deadline time.Duration
	// P99 is promised, measured and shown, not enforced; 0: none promised.
	P99 time.Duration
	// Repeatable methods may be retried: they say so by idempotency_level.
	Repeatable bool
	// Mutates is false for methods without side effects.
	Mutates bool
	// Input and Output are the messages' types.
	Input, Output protoreflect.MessageType
}

// Service finds the descriptor of a linked-in service by its full name.
func Service(name string) (protoreflect.ServiceDescriptor, error) {
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil, fmt.Errorf("contract %s: %w", name, err)
	}
	service, ok := d.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("contract %s: is no service", name)
	}
	return service, nil
}

// Methods reads what a service says of its methods. It fails when one
// streams or promises no deadline: such a contract can't be kept alike in
// process and across a network.
func Methods(service protoreflect.ServiceDescriptor) ([]Method, error) {
	var methods []Method
	for i := range service.Methods().Len() {
		m, err := method(service.Methods().Get(i))
		if err != nil {
			return nil, err
		}
		methods = append(methods, m)
	}
	return methods, nil
}

func method(desc protoreflect.MethodDescriptor) (Method, error) {
	name := FullMethod(desc)
	if desc.IsStreamingClient() || desc.IsStreamingServer() {
		return Method{}, fmt.Errorf("%s streams; contracts are unary", name)
	}
	options, _ := desc.Options().(*descriptorpb.MethodOptions)
	promise, _ := proto.GetExtension(options, contractv1.E_Promise).(*contractv1.Promise)
	deadline := promise.GetDeadline().AsDuration()
	if deadline <= 0 {
		return Method{}, fmt.Errorf("%s promises no deadline", name)
	}
	level := options.GetIdempotencyLevel()
	input, err := protoregistry.GlobalTypes.FindMessageByName(desc.Input().FullName())
	if err != nil {
		return Method{}, fmt.Errorf("%s: message %s: %w", name, desc.Input().FullName(), err)
	}
	output, err := protoregistry.GlobalTypes.FindMessageByName(desc.Output().FullName())
	if err != nil {
		return Method{}, fmt.Errorf("%s: message %s: %w", name, desc.Output().FullName(), err)
	}
	return Method{
		Name:       name,
		Deadline:   deadline,
		P99:        promise.GetP99().AsDuration(),
		Repeatable: level != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN,
		Mutates:    level != descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		Input:      input,
		Output:     output,
	}, nil
}

// FullMethod is a method's name as gRPC writes it.
func FullMethod(desc protoreflect.MethodDescriptor) string {
	return "/" + string(desc.Parent().FullName()) + "/" + string(desc.Name())
}

// RoutingKey is the field of a request that keeps its calls together; nil when
// the contract names none.
func RoutingKey(request protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	for i := range request.Fields().Len() {
		field := request.Fields().Get(i)
		if marked(field, contractv1.E_RoutingKey) && !field.IsList() && !field.IsMap() && field.Message() == nil {
			return field
		}
	}
	return nil
}

// MayDiffer tells whether a field of an answer may differ between two processes
// that answer the same question.
func MayDiffer(field protoreflect.FieldDescriptor) bool { return marked(field, contractv1.E_MayDiffer) }

// IsSecret tells whether the values of a field may not be shown: its contract
// says debug_redact.
func IsSecret(field protoreflect.FieldDescriptor) bool {
	options, _ := field.Options().(*descriptorpb.FieldOptions)
	return options.GetDebugRedact()
}

func marked(field protoreflect.FieldDescriptor, option protoreflect.ExtensionType) bool {
	options, _ := field.Options().(*descriptorpb.FieldOptions)
	yes, _ := proto.GetExtension(options, option).(bool)
	return yes
}
