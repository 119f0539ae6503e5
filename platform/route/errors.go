package route

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// outcome turns what an implementation returned into what its caller may see,
// in every mode: a status error of its own making, or a redacted Internal.
// The unredacted error is logged here, once.
func outcome(ctx context.Context, log *slog.Logger, method string, err error) error {
	if err == nil {
		return nil
	}
	// errors.As and not status.FromError: the latter would put the text of
	// the errors wrapped around the status into the caller's message.
	var carrier interface{ GRPCStatus() *status.Status }
	switch {
	case errors.As(err, &carrier) && carrier.GRPCStatus().Code() != codes.OK:
		return carried(ctx, log, method, carrier.GRPCStatus())
	case errors.Is(err, context.DeadlineExceeded):
		return status.Error(codes.DeadlineExceeded, context.DeadlineExceeded.Error())
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, context.Canceled.Error())
	}
	log.ErrorContext(ctx, "call failed", "method", method, "error", err)
	return status.Errorf(codes.Internal, "%s failed; the log of its process says why", method[1:])
}
