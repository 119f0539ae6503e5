package moduletest

import (
	"maps"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/platform/contract"
)

// WantReason fails the test unless err has this code, and this reason of a contract.
func WantReason(t testing.TB, err error, code codes.Code, reason protoreflect.Enum) {
	t.Helper()
	if status.Code(err) != code || !contract.Is(err, reason) {
		t.Errorf("got %v, want %s with %v", err, code, reason)
	}
}

// WantFields fails the test unless err is INVALID_ARGUMENT and names exactly these fields as
// wrong, in any order.
func WantFields(t testing.TB, err error, fields ...string) {
	t.Helper()
	got, want := map[string]bool{}, map[string]bool{}
	for _, v := range contract.Violations(err) {
		got[v.Field] = true
	}
	for _, field := range fields {
		want[field] = true
	}
	if status.Code(err) != codes.InvalidArgument || !maps.Equal(got, want) {
		t.Errorf("got %v, want InvalidArgument with %q wrong, and nothing else", err, fields)
	}
}
