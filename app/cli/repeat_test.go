package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Who runs a command again whose answer was lost must be able to say that it is the same.
func TestAnErrorThatLeavesTheOutcomeOpenNamesTheKey(t *testing.T) {
	for _, c := range []struct {
		err  error
		open bool
	}{
		{nil, false},
		{errors.New("no such file"), false},
		{status.Error(codes.InvalidArgument, "no"), false},
		{status.Error(codes.FailedPrecondition, "no"), false},
		{status.Error(codes.Unavailable, "away"), true},
		{status.Error(codes.DeadlineExceeded, "late"), true},
		{fmt.Errorf("the shop: %w", context.Canceled), true},
	} {
		got := withKey(c.err, "key-1")
		if !errors.Is(got, c.err) || (got != nil && strings.Contains(got.Error(), "--key key-1")) != c.open {
			t.Errorf("%v: got %v, want the key %t", c.err, got, c.open)
		}
	}
}
