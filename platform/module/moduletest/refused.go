package moduletest

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"galleria/platform/contract"
)

// Refused is a case of a suite: that methods are refused to those who call by this
// connection with PERMISSION_DENIED and the reason, before anything else is looked at.
// Methods have full names, as the generated code has them.
func Refused(t *testing.T, conn grpc.ClientConnInterface, reason protoreflect.Enum, methods ...string) {
	t.Helper()
	t.Run("refused to others", func(t *testing.T) {
		for _, name := range methods {
			if err := Empty(t.Context(), t, conn, name); status.Code(err) != codes.PermissionDenied || !contract.Is(err, reason) {
				t.Errorf("%s: got %v, want PERMISSION_DENIED with %v", name, err, reason)
			}
		}
	})
}

// Empty calls a method, by its full name, with an empty request.
func Empty(ctx context.Context, t testing.TB, conn grpc.ClientConnInterface, method string) error {
	t.Helper()
	request, answer := messagesOf(t, method)
	return conn.Invoke(ctx, method, request, answer)
}

func messagesOf(t testing.TB, method string) (request, answer proto.Message) {
	t.Helper()
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(nameOf(method))
	m, ok := found.(protoreflect.MethodDescriptor)
	if err != nil || !ok {
		t.Fatalf("there is no method %s: %v", method, err)
	}
	return messageOf(t, m.Input()), messageOf(t, m.Output())
}

func messageOf(t testing.TB, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

// nameOf is "package.Service.Method" of "/package.Service/Method".
func nameOf(method string) protoreflect.FullName {
	return protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
}
