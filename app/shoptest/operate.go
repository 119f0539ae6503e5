package shoptest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"

	"galleria/app"
	"galleria/app/cli"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/certs"
	"galleria/platform/route"
)

// Run runs a command line in this process, as an operator beside the shop
// would, and gives what it printed and its exit code.
func (s *Shop) Run(t testing.TB, args ...string) (output string, code int) {
	t.Helper()
	return s.RunWith(t, "", args...)
}

// RunWith is Run of a command that reads what is typed.
func (s *Shop) RunWith(t testing.TB, typed string, args ...string) (output string, code int) {
	t.Helper()
	var out bytes.Buffer
	code = cli.Main(append(args, "--config", s.ConfigFile()), cli.Program{
		Stdin: bytes.NewBufferString(typed), Stdout: &out, Stderr: &out,
	})
	return out.String(), code
}

// Row is a module in `galleria modules --json`.
type Row struct {
	Module, Mode, Place, Problem, Progress string
	Healthy                                bool
	Endpoints                              []struct{ Address, Problem string }
	Calls, Errors                          int64
	DeadLetters                            int64  `json:"dead_letters"`
	StoreID                                string `json:"store_id"`
}

// AllWell tells whether calls go to that many processes, each of them well.
func (r Row) AllWell(endpoints int) bool {
	for _, e := range r.Endpoints {
		if e.Problem != "" {
			return false
		}
	}
	return len(r.Endpoints) == endpoints
}

// Table asks the shop where its modules are; nil when it does not answer.
func (s *Shop) Table(t testing.TB) map[string]Row {
	t.Helper()
	out, code := s.Run(t, "modules", "--json")
	if code != 0 {
		return nil
	}
	var said struct{ Modules []Row }
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatalf("modules --json: %v in\n%s", err, out)
	}
	table := map[string]Row{}
	for _, r := range said.Modules {
		table[r.Module] = r
	}
	return table
}

// AwaitHealthy waits until each module is where the configuration has it, and
// well.
func (s *Shop) AwaitHealthy(t testing.TB) {
	t.Helper()
	s.Await(t, "all modules are in their places and healthy", func() bool {
		table := s.Table(t)
		return table != nil && !slices.ContainsFunc(Modules, func(m string) bool {
			return !table[m].Healthy || table[m].Mode != s.mode(m)
		})
	})
}

func (s *Shop) mode(module string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote[module] {
		return string(route.ModeRemote)
	}
	return string(route.ModeLocal)
}

// Move runs `galleria move` and wants it done. It edits galleria.yaml itself, so
// it is not for tests that call Place.
func (s *Shop) Move(t testing.TB, module, mode string, rest ...string) {
	t.Helper()
	if out, code := s.Run(t, append([]string{"move", module, mode}, rest...)...); code != 0 {
		t.Fatalf("galleria move %s %s ended with %d:\n%s", module, mode, code, out)
	}
}

// Place writes into galleria.yaml that modules are remote or local.
func (s *Shop) Place(t testing.TB, mode route.Mode, modules ...string) {
	t.Helper()
	s.mu.Lock()
	for _, m := range modules {
		s.remote[m] = mode == route.ModeRemote
	}
	s.mu.Unlock()
	s.writeConfig(t)
}

// PlaceAt writes into galleria.yaml that a module is remote at an address.
func (s *Shop) PlaceAt(t testing.TB, module, address string) {
	t.Helper()
	s.mu.Lock()
	s.overrides[module], s.remote[module] = address, true
	s.mu.Unlock()
	s.writeConfig(t)
}

// PlaceBack undoes PlaceAt: the module is local, at its own address.
func (s *Shop) PlaceBack(t testing.TB, module string) {
	t.Helper()
	s.mu.Lock()
	delete(s.overrides, module)
	s.remote[module] = false
	s.mu.Unlock()
	s.writeConfig(t)
}

// operator speaks to the shop's modules as the command line does.
type operator struct {
	conn *grpc.ClientConn
}

var operating sync.Mutex // the authority is made once, and read by many

func (s *Shop) operator(t testing.TB) operator {
	t.Helper()
	operating.Lock()
	defer operating.Unlock()
	authority, err := certs.OpenAuthority(app.AuthorityDir(app.Config{Data: s.Data()}))
	if err != nil {
		t.Fatal(err)
	}
	id, err := certs.FromAuthority(authority, certs.Rights{Speaks: []string{app.Operator}})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := route.Dial(s.Address("rpc"), id.Client())
	if err != nil {
		t.Fatal(err)
	}
	return operator{conn}
}

func (o operator) Invoke(ctx context.Context, method string, in, out any, options ...grpc.CallOption) error {
	return o.conn.Invoke(route.WithCaller(ctx, app.Operator), method, in, out, options...)
}

func (o operator) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return o.conn.NewStream(route.WithCaller(ctx, app.Operator), desc, method, options...)
}

// Ship notes that an order has left; the answer may be lost with the process.
func (s *Shop) Ship(t testing.TB, o Order) error {
	t.Helper()
	return s.Operate(t, func(ctx context.Context, shop grpc.ClientConnInterface) error {
		_, err := ordersv1.NewOrdersServiceClient(shop).ShipOrder(ctx, &ordersv1.ShipOrderRequest{OrderId: o.ID, IdempotencyKey: o.ID})
		return err
	})
}

// Unpaid is the order that the page of payment at a location is of.
func (s *Shop) Unpaid(t testing.TB, location string) Order {
	t.Helper()
	var back string
	err := s.Operate(t, func(ctx context.Context, shop grpc.ClientConnInterface) error {
		r, err := paymentsv1.NewPaymentsServiceClient(shop).GetSandboxSession(ctx, &paymentsv1.GetSandboxSessionRequest{
			Session: location[strings.LastIndex(location, "/")+1:],
		})
		back = r.GetSession().GetCancelUrl()
		return err
	})
	order, ok := OrderAt(back)
	if err != nil || !ok {
		t.Fatalf("the order that is paid at %s: got %q, %v", location, back, err)
	}
	return order
}

// Operate lets an operator ask a module of the shop; the answer may be lost with
// the process.
func (s *Shop) Operate(t testing.TB, do func(ctx context.Context, shop grpc.ClientConnInterface) error) error {
	t.Helper()
	operator := s.operator(t)
	defer operator.conn.Close()
	return do(t.Context(), operator)
}
