package database

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// awayError is a database that can't be reached, or closed the connection. What was to be
// done may be done or not, as with any call that is not answered, so it is a status of its
// own: the caller of a module is told to try again, and not that the program is at fault.
type awayError struct{ error }

func (a awayError) Unwrap() error { return a.error }

// GRPCStatus is what the caller of a module is told. The cause is for the log.
func (awayError) GRPCStatus() *status.Status {
	return status.New(codes.Unavailable, "the database does not answer")
}

// away marks an error of a database that is away, unless the caller left.
func away(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return awayError{err}
}
