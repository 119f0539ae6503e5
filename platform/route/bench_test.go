package route

import (
	"context"
	"log/slog"
	"testing"

	probev1 "galleria/platform/route/probe/v1"
)

// BenchmarkLocalCall is the cost of the seam itself, for profiles; make bench
// measures real messages.
func BenchmarkLocalCall(b *testing.B) {
	answer := &probev1.EchoResponse{Everything: &probev1.Everything{
		Text: "0sgcd0hzdnmhjtv8wjmtnmzm74", Self: &probev1.Everything{Text: "a nested message"},
		Selves: []*probev1.Everything{{Text: "a line"}},
	}}
	server := &probe{echo: func(context.Context, *probev1.EchoRequest) (*probev1.EchoResponse, error) { return answer, nil }}
	r := newRoute(b, slog.New(slog.DiscardHandler))
	r.Point(targetIn(b, r, ModeLocal, server, slog.Default()))
	client := probev1.NewProbeServiceClient(r.For("tester"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Echo(context.Background(), &probev1.EchoRequest{}); err != nil {
			b.Fatal(err)
		}
	}
}
