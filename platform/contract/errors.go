package contract

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Error makes the error of a module: a gRPC code, a reason from the contract's
// enum, and a sentence for those who read logs. The sentence crosses to callers
// unchanged, so it holds nothing secret.
func Error(code codes.Code, reason protoreflect.Enum, format string, args ...any) error {
	return withDetails(code, fmt.Sprintf(format, args...), reasonInfo(reason))
}

// WithMetadata adds machine-readable facts, such as the quota that ran out, to
// an error made by Error. Other errors are returned as they are.
func WithMetadata(err error, facts map[string]string) error {
	var carrier interface{ GRPCStatus() *status.Status }
	if _, ok := Info(err); !ok || !errors.As(err, &carrier) {
		return err
	}
	// The status itself and not status.FromError, which would put the text
	// of the errors wrapped around it into the caller's message.
	st := carrier.GRPCStatus()
	kept := make([]protoadapt.MessageV1, 0, len(st.Details()))
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			if info.Metadata == nil {
				info.Metadata = map[string]string{}
			}
			for k, v := range facts {
				info.Metadata[valid(k)] = valid(v)
			}
		}
		if m, ok := d.(protoadapt.MessageV1); ok {
			kept = append(kept, m)
		}
	}
	return withDetails(st.Code(), st.Message(), kept...)
}

// Is tells whether err carries exactly this reason of this contract.
func Is(err error, reason protoreflect.Enum) bool {
	info, ok := Info(err)
	if !ok {
		return false
	}
	want := reasonInfo(reason)
	return info.Reason == want.Reason && info.Domain == want.Domain
}

// Info is the reason and the facts an error carries; false when a failure has
// no reason of a contract: the network's, for example.
func Info(err error) (*errdetails.ErrorInfo, bool) {
	for _, d := range details(err) {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info, true
		}
	}
	return nil, false
}

// Metadata is one fact an error carries, "" when it does not.
func Metadata(err error, key string) string {
	info, ok := Info(err)
	if !ok {
		return ""
	}
	return info.Metadata[key]
}

// Violation says what is wrong with one field of a request.
type Violation struct {
	// Field is the path in the request: "contact.email", "guests[3].name".
	Field string
	// Message is a sentence for the person who typed it.
	Message string
}

// Invalid makes the InvalidArgument error of a request with bad fields; nil
// when there are none.
func Invalid(violations ...Violation) error {
	if len(violations) == 0 {
		return nil
	}
	bad := &errdetails.BadRequest{}
	said := make([]string, 0, len(violations))
	for _, v := range violations {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: valid(v.Field), Description: valid(v.Message)})
		said = append(said, v.Field+": "+v.Message)
	}
	return withDetails(codes.InvalidArgument, strings.Join(said, "; "), bad)
}

// Violations lists the bad fields an error names.
func Violations(err error) []Violation {
	var all []Violation
	for _, d := range details(err) {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				all = append(all, Violation{Field: v.GetField(), Message: v.GetDescription()})
			}
		}
	}
	return all
}

// reasonInfo names a reason as Google's error model does: without the enum's
// prefix, in the domain of the contract's package.
func reasonInfo(reason protoreflect.Enum) *errdetails.ErrorInfo {
	desc := reason.Descriptor()
	name := fmt.Sprint(reason.Number())
	if v := desc.Values().ByNumber(reason.Number()); v != nil {
		name = strings.TrimPrefix(string(v.Name()), "REASON_")
	}
	return &errdetails.ErrorInfo{Reason: name, Domain: string(desc.ParentFile().Package())}
}

func details(err error) []any {
	var s interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &s) {
		return nil
	}
	return s.GRPCStatus().Details()
}

func withDetails(code codes.Code, message string, details ...protoadapt.MessageV1) error {
	if code == codes.OK {
		// A status of OK is no error at all: the failure would be taken for
		// a success.
		code = codes.Unknown
	}
	st := status.New(code, valid(message))
	detailed, err := st.WithDetails(details...)
	if err != nil {
		// A detail that can't be marshalled: the code still says what happened.
		return st.Err()
	}
	return detailed.Err()
}

// valid makes text what Protobuf can carry. What a user typed may be in it,
// and an error with bytes that are no UTF-8 would lose its reason on the way
// to another process.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
