package route

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode/utf8"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"galleria/platform/protocopy"
)

// Bounds of what a call carries. They hold in every mode, and are far below what
// gRPC would refuse by itself.
const (
	// MaxMessageBytes bounds every request and response; more is ResourceExhausted.
	MaxMessageBytes = 16 << 20
	// MaxMetadataBytes bounds the caller's metadata, and header and trailer of the
	// answer, each counted as HTTP/2 does: a value is its name, itself and 32 bytes.
	// More is ResourceExhausted.
	MaxMetadataBytes = 16 << 10
	// MaxErrorBytes bounds the details of an error: those that don't fit are left out.
	MaxErrorBytes = 64 << 10
	// MaxErrorText bounds the text of an error, in bytes: the rest is cut off.
	MaxErrorText = 4 << 10

	// maxHeaderBytes is what connections allow: all of it, encoded for HTTP/2, with
	// what the route and gRPC add.
	maxHeaderBytes = 256 << 10
)

// ServerOptions let a gRPC server take and give what a route carries.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessageBytes), grpc.MaxSendMsgSize(MaxMessageBytes), grpc.MaxHeaderListSize(maxHeaderBytes),
	}
}

// checkOptions refuses what would not be the same in every mode. How a call is
// carried is for the route to say.
func checkOptions(options []grpc.CallOption) error {
	for _, option := range options {
		switch option.(type) {
		case grpc.HeaderCallOption, grpc.TrailerCallOption:
		case grpc.StaticMethodCallOption, grpc.EmptyCallOption: // change nothing
		default:
			return status.Errorf(codes.Unimplemented, "%T: calls between modules take the options grpc.Header and grpc.Trailer only", option)
		}
	}
	return nil
}

// copyMessage copies a request or response on its way, and says as gRPC does what
// could not have been sent.
func copyMessage(c *protocopy.Copier, dst, src proto.Message) error {
	if err := c.Copy(dst, src, MaxMessageBytes); err != nil {
		return unsendable(err)
	}
	return nil
}

func unsendable(err error) error {
	var tooLarge *protocopy.TooLargeError
	if errors.As(err, &tooLarge) {
		return status.Error(codes.ResourceExhausted, err.Error())
	}
	return status.Error(codes.Internal, err.Error())
}

// headerLetters are the characters a header's name may have.
const headerLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_."

// checkMetadata refuses metadata of a caller that gRPC would not send.
func checkMetadata(ctx context.Context) error {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok {
		return nil
	}
	return sendable(md)
}

func sendable(md metadata.MD) error {
	size := 0
	for key, values := range md {
		if strings.HasPrefix(key, ":") {
			continue // gRPC leaves these out
		}
		if strings.Trim(key, headerLetters) != "" || key == "" {
			return status.Errorf(codes.Internal, "header key %q is empty or contains characters not in [0-9a-z-_.]", key)
		}
		for _, value := range values {
			size += len(key) + len(value) + 32
			if !strings.HasSuffix(key, "-bin") && !printable(value) {
				return status.Errorf(codes.Internal, "header key %q contains value with non-printable ASCII characters", key)
			}
		}
	}
	if size > MaxMetadataBytes {
		return status.Errorf(codes.ResourceExhausted, "metadata of %d bytes, more than %d", size, MaxMetadataBytes)
	}
	return nil
}

func printable(value string) bool {
	return strings.IndexFunc(value, func(r rune) bool { return r < 0x20 || r > 0x7E }) < 0
}

// carried is the status of an error as a network carries it: the text is UTF-8,
// and what is larger than its bounds is left out.
func carried(ctx context.Context, log *slog.Logger, method string, s *status.Status) error {
	sent := s.Proto() // a copy
	if !utf8.ValidString(sent.Message) {
		sent.Message = string([]rune(sent.Message)) // as gRPC: U+FFFD for each byte that is none
	}
	size := proto.Size(sent)
	if len(sent.Message) <= MaxErrorText && size <= MaxErrorBytes {
		return status.ErrorProto(sent)
	}
	log.WarnContext(ctx, "an error is too large to be sent whole", "method", method, "code", codes.Code(sent.Code), "bytes", size)
	if len(sent.Message) > MaxErrorText {
		sent.Message = strings.ToValidUTF8(sent.Message[:MaxErrorText], "")
	}
	details := sent.Details
	sent.Details = nil
	room := MaxErrorBytes
	for _, detail := range details {
		if size := proto.Size(&spb.Status{Details: []*anypb.Any{detail}}); size <= room {
			sent.Details = append(sent.Details, detail)
			room -= size
		}
	}
	return status.ErrorProto(sent)
}
