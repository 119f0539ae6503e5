// Package contract reads and speaks what Protobuf contracts say beyond their
// messages: the errors callers may test, the promises of methods, and whether
// two versions of a contract can talk to each other.
//
// An error of a module is a gRPC code plus a reason from an enum of the
// contract. Callers test the reason, never the text:
//
//	return contract.Error(codes.FailedPrecondition, lettersv1.Reason_REASON_SENT, "letter %s has left", id)
//	…
//	if contract.Is(err, lettersv1.Reason_REASON_SENT) { … }
package contract
