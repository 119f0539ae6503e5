package app_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"galleria/app/shoptest"
	processv1 "galleria/platform/process/v1"
)

// TestAFailedRequestIsAWholeTraceAcrossProcesses: payments, in a process of its own, does
// not reach its provider. The trace of the checkout has what led there, from the edge to
// the other process, and what went well before.
func TestAFailedRequestIsAWholeTraceAcrossProcesses(t *testing.T) {
	shop := shoptest.Prepare(t, shoptest.Layout{Apart: []string{"payments"}})
	file, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	const away = `  payments: {provider: stripe, stripe: {secret_key: sk_test_1, api_base: "http://127.0.0.1:1"}, `
	shop.WriteConfig(t, strings.Replace(string(file), "  payments: {", away, 1))
	shop.StartAll(t)
	shop.Fill(t)
	ana := shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Mug)
	answer := ana.Submits(ana.FillsIn(shoptest.Visa)).Want(http.StatusServiceUnavailable)

	find := func(in *processv1.FindTracesRequest) (found []*processv1.Trace) {
		t.Helper()
		in.Others = true
		err := shop.Operate(t, func(ctx context.Context, shop grpc.ClientConnInterface) error {
			said, err := processv1.NewProcessServiceClient(shop).FindTraces(ctx, in)
			found = said.GetTraces()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	var parts []*processv1.Trace
	shop.Await(t, "the request is found by its id", func() bool {
		found := find(&processv1.FindTracesRequest{By: processv1.FindTracesRequest_BY_FAILED, Text: answer.Header.Get("X-Request-Id")})
		if len(found) > 0 {
			parts = find(&processv1.FindTracesRequest{TraceId: found[0].GetTraceId()})
		}
		return len(parts) > 0
	})

	type seen struct {
		*processv1.Trace_Span
		process string
	}
	spans, named := map[string]seen{}, map[string]seen{}
	for _, part := range parts {
		for _, s := range part.GetSpans() {
			spans[s.GetId()] = seen{s, part.GetProcess()}
			name := s.GetName()[strings.LastIndexByte(s.GetName(), '/')+1:]
			named[name+" "+s.GetKind()] = spans[s.GetId()]
		}
	}
	edge, inside := named["checkout server"], named["StartPayment server"]
	if edge.Trace_Span == nil || inside.Trace_Span == nil || inside.process == edge.process || inside.GetFailed() == "" {
		t.Fatalf("got %v, want the edge's span, and in another process the call that failed", parts)
	}
	for _, step := range []string{"StartPayment client", "PlaceOrder ", "checkout server"} {
		above, ok := spans[inside.GetParent()]
		if want := named[step]; !ok || above.GetId() != want.GetId() || above.process != edge.process {
			t.Fatalf("%s hangs from %q, want %q in the first process: %v", inside.GetName(), above.GetName(), step, parts)
		}
		inside = above
	}
	if well, order := named["Quote "], named["PlaceOrder "]; well.Trace_Span == nil || well.GetFailed() != "" || well.process != order.process {
		t.Errorf("got %v, want the quote, which went well, too", parts)
	}
}
