package route

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/metadata"
	grpcpeer "google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/platform/contract"
	"galleria/platform/protocopy"
	"galleria/platform/protocopy/protocopytest"
	probev1 "galleria/platform/route/probe/v1"
	"galleria/platform/telemetry"
)

func TestACallerCannotSpeakForAnother(t *testing.T) {
	exporter := tracetest.NewInMemoryExporter()
	shutdown, err := telemetry.Setup(t.Context(), telemetry.TraceOptions{Exporter: exporter, SampleRatio: 1, Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer shutdown(context.Background())
	var caller, request string
	var traced trace.SpanContext
	var arrived metadata.MD
	var belongings baggage.Baggage
	server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		caller, request, traced = Caller(ctx), telemetry.RequestID(ctx), trace.SpanContextFromContext(ctx)
		arrived, _ = metadata.FromIncomingContext(ctx)
		belongings = baggage.FromContext(ctx)
		return &probev1.EchoResponse{}, nil
	}}
	forged := map[string]string{
		"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "rojo=00f067aa0ba902b7", "baggage": "role=admin",
		"host": "elsewhere", "connection": "close", "grpc-timeout": "1n", "grpc-trace-bin": "forged",
	}
	for _, key := range []string{callerHeader, requestIDHeader, hopsHeader, retriesHeader, processHeader, shadowHeader, identityHeader, answeredHeader, neverRanHeader} {
		forged[key] = "forged"
	}
	own, err := baggage.Parse("role=admin")
	if err != nil {
		t.Fatal(err)
	}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		ctx := baggage.ContextWithBaggage(telemetry.WithRequestID(t.Context(), "r-1"), own)
		ctx, span := otel.Tracer("edge").Start(ctx, "request")
		defer span.End()
		for key, value := range forged {
			ctx = metadata.AppendToOutgoingContext(ctx, key, value)
		}
		if _, err := s.client.Echo(ctx, &probev1.EchoRequest{}); err != nil {
			t.Fatal(err)
		}
		if caller != "tester" || request != "r-1" {
			t.Errorf("got caller %q and request %q, want tester and r-1, whatever the metadata says", caller, request)
		}
		if traced.TraceID() != span.SpanContext().TraceID() || traced.TraceState().Len() > 0 {
			t.Errorf("got trace %s with state %q, want the context's, %s", traced.TraceID(), traced.TraceState(), span.SpanContext().TraceID())
		}
		if len(arrived) > 0 || belongings.Len() > 0 {
			t.Errorf("the module sees metadata %v and baggage %q, want none", arrived, belongings)
		}
	})
}

func TestARequestIDThatCannotBeSentIsCleaned(t *testing.T) {
	var id string
	server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		id = telemetry.RequestID(ctx)
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		ctx := telemetry.WithRequestID(t.Context(), "r\n-\xff1"+strings.Repeat("x", MaxMetadataBytes))
		if _, err := s.client.Echo(ctx, &probev1.EchoRequest{}); err != nil || !strings.HasPrefix(id, "r-1xxx") || len(id) > 200 {
			t.Errorf("got %v and an id of %d bytes, %.10q", err, len(id), id)
		}
	})
}

func TestHeadersThatCannotBeSentFailInEveryMode(t *testing.T) {
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		for name, md := range map[string]metadata.MD{
			"a name with a space":    {"a color": {"blue"}},
			"no name":                {"": {"blue"}},
			"a value with a newline": {"color": {"b\nlue"}},
		} {
			ctx := metadata.NewOutgoingContext(t.Context(), md)
			if _, err := s.client.Echo(ctx, &probev1.EchoRequest{}); status.Code(err) != codes.Internal {
				t.Errorf("%s: got %v, want Internal", name, err)
			}
		}
		for size, code := range map[int]codes.Code{MaxMetadataBytes - 37: codes.OK, MaxMetadataBytes - 36: codes.ResourceExhausted, 1 << 20: codes.ResourceExhausted} {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "large", strings.Repeat("x", size))
			if _, err := s.client.Echo(ctx, &probev1.EchoRequest{}); status.Code(err) != code {
				t.Errorf("a value of %d bytes: got %v, want %v", size, err, code)
			}
		}
	})
}

func TestHeadersAndTrailersComeBack(t *testing.T) {
	var fails error
	server := &probe{echo: func(ctx context.Context, _ *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		err := errors.Join(grpc.SetHeader(ctx, metadata.Pairs("h", "1")), grpc.SetTrailer(ctx, metadata.Pairs("t", "2", "T-bin", "\x00\xff")),
			// What is not the module's to say.
			grpc.SetTrailer(ctx, metadata.Pairs(answeredHeader, "1", neverRanHeader, "1", "grpc-status", "5", "content-type", "odd")))
		for name, odd := range map[string]metadata.MD{"a name": {"a color": {"blue"}}, "a value": {"color": {"b\nlue"}}, "the size": {"color": {strings.Repeat("x", MaxMetadataBytes)}}} {
			if grpc.SetHeader(ctx, odd) == nil || grpc.SetTrailer(ctx, odd) == nil {
				err = errors.Join(err, fmt.Errorf("took %s that can't be sent", name))
			}
		}
		err = errors.Join(err, grpc.SendHeader(ctx, metadata.Pairs("h", "3")))
		if grpc.SetHeader(ctx, metadata.Pairs("h", "4")) == nil || grpc.SendHeader(ctx, nil) == nil {
			err = errors.Join(err, errors.New("took a header after it was sent"))
		}
		return &probev1.EchoResponse{}, errors.Join(err, fails)
	}}
	for name, err := range map[string]error{"an answer": nil, "an error": status.Error(codes.NotFound, "no such thing")} {
		fails = err
		t.Run(name, func(t *testing.T) {
			inEveryMode(t, server, func(t *testing.T, s scene) {
				header, trailer := metadata.Pairs("before", "1"), metadata.Pairs("before", "1")
				if _, err := s.client.Echo(t.Context(), &probev1.EchoRequest{}, grpc.Header(&header), grpc.Trailer(&trailer)); status.Code(err) != status.Code(fails) {
					t.Fatal(err)
				}
				if want := (metadata.MD{"h": {"1", "3"}}); !reflect.DeepEqual(header, want) {
					t.Errorf("got header %v, want %v", header, want)
				}
				if want := (metadata.MD{"t": {"2"}, "t-bin": {"\x00\xff"}}); !reflect.DeepEqual(trailer, want) {
					t.Errorf("got trailer %v, want %v", trailer, want)
				}
			})
		})
	}
}

func TestCallOptionsAreTakenOrRefusedInEveryMode(t *testing.T) {
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		var header metadata.MD
		var other grpcpeer.Peer
		for _, option := range []grpc.CallOption{grpc.StaticMethod(), grpc.Header(&header), grpc.Trailer(&header), grpc.EmptyCallOption{}} {
			if _, err := s.client.Echo(t.Context(), &probev1.EchoRequest{}, option); err != nil {
				t.Errorf("%T: got %v, want it taken", option, err)
			}
		}
		for _, option := range []grpc.CallOption{
			grpc.Peer(&other), grpc.WaitForReady(true), grpc.MaxCallRecvMsgSize(1), grpc.MaxCallSendMsgSize(1), grpc.UseCompressor("gzip"),
			grpc.CallContentSubtype("json"), grpc.ForceCodec(nil), grpc.PerRPCCredentials(nil), grpc.CallAuthority("x"), grpc.MaxRetryRPCBufferSize(1),
			grpc.OnFinish(func(error) {}), experimental.AcceptCompressors("gzip"),
		} {
			if _, err := s.client.Echo(t.Context(), &probev1.EchoRequest{}, option); status.Code(err) != codes.Unimplemented {
				t.Errorf("%T: got %v, want Unimplemented", option, err)
			}
		}
	})
}

func TestErrorsCarryWhatANetworkCarries(t *testing.T) {
	many := make([]contract.Violation, 5_000)
	for i := range many {
		many[i] = contract.Violation{Field: fmt.Sprintf("lines[%d].name", i), Message: strings.Repeat("long ", 40)}
	}
	large, err := status.New(codes.NotFound, "no such thing").WithDetails(&errdetails.DebugInfo{Detail: strings.Repeat("x", MaxErrorBytes)},
		&errdetails.ErrorInfo{Reason: "ASKED_TO", Domain: "platform.route.probe.v1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		err     error
		code    codes.Code
		message string // its beginning
		details int
	}{
		"text that is not UTF-8": {status.Error(codes.NotFound, "no caf\xe9\xe9, 100 %"), codes.NotFound, "no caf\ufffd\ufffd, 100 %", 0},
		"a newline":              {status.Error(codes.NotFound, "one\ntwo"), codes.NotFound, "one\ntwo", 0},
		"a code of its own":      {status.Error(codes.Code(99), "odd"), codes.Code(99), "odd", 0},
		"one large detail":       {large.Err(), codes.NotFound, "no such thing", 1},
		"1 MB of details":        {contract.Invalid(many...), codes.InvalidArgument, "lines[0].name: long long", 0},
		"details that fit":       {contract.Invalid(many[:100]...), codes.InvalidArgument, "lines[0].name: long long", 1},
		"a text of 1 MB":         {status.Error(codes.NotFound, strings.Repeat("é", 1<<19)), codes.NotFound, "éééé", 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) { return nil, c.err }}
			said := map[string]Mode{}
			inEveryMode(t, server, func(t *testing.T, s scene) {
				_, err := s.client.Echo(t.Context(), &probev1.EchoRequest{})
				got := status.Convert(err)
				if got.Code() != c.code || !strings.HasPrefix(got.Message(), c.message) || len(got.Details()) != c.details {
					t.Errorf("got %v, %.40q and %d details, want %v, %q… and %d", got.Code(), got.Message(), len(got.Details()), c.code, c.message, c.details)
				}
				said[prototext.Format(got.Proto())] = s.route.Target().Mode()
				if len(said) > 1 {
					t.Error("the error is another one than in the mode before")
				}
			})
		})
	}
}

// The messages that a module and its caller see are those that encoding and
// decoding makes, down to what is nil and what is empty.
func TestMessagesArriveAlikeInEveryMode(t *testing.T) {
	empty := ""
	messages := map[string]*probev1.Everything{
		"nothing": {},
		"empty, not nil": {
			Blob: []byte{}, Texts: []string{}, Blobs: [][]byte{}, Numbers: []int64{}, Selves: []*probev1.Everything{},
			Words: map[string]string{}, ByNumber: map[int64]*probev1.Everything{}, Named: map[string][]byte{}, MaybeText: &empty, MaybeBlob: []byte{},
		},
		"nil inside": {
			Blobs: [][]byte{nil, {}}, Selves: []*probev1.Everything{nil, {Blob: []byte{}}}, ByNumber: map[int64]*probev1.Everything{1: nil},
			Named: map[string][]byte{"nil": nil, "empty": {}}, Choice: &probev1.Everything_ChosenBlob{},
		},
		"a nil message that is chosen": {Choice: &probev1.Everything_ChosenSelf{}},
		"a nil wrapper":                {Choice: (*probev1.Everything_ChosenText)(nil)},
		"everything": {
			Text: "é", Blob: []byte{0}, Small: -1, Large: math.MinInt64, Real: math.Copysign(0, -1), Yes: true, Reason: 99,
			Self: &probev1.Everything{At: &timestamppb.Timestamp{Nanos: -1}}, Words: map[string]string{"": ""}, Choice: &probev1.Everything_ChosenNumber{},
		},
	}
	for name, message := range messages {
		t.Run(name, func(t *testing.T) {
			encoded, err := proto.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			want := &probev1.Everything{}
			if err := proto.Unmarshal(encoded, want); err != nil {
				t.Fatal(err)
			}
			var seen *probev1.Everything
			server := &probe{echo: func(_ context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
				seen = in.GetEverything()
				return &probev1.EchoResponse{Everything: message}, nil
			}}
			inEveryMode(t, server, func(t *testing.T, s scene) {
				answer, err := s.client.Echo(t.Context(), &probev1.EchoRequest{Everything: message})
				if err != nil {
					t.Fatal(err)
				}
				if d := protocopytest.Difference(seen, want); d != "" {
					t.Errorf("the request: %s", d)
				}
				if d := protocopytest.Difference(answer.GetEverything(), want); d != "" {
					t.Errorf("the answer: %s", d)
				}
			})
		})
	}
}

func TestUnsendableMessagesFailInEveryMode(t *testing.T) {
	deep := &probev1.Everything{}
	for range protocopy.MaxDepth {
		deep = &probev1.Everything{Self: deep}
	}
	server := &probe{echo: func(_ context.Context, in *probev1.EchoRequest) (*probev1.EchoResponse, error) {
		switch in.GetEverything().GetText() {
		case "answer badly":
			return &probev1.EchoResponse{Everything: &probev1.Everything{Text: "caf\xe9"}}, nil
		case "answer deeply":
			return &probev1.EchoResponse{Everything: deep}, nil
		case "answer at length":
			return &probev1.EchoResponse{Everything: &probev1.Everything{Blob: make([]byte, MaxMessageBytes)}}, nil
		}
		return &probev1.EchoResponse{}, nil
	}}
	inEveryMode(t, server, func(t *testing.T, s scene) {
		bad := map[string]struct {
			in   *probev1.Everything
			code codes.Code
		}{
			"request not UTF-8":  {&probev1.Everything{Text: "caf\xe9"}, codes.Internal},
			"response not UTF-8": {&probev1.Everything{Text: "answer badly"}, codes.Internal},
			"request too deep":   {deep, codes.Internal},
			"response too deep":  {&probev1.Everything{Text: "answer deeply"}, codes.Internal},
			"response too large": {&probev1.Everything{Text: "answer at length"}, codes.ResourceExhausted},
			"request too large":  {&probev1.Everything{Blob: make([]byte, MaxMessageBytes)}, codes.ResourceExhausted},
		}
		for name, c := range bad {
			if _, err := s.client.Echo(t.Context(), &probev1.EchoRequest{Everything: c.in}); status.Code(err) != c.code {
				t.Errorf("%s: got code %v, want %v", name, status.Code(err), c.code)
			}
		}
	})
}
