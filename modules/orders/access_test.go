package orders_test

import (
	"context"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/orders/orderstest"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/identity"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// TestWhoMayDoWhatWithAnOrder asks for every method that is about one order, or about
// those of all customers, as each kind of caller.
func TestWhoMayDoWhatWithAnOrder(t *testing.T) {
	for _, mode := range []route.Mode{route.ModeLocal, route.ModeLoopback} {
		t.Run(string(mode), func(t *testing.T) {
			moduletest.Local(t, world(), mode, func(t *testing.T, connect moduletest.Connect) {
				w := connected(connect)
				outside := ordersv1.NewOrdersServiceClient(connect("orders")) // as the edge calls: with no rights of its own
				shop := orderstest.NewShop(t, w)
				sku := shop.Stock(10_000, 1000)
				other := shop.Place(sku, 1).GetToken()
				for who, as := range callers(t) {
					for name, m := range methods {
						placed := shop.Place(sku, 1)
						for i, what := range []string{"without the token", "with the token of another order"} {
							err := m.call(as(t.Context(), placed.GetOrder().GetContact().GetEmail()), outside, placed.GetOrder().GetId(), []string{"", other}[i])
							want := codes.OK
							switch {
							case m.allowed[who]:
							case m.staff:
								want = codes.PermissionDenied
							default:
								want = codes.NotFound
							}
							if got := status.Code(err); got != want && !(want == codes.OK && got == codes.FailedPrecondition) {
								t.Errorf("%s as %s %s: got %v, want %s", name, who, what, err, want)
							}
							if want == codes.PermissionDenied && !contract.Is(err, ordersv1.Reason_REASON_NOT_ALLOWED) {
								t.Errorf("%s as %s: got %v, want the reason NOT_ALLOWED", name, who, err)
							}
						}
					}
				}
			})
		})
	}
}

// callers put a statement into the context of a call about an order of an address.
func callers(t *testing.T) map[string]func(context.Context, string) context.Context {
	sign := func(who identity.Identity) func(context.Context, string) context.Context {
		return func(ctx context.Context, email string) context.Context {
			if who.Email == "the order's" {
				who.Email = strings.ToUpper(email[:1]) + email[1:]
			}
			return orderstest.As(t, ctx, who)
		}
	}
	forger, err := identity.NewSigner([]byte(strings.Repeat("f", ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context, string) context.Context{
		"nobody":                  func(ctx context.Context, _ string) context.Context { return ctx },
		"its customer":            sign(identity.Identity{Subject: "a", Email: "the order's", Roles: []string{"customer"}}),
		"another customer":        sign(identity.Identity{Subject: "b", Email: "ben@example.com", Roles: []string{"customer"}}),
		"a customer not verified": sign(identity.Identity{Subject: "c", Roles: []string{"customer"}}),
		"an operator":             sign(identity.Identity{Subject: "o", Roles: []string{"customer", identity.Operator}}),
		"an administrator":        sign(identity.Identity{Subject: "d", Roles: []string{"customer", identity.Operator, identity.Admin}}),
		"a program that reads":    sign(identity.Identity{Subject: "key:1", Scopes: []string{"orders:read"}}),
		"a program that writes":   sign(identity.Identity{Subject: "key:2", Scopes: []string{"orders:write"}}),
		"a program for stock":     sign(identity.Identity{Subject: "key:3", Email: "the order's", Scopes: []string{"stock:read", "stock:write"}}),
		"a forger": func(ctx context.Context, _ string) context.Context {
			statement, err := forger.Sign(identity.Identity{Subject: "e", Roles: []string{identity.Admin}, Expires: time.Now().Add(time.Minute)})
			if err != nil {
				t.Fatal(err)
			}
			return identity.With(ctx, statement)
		},
	}
}

func only(who ...string) map[string]bool {
	all := map[string]bool{}
	for _, each := range who {
		all[each] = true
	}
	return all
}

var (
	readers = only("an operator", "an administrator", "a program that reads")
	writers = only("an operator", "an administrator", "a program that writes")
)

// methods are all that are about an order; FAILED_PRECONDITION is an answer too.
var methods = map[string]struct {
	// staff says that others are refused, and not told that there is no such order.
	staff   bool
	allowed map[string]bool
	call    func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, token string) error
}{
	"GetOrder": {false, only("its customer", "an operator", "an administrator", "a program that reads"), func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, token string) error {
		_, err := orders.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: order, Token: token})
		return err
	}},
	"PayOrder": {false, only("its customer"), func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, token string) error {
		_, err := orders.PayOrder(ctx, &ordersv1.PayOrderRequest{OrderId: order, Token: token})
		return err
	}},
	"CancelOrder": {false, only("its customer"), func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, token string) error {
		_, err := orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: order, Token: token})
		return err
	}},
	"CancelOrder as an operator": {true, writers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, _ string) error {
		_, err := orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: order, Operator: true})
		return err
	}},
	"FindOrder": {true, readers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, _ string) error {
		_, err := orders.FindOrder(ctx, &ordersv1.FindOrderRequest{Number: order})
		return err
	}},
	"ListOrders": {true, readers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, _, _ string) error {
		_, err := orders.ListOrders(ctx, &ordersv1.ListOrdersRequest{})
		return err
	}},
	"ListMyOrders": {true, only("its customer", "another customer", "a customer not verified", "an operator", "an administrator"), func(ctx context.Context, orders ordersv1.OrdersServiceClient, _, _ string) error {
		_, err := orders.ListMyOrders(ctx, &ordersv1.ListMyOrdersRequest{})
		return err
	}},
	"ShipOrder": {true, writers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, _ string) error {
		_, err := orders.ShipOrder(ctx, &ordersv1.ShipOrderRequest{OrderId: order, IdempotencyKey: id.New()})
		return err
	}},
	"RefundOrder": {true, writers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, _ string) error {
		_, err := orders.RefundOrder(ctx, &ordersv1.RefundOrderRequest{OrderId: order, AmountMinor: 1, IdempotencyKey: id.New()})
		return err
	}},
	"ReturnItems": {true, writers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, _ string) error {
		_, err := orders.ReturnItems(ctx, &ordersv1.ReturnItemsRequest{OrderId: order, IdempotencyKey: id.New(), Pieces: []*ordersv1.Piece{{LineId: "x", Quantity: 1}}})
		return err
	}},
	"AddNote": {true, writers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, _ string) error {
		_, err := orders.AddNote(ctx, &ordersv1.AddNoteRequest{OrderId: order, Text: "a note", IdempotencyKey: id.New()})
		return err
	}},
	"GetTotals": {true, readers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, _, _ string) error {
		_, err := orders.GetTotals(ctx, &ordersv1.GetTotalsRequest{CurrencyCode: "EUR", Unit: ordersv1.GetTotalsRequest_UNIT_DAY, Count: 1, Until: timestamppb.Now()})
		return err
	}},
	"ResolveAttention": {true, writers, func(ctx context.Context, orders ordersv1.OrdersServiceClient, order, _ string) error {
		_, err := orders.ResolveAttention(ctx, &ordersv1.ResolveAttentionRequest{OrderId: order, Action: ordersv1.ResolveAttentionRequest_ACTION_CLOSE, Reason: "a reason", IdempotencyKey: id.New()})
		return err
	}},
}

func TestEveryMethodAboutOrdersIsAskedForAsEveryCaller(t *testing.T) {
	for _, m := range ordersv1.OrdersService_ServiceDesc.Methods {
		if _, asked := methods[m.MethodName]; !asked && m.MethodName != "PlaceOrder" && m.MethodName != "GetUnpaidOrder" { // who has a cart may
			t.Errorf("%s is not asked for as every caller: add it to methods", m.MethodName)
		}
	}
}
