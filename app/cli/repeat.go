package cli

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/id"
)

// keyOr is the key given, or a new one.
func keyOr(key string) string {
	if key == "" {
		return id.New()
	}
	return key
}

// withKey names the key of a change of which nobody can say whether it was made: with that key
// it is made once, and without it a second run would make it again.
func withKey(err error, key string) error {
	unknown := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Internal:
		unknown = true
	}
	if !unknown {
		return err
	}
	return fmt.Errorf("%w\nit may have been done all the same: run the command again with --key %s, and it is done once", err, key)
}
