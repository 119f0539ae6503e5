package contract_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"galleria/platform/contract"
	probev1 "galleria/platform/route/probe/v1"
)

const asked = probev1.Reason_REASON_ASKED_TO

// overTheNetwork is what is left of an error when it was sent to another process.
func overTheNetwork(t *testing.T, err error) error {
	t.Helper()
	data, failure := proto.Marshal(status.Convert(err).Proto())
	if failure != nil {
		t.Fatalf("the error can't be sent: %v", failure)
	}
	arrived := status.Convert(errors.New("x")).Proto()
	if failure := proto.Unmarshal(data, arrived); failure != nil {
		t.Fatal(failure)
	}
	return status.ErrorProto(arrived)
}

func TestAnErrorCarriesCodeReasonAndSentence(t *testing.T) {
	err := contract.Error(codes.FailedPrecondition, asked, "order %d has left", 7)
	for _, err := range []error{err, overTheNetwork(t, err)} {
		if status.Code(err) != codes.FailedPrecondition || status.Convert(err).Message() != "order 7 has left" {
			t.Errorf("got %v, want FailedPrecondition: order 7 has left", err)
		}
		info, ok := contract.Info(err)
		if !ok || info.GetReason() != "ASKED_TO" || info.GetDomain() != "platform.route.probe.v1" {
			t.Errorf("got %v, want reason ASKED_TO in domain platform.route.probe.v1", info)
		}
	}
}

func TestAnErrorIsNeverASuccess(t *testing.T) {
	if err := contract.Error(codes.OK, asked, "no"); status.Code(err) != codes.Unknown || !contract.Is(err, asked) {
		t.Errorf("got %v, want Unknown with its reason", err)
	}
}

func TestIsTellsReasonsApart(t *testing.T) {
	err := contract.Error(codes.NotFound, asked, "no")
	for name, c := range map[string]struct {
		err  error
		is   bool
		with probev1.Reason
	}{
		"the reason":             {err, true, asked},
		"wrapped":                {fmt.Errorf("outer: %w", err), true, asked},
		"another reason":         {err, false, probev1.Reason_REASON_UNSPECIFIED},
		"the code alone":         {status.Error(codes.NotFound, "ASKED_TO"), false, asked},
		"the text alone":         {errors.New("REASON_ASKED_TO"), false, asked},
		"no error":               {nil, false, asked},
		"same name, other owner": {withDomain(t, err, "letters.v1"), false, asked},
		"a reason with no name":  {contract.Error(codes.NotFound, probev1.Reason(99), "no"), true, probev1.Reason(99)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := contract.Is(c.err, c.with); got != c.is {
				t.Errorf("Is(%v, %s) = %t, want %t", c.err, c.with, got, c.is)
			}
		})
	}
}

func withDomain(t *testing.T, err error, domain string) error {
	t.Helper()
	info, _ := contract.Info(err)
	st, failure := status.New(status.Code(err), "no").WithDetails(&errdetails.ErrorInfo{Reason: info.GetReason(), Domain: domain})
	if failure != nil {
		t.Fatal(failure)
	}
	return st.Err()
}

func TestFactsAreAddedToErrorsOfContractsOnly(t *testing.T) {
	err := contract.WithMetadata(contract.Error(codes.ResourceExhausted, asked, "sold out"), map[string]string{"seat": "a", "left": "0"})
	err = contract.WithMetadata(fmt.Errorf("secret operation: %w", err), map[string]string{"left": "1"})
	err = overTheNetwork(t, err)
	if got := []string{contract.Metadata(err, "seat"), contract.Metadata(err, "left"), contract.Metadata(err, "none")}; !reflect.DeepEqual(got, []string{"a", "1", ""}) {
		t.Errorf("got facts %q, want seat a, left 1 and nothing else", got)
	}
	if !contract.Is(err, asked) || status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v, want code and reason as before", err)
	}
	if got := status.Convert(err).Message(); got != "sold out" {
		t.Errorf("the caller reads %q, want the contract's own sentence alone", got)
	}
	for _, plain := range []error{errors.New("plain"), status.Error(codes.Internal, "no reason"), nil} {
		if got := contract.WithMetadata(plain, map[string]string{"a": "b"}); got != plain {
			t.Errorf("got %v, want %v unchanged", got, plain)
		}
	}
	if contract.Metadata(errors.New("plain"), "a") != "" {
		t.Error("a plain error has facts")
	}
}

func TestInvalidNamesTheFields(t *testing.T) {
	want := []contract.Violation{{Field: "contact.email", Message: "is missing"}, {Field: "lines[1].seat", Message: "is unknown"}}
	err := overTheNetwork(t, contract.Invalid(want...))
	if got := contract.Violations(fmt.Errorf("outer: %w", err)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if status.Code(err) != codes.InvalidArgument || status.Convert(err).Message() != "contact.email: is missing; lines[1].seat: is unknown" {
		t.Errorf("got %v, want InvalidArgument with all that is wrong", err)
	}
	if contract.Invalid() != nil {
		t.Error("nothing is wrong, and yet there is an error")
	}
	if got := contract.Violations(contract.Error(codes.NotFound, asked, "no")); got != nil {
		t.Errorf("got violations %v of an error that names none", got)
	}
}

func TestWhatUsersTypedDoesNotCostAnErrorItsReason(t *testing.T) {
	const typed = "caf\xe9"
	err := contract.WithMetadata(contract.Error(codes.NotFound, asked, "no %s", typed), map[string]string{typed: typed})
	if err := overTheNetwork(t, err); !contract.Is(err, asked) || !strings.Contains(err.Error(), "no caf\uFFFD") || contract.Metadata(err, "caf\uFFFD") != "caf\uFFFD" {
		t.Errorf("got %v, want the reason, and the text with its bad byte replaced", err)
	}
	if got := contract.Violations(overTheNetwork(t, contract.Invalid(contract.Violation{Field: typed, Message: typed}))); len(got) != 1 {
		t.Errorf("got violations %v, want one", got)
	}
}
