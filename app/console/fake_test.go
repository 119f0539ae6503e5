package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/auditlog"
	"galleria/app/edge"
	"galleria/app/floorplan"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	settingsv1 "galleria/modules/settings/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
)

// team is a Staff of people who are known by their session.
type team map[string]Person

func (t team) Check(_ context.Context, session string) (Person, error) {
	if p, ok := t[session]; ok {
		return p, nil
	}
	return Person{}, ErrNoSession
}

func (t team) LogIn(_ context.Context, l LogIn) (string, error) {
	switch {
	case l.Email == "tired@example.org":
		return "", TooMany{"7"}
	case l.Password != "right":
		return "", ErrWrong
	case l.Email == "admin@example.org" && l.Code == "":
		return "", ErrNeedsCode
	case l.Email == "admin@example.org" && l.Code == "123456":
		return "admin", nil
	case l.Email == "olga@example.org":
		return "operator", nil
	}
	return "", ErrWrong
}

func (t team) BeginPasskey(context.Context, string) (string, error) {
	return `{"challenge":"AAAA"}`, nil
}

func (t team) LogInByPasskey(_ context.Context, l PasskeyLogIn) (string, error) {
	if l.Credential != "olga's" || len(l.Browser) < 22 {
		return "", ErrWrong
	}
	return "operator", nil
}

func (t team) LogOut(_ context.Context, session string) error { delete(t, session); return nil }

// The session "ending" ends right after it was checked.
const ending = "ending"

func (t team) HasPasskey(_ context.Context, session string) (bool, error) {
	if session == ending {
		return false, ErrNoSession
	}
	return session == "keyed", nil
}

func (t team) BeginConfirmation(_ context.Context, session string) (string, error) {
	if session == ending {
		return "", ErrNoSession
	}
	return `{"challenge":"for ` + session + `"}`, nil
}

// ConfirmByPasskey takes what was signed for the session, in a word.
func (t team) ConfirmByPasskey(_ context.Context, session, credential string) error {
	if session != "keyed" || credential != "signed" {
		return ErrWrong
	}
	return nil
}

func (t team) Confirm(_ context.Context, _, code string) error {
	if code != "123456" {
		return ErrWrong
	}
	return nil
}

// burning is a team whose codes begin with 12345 and are good once.
type burning struct {
	team
	used map[string]bool
}

func (b burning) Confirm(_ context.Context, _, code string) error {
	if b.used[code] || !strings.HasPrefix(code, "12345") {
		return ErrWrong
	}
	b.used[code] = true
	return nil
}

func newTeam() team {
	return team{
		"admin":           {Email: "admin@example.org", Staff: true, Admin: true, HasFactor: true, FactorDone: true},
		"operator":        {Email: "olga@example.org", Staff: true},
		"customer":        {Email: "ana@example.org"},
		"admin-no-factor": {Email: "new@example.org", Staff: true, Admin: true},
		"factor-missing":  {Email: "half@example.org", Staff: true, HasFactor: true},
	}
}

// shop is a main process that says what a test wants.
type shop struct {
	processv1.UnimplementedProcessServiceServer
	mu     sync.Mutex
	calls  int64
	resent []string
	broken error
	// announced are moves that were, and catalog says where that module is.
	announced []string
	catalog   *processv1.ModulesResponse_Module
	discarded []string
}

// A request that went through two processes, and failed in the second one.
func (s *shop) FindTraces(_ context.Context, in *processv1.FindTracesRequest) (*processv1.FindTracesResponse, error) {
	began := time.Unix(1000, 0)
	span := func(id, parent, name string, after, took time.Duration, failed string, attributes map[string]string) *processv1.Trace_Span {
		return &processv1.Trace_Span{Id: id, Parent: parent, Name: name, At: timestamppb.New(began.Add(after)), Took: durationpb.New(took), Failed: failed, Attributes: attributes}
	}
	trace := []*processv1.Trace{
		{Process: "main", TraceId: "trace-1", Spans: []*processv1.Trace_Span{
			span("b", "a", "orders.v1.OrdersService/PlaceOrder", 10*time.Millisecond, 80*time.Millisecond, "", map[string]string{"caller": "edge", "order": "G-1"}),
			span("a", "", "POST /checkout", 0, 100*time.Millisecond, "", map[string]string{"request_id": "request-1"}),
		}},
		{Process: "payments", TraceId: "trace-1", Spans: []*processv1.Trace_Span{
			span("c", "b", "payments.v1.<PaymentsService>/StartPayment", 30*time.Millisecond, 50*time.Millisecond, "Unavailable", nil),
		}},
	}
	other := &processv1.Trace{Process: "main", TraceId: "trace-2", Spans: []*processv1.Trace_Span{span("d", "", "GET /", time.Second, 700*time.Millisecond, "", nil)}}
	switch {
	case in.GetTraceId() == "trace-1", in.GetText() == "request-1", in.GetBy() == processv1.FindTracesRequest_BY_FAILED:
		return &processv1.FindTracesResponse{Traces: trace, Problems: []string{"cart: it hangs"}}, nil
	case in.GetTraceId() == "" && in.GetText() == "":
		return &processv1.FindTracesResponse{Traces: append(trace, other)}, nil
	}
	return &processv1.FindTracesResponse{}, nil
}

func (s *shop) FindLines(_ context.Context, in *processv1.FindLinesRequest) (*processv1.FindLinesResponse, error) {
	return &processv1.FindLinesResponse{Lines: []*processv1.FindLinesResponse_Line{
		{Process: "payments", At: timestamppb.New(time.Unix(1000, 0)), Text: "level=WARN msg=<away> " + in.GetKey() + "=" + in.GetValue()},
	}}, nil
}

func (s *shop) DiscardDeadLetters(_ context.Context, in *processv1.DiscardDeadLettersRequest) (*processv1.DiscardDeadLettersResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.GetEventIds()[0] != "event-1" {
		return nil, status.Error(codes.NotFound, "no such dead letter")
	}
	s.discarded = append(s.discarded, in.GetModule()+"/"+in.GetEventIds()[0])
	return &processv1.DiscardDeadLettersResponse{Discarded: 1}, nil
}

func (s *shop) Compare(context.Context, *processv1.CompareRequest) (*processv1.CompareResponse, error) {
	return &processv1.CompareResponse{Methods: []*processv1.CompareResponse_Method{{
		Method: "/catalog.v1.CatalogService/GetOffers", Counts: map[string]int64{"same": 40, "result": 2},
		Samples: []*processv1.CompareResponse_Sample{{Kind: "result", At: timestamppb.New(time.Unix(0, 0)), RequestId: "request-7",
			Differences: []*processv1.CompareResponse_Difference{{Path: "offers[0].title", First: "Mug", Second: "<Cup>"}}}},
	}}}, nil
}

func (s *shop) Announce(_ context.Context, in *processv1.AnnounceRequest) (*processv1.AnnounceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.announced = append(s.announced, in.GetModule()+" by "+in.GetWho()+": "+in.GetWhy())
	return &processv1.AnnounceResponse{}, nil
}

// place says where catalog is, and where it is to get to.
func (s *shop) place(mode, place, wanted, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catalog = &processv1.ModulesResponse_Module{Module: "catalog", Mode: mode, Place: place, Settings: place, Wanted: wanted, WantedProblem: problem, Healthy: true}
}

func (s *shop) Modules(context.Context, *processv1.ModulesRequest) (*processv1.ModulesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := func(name string) *processv1.ModulesResponse_Module {
		return &processv1.ModulesResponse_Module{
			Module: name, Mode: "local", Place: "local", Settings: "local", Healthy: true, Arms: []*processv1.ModulesResponse_Arm{{}},
			Endpoints: []*processv1.ModulesResponse_Endpoint{{Process: "main", Generation: 3}},
		}
	}
	catalog := row("catalog")
	catalog.DeadLetters = 1
	if s.catalog != nil {
		catalog = s.catalog
	}
	return &processv1.ModulesResponse{Modules: []*processv1.ModulesResponse_Module{catalog, row("cart")}}, s.broken
}

func (s *shop) Processes(context.Context, *processv1.ProcessesRequest) (*processv1.ProcessesResponse, error) {
	return &processv1.ProcessesResponse{Processes: []*processv1.Member{{Process: "main", Main: true, Version: "v1.2.3", State: processv1.Member_STATE_ANSWERING}}}, nil
}

func (s *shop) Measure(context.Context, *processv1.MeasureRequest) (*processv1.MeasureResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls += 100
	return &processv1.MeasureResponse{Processes: []*processv1.Measured{{
		Process: "main", Uptime: durationpb.New(time.Hour), MemoryBytes: 64 << 20,
		Lines: []*processv1.Measured_Line{{
			Caller: "cart", Module: "catalog", Method: catalogv1.CatalogService_GetOffers_FullMethodName, Calls: s.calls,
			Reasons: map[string]int64{"NO_SUCH_<PRODUCT>": 4}, Buckets: []*processv1.Measured_Bucket{{UpTo: durationpb.New(time.Millisecond), Calls: s.calls}},
		}},
	}}}, nil
}

func (s *shop) ListChanges(context.Context, *processv1.ListChangesRequest) (*processv1.ListChangesResponse, error) {
	return &processv1.ListChangesResponse{Changes: []*processv1.ListChangesResponse_Change{{At: timestamppb.New(time.Unix(0, 0)), Who: "ana@vm", From: "remote at 10.0.0.1:7071", To: "local", Why: "a test"}}}, nil
}

func (s *shop) ListDeadLetters(_ context.Context, in *processv1.ListDeadLettersRequest) (*processv1.ListDeadLettersResponse, error) {
	return &processv1.ListDeadLettersResponse{DeadLetters: []*processv1.ListDeadLettersResponse_DeadLetter{{
		EventId: "event-1", Type: "cart.v1.<Changed>", Aggregate: "cart-1", Payload: `{"a":"<script>"}`, Error: "no room", Attempts: 5, ParkedAt: timestamppb.New(time.Unix(0, 0)),
	}}}, nil
}

func (s *shop) ResendDeadLetters(_ context.Context, in *processv1.ResendDeadLettersRequest) (*processv1.ResendDeadLettersResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.GetEventIds()[0] != "event-1" {
		return nil, status.Error(codes.NotFound, "no such dead letter")
	}
	s.resent = append(s.resent, in.GetModule()+"/"+in.GetEventIds()[0])
	return &processv1.ResendDeadLettersResponse{Resent: 1}, nil
}

// scene is a console that runs.
type scene struct {
	t       *testing.T
	shop    *shop
	console *Console
	server  *httptest.Server
}

func open(t *testing.T, staff Staff) *scene {
	t.Helper()
	return openWith(t, staff, noModules(t))
}

// noModules are those of a console whose pages are not about what is in the shop.
func noModules(t *testing.T) Needs {
	return Needs{
		Catalog: catalogv1.NewCatalogServiceClient(nowhere{}), Inventory: inventoryv1.NewInventoryServiceClient(nowhere{}),
		Pricing: pricingv1.NewPricingServiceClient(nowhere{}), Orders: ordersv1.NewOrdersServiceClient(nowhere{}),
		Notifications: notificationsv1.NewNotificationsServiceClient(nowhere{}), Accounts: accountsv1.NewAccountsServiceClient(nowhere{}),
		Settings: settingsv1.NewSettingsServiceClient(nowhere{}),
		Webhooks: webhooksv1.NewWebhooksServiceClient(nowhere{}), Cart: cartv1.NewCartServiceClient(nowhere{}),
		Audit: auditlog.New(t.TempDir(), time.Now, slog.New(slog.DiscardHandler)),
	}
}

// nowhere is the way to a module that is away.
type nowhere struct{ grpc.ClientConnInterface }

func (nowhere) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return status.Error(codes.Unavailable, "it is away")
}

// openWith opens a console over a shop.
func openWith(t *testing.T, staff Staff, needs Needs) *scene {
	t.Helper()
	s := &scene{t: t, shop: &shop{}}
	table := floorplan.Table{
		Modules: []module.Definition{
			{Name: "catalog", Contract: &catalogv1.CatalogService_ServiceDesc, Hears: []proto.Message{&cartv1.GetCartRequest{}}},
			{Name: "cart", Contract: &cartv1.CartService_ServiceDesc, Needs: []string{"catalog"}},
		},
		Outside: map[string][]string{"edge": {"cart"}, "operator": {"catalog"}},
	}
	var err error
	needs.Process, needs.Staff, needs.Edge = s.shop, staff, edge.New(edge.Options{TrustedProxies: []netip.Prefix{}})
	s.console, err = New(needs, Options{Table: table, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.console.Run(ctx) })
	s.server = httptest.NewServer(s.console)
	t.Cleanup(func() {
		cancel()
		running.Wait()
		s.server.Close()
	})
	return s
}

// ask sends a request with a session, and follows no redirect.
func (s *scene) ask(method, path, session string, form url.Values, headers ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var b strings.Builder
	if _, err := copyTo(&b, answer); err != nil {
		s.t.Fatal(err)
	}
	return answer, b.String()
}
