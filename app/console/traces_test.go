package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"galleria/app/auditlog"
	_ "galleria/modules/accounts/v1" // the event below
	"galleria/platform/telemetry"
)

func TestATraceIsAWaterfallAcrossProcessesWithItsLinesOfTheLog(t *testing.T) {
	s := open(t, newTeam())
	_, body := s.ask("GET", "/console/traces/trace-1", "operator", nil)
	for what, want := range map[string]string{
		"the request": "POST /checkout", "what it called": `class="d1"`, "what that called, in another process": `class="d2"`, "why that failed": "Unavailable",
		"its bar": `<rect x="300.0" y="1" width="500.0"`, "the order": "G-1", "the process": "<td>payments</td>", "its lines": "level=WARN msg=&lt;away&gt; request_id=request-1",
		"who was not asked": "Not asked: cart: it hangs",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the trace lacks %s (%q)", what, want)
		}
	}
	if r, _ := s.ask("GET", "/console/traces/unknown", "operator", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("a trace that nobody kept: got %d, want 404", r.StatusCode)
	}
}

func TestTracesAreListedByWhatIsAskedAndOneThatIsFoundIsShown(t *testing.T) {
	s := open(t, newTeam())
	_, body := s.ask("GET", "/console/traces?by=slowest", "operator", nil)
	if slow, quick := strings.Index(body, "/console/traces/trace-2"), strings.Index(body, "/console/traces/trace-1"); slow < 0 || quick < slow {
		t.Errorf("the slowest first: got the slow one at %d and the quick one at %d", slow, quick)
	}
	if _, body := s.ask("GET", "/console/traces?by=failed", "operator", nil); strings.Contains(body, "trace-2") || !strings.Contains(body, "trace-1") {
		t.Error("those that failed: want trace-1 alone")
	}
	if r, _ := s.ask("GET", "/console/traces?q=request-1", "operator", nil); r.Header.Get("Location") != "/console/traces/trace-1" {
		t.Errorf("a request's id leads to %q, want its trace", r.Header.Get("Location"))
	}
	if _, body := s.ask("GET", "/console/rooms/nothing", "operator", nil); !strings.Contains(body, `href="/console/traces?q=`) {
		t.Error("the request's id on a page of an error does not lead to its trace")
	}
}

func TestAShadowIsShownFieldByField(t *testing.T) {
	s := open(t, newTeam())
	s.shop.place("shadow", "shadow: local, compared with remote at 10.0.0.7:7071", "", "")
	_, body := s.ask("GET", "/console/rooms/catalog", "operator", nil)
	for !strings.Contains(body, "shadow: local") { // as it is at the next look
		_, body = s.ask("GET", "/console/rooms/catalog", "operator", nil)
	}
	for _, want := range []string{"offers[0].title", "Mug", "&lt;Cup&gt;", "request-7", "<td>40</td>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the room of a shadow lacks %q", want)
		}
	}
}

func TestADeadLetterIsGivenUpAfterAQuestion(t *testing.T) {
	s := open(t, newTeam())
	if r, body := s.ask("GET", "/console/events/catalog/event-1/discard", "operator", nil); r.StatusCode != http.StatusOK || !strings.Contains(body, "never handled") {
		t.Errorf("the question: got %d", r.StatusCode)
	}
	if len(s.shop.discarded) != 0 {
		t.Errorf("given up by a question: %v", s.shop.discarded)
	}
	for id, want := range map[string]int{"": http.StatusBadRequest, "event-9": http.StatusNotFound, "event-1": http.StatusSeeOther} {
		if r, _ := s.ask("POST", "/console/events/catalog/discard", "operator", url.Values{"id": {id}}); r.StatusCode != want {
			t.Errorf("id %q: got %d, want %d", id, r.StatusCode, want)
		}
	}
	if len(s.shop.discarded) != 1 {
		t.Errorf("given up: %v, want one", s.shop.discarded)
	}
	if found, _, err := s.console.Audit.Find(auditlog.Filter{Action: "gave up", Limit: 10}); err != nil || len(found) != 1 || found[0].Who != "olga@example.org" {
		t.Errorf("the audit log has %v and error %v, want who gave it up", found, err)
	}
}

func TestAnEventIsShownWithoutWhatItsContractMarksAsSecret(t *testing.T) {
	const reset = "accounts.v1.ResetRequested"
	if got := redacted(reset, `{"email":"ana@example.org","link":"https://shop/reset?token=1","unknown":1}`); strings.Contains(got, "ana@") || strings.Contains(got, "token") || !strings.HasPrefix(got, "{") {
		t.Errorf("got %s, want neither address nor link", got)
	}
	for _, strange := range []string{redacted("a.v1.Stranger", `{"a":"a secret thing"}`), redacted(reset, "{")} {
		if strings.Contains(strange, "a secret thing") || strange == "" {
			t.Errorf("got %q, want only why it is not shown", strange)
		}
	}
}

// steps keeps the steps that have ended.
type steps struct {
	tracetest.SpanRecorder
	mu    sync.Mutex
	ended []*telemetry.Step
}

func (s *steps) OnArrival(trace.TraceID) {}

func (s *steps) OnStep(step *telemetry.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, step)
}

// The request's id on a page of an error leads to its trace only if there is one.
func TestRequestsToTheConsoleAreTracedButNotItsStream(t *testing.T) {
	noted := &steps{}
	shutdown, err := telemetry.Setup(t.Context(), telemetry.TraceOptions{Keeper: noted, Service: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shutdown(t.Context()) }()
	s := open(t, newTeam())
	s.ask("GET", "/console/live", "", nil)
	r, _ := s.ask("GET", "/console/rooms/nothing", "operator", nil)
	noted.mu.Lock()
	defer noted.mu.Unlock()
	if len(noted.ended) != 1 || noted.ended[0].Name != "GET /console/rooms/:module" {
		t.Fatalf("got %d steps, want that of the page alone", len(noted.ended))
	}
	attributes := noted.ended[0].Attributes()
	if !slices.Contains(attributes, attribute.String("request_id", r.Header.Get("X-Request-Id"))) {
		t.Errorf("the step has the attributes %v, want the request's id", attributes)
	}
}
