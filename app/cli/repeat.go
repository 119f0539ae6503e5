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

// withKey adds to an error of a change whose outcome is not known the key of that change: with
// that key a second run changes nothing more, and without it might make the change again.
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
