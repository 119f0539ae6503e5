package service

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
)

// away says that a module gave no answer of its contract: what was asked of it
// may have happened or not. A code alone is none: what lies on the way to the module
// has them, too. The module itself gives a reason, or says which field is wrong.
func away(err error) bool {
	switch status.Code(err) {
	case codes.FailedPrecondition, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.OutOfRange, codes.ResourceExhausted:
		_, reason := contract.Info(err)
		return !reason && len(contract.Violations(err)) == 0
	}
	return err != nil
}

// refusable is err for the service: a final no, for this reason, unless the module
// gave no answer.
func refusable(err error, because string, facts ...string) error {
	if err == nil || away(err) {
		return err
	}
	no := &Refusal{Because: because, By: err, Facts: map[string]string{}}
	for _, key := range facts {
		if value := contract.Metadata(err, key); value != "" {
			no.Facts[key] = value
		}
	}
	return no
}
