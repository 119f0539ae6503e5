package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	cartv1 "galleria/modules/cart/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/route"
)

type saysOrder struct {
	ordersv1.UnimplementedOrdersServiceServer
	order *ordersv1.Order
}

func (s saysOrder) GetOrder(context.Context, *ordersv1.GetOrderRequest) (*ordersv1.GetOrderResponse, error) {
	return &ordersv1.GetOrderResponse{Order: s.order}, nil
}

type saysMail struct {
	notificationsv1.UnimplementedNotificationsServiceServer
	mail *notificationsv1.Mail
}

func (s saysMail) GetMail(context.Context, *notificationsv1.GetMailRequest) (*notificationsv1.GetMailResponse, error) {
	return &notificationsv1.GetMailResponse{Mail: s.mail}, nil
}

type saysCart struct {
	cartv1.UnimplementedCartServiceServer
	cart *cartv1.Cart
}

func (s saysCart) GetCart(context.Context, *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) {
	return &cartv1.GetCartResponse{Cart: s.cart}, nil
}

// TestAShadowKeepsNothingPersonal: operators look at the answers in which the arms
// of a shadow differ. Whose they are must not be among what they see.
func TestAShadowKeepsNothingPersonal(t *testing.T) {
	order := func(of string) *ordersv1.Order {
		return &ordersv1.Order{
			Id: "same", Number: of,
			Contact: &ordersv1.Contact{Email: "private" + of, Name: "private" + of},
			Address: &ordersv1.Address{Line1: "private" + of, Line2: "private" + of, City: "private" + of, PostalCode: "private" + of},
		}
	}
	mail := func(of string) *notificationsv1.Mail {
		return &notificationsv1.Mail{Id: of, To: "private" + of, Subject: "private" + of, Problem: "private" + of, Text: "private" + of, Html: "private" + of}
	}
	get := func(client ordersv1.OrdersServiceClient) error {
		_, err := client.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: "same"})
		return err
	}
	for name, c := range map[string]struct {
		desc          *grpc.ServiceDesc
		first, second any
		call          func(conn grpc.ClientConnInterface) error
		shown         string // a field that tells nothing of the buyer
	}{
		"an order": {&ordersv1.OrdersService_ServiceDesc, saysOrder{order: order("1")}, saysOrder{order: order("2")},
			func(conn grpc.ClientConnInterface) error { return get(ordersv1.NewOrdersServiceClient(conn)) }, ""},
		"an order without its buyer": {&ordersv1.OrdersService_ServiceDesc, saysOrder{order: order("1")}, saysOrder{order: &ordersv1.Order{Id: "same", Number: "2"}},
			func(conn grpc.ClientConnInterface) error { return get(ordersv1.NewOrdersServiceClient(conn)) }, "order.number"},
		"a mail": {&notificationsv1.NotificationsService_ServiceDesc, saysMail{mail: mail("1")}, saysMail{mail: mail("2")},
			func(conn grpc.ClientConnInterface) error {
				_, err := notificationsv1.NewNotificationsServiceClient(conn).GetMail(t.Context(), &notificationsv1.GetMailRequest{Id: "1"})
				return err
			}, "mail.id"},
		"a cart": {&cartv1.CartService_ServiceDesc, saysCart{cart: &cartv1.Cart{Id: "private1", SubtotalMinor: 1}}, saysCart{cart: &cartv1.Cart{Id: "private2", SubtotalMinor: 2}},
			func(conn grpc.ClientConnInterface) error {
				_, err := cartv1.NewCartServiceClient(conn).GetCart(t.Context(), &cartv1.GetCartRequest{CartId: "private0"})
				return err
			}, "cart.subtotal_minor"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := route.New("module", c.desc, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			var arms []*route.Target
			for _, server := range []any{c.first, c.second} {
				arm, err := r.NewLocal(server, route.LocalOptions{})
				if err != nil {
					t.Fatal(err)
				}
				arms = append(arms, arm)
			}
			r.Point(r.NewShadow(arms[0], arms[1]))
			if err := c.call(r.For("tester")); err != nil {
				t.Fatal(err)
			}
			differences := firstDifferences(t, r)
			if text := fmt.Sprint(differences); strings.Contains(text, "private") || !strings.Contains(text, c.shown) {
				t.Errorf("kept %s, want %q shown and nothing private", text, c.shown)
			}
		})
	}
}

// firstDifferences waits until a pair of answers has been compared.
func firstDifferences(t *testing.T, r *route.Route) []route.Difference {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, c := range r.Comparisons() {
			if len(c.Samples) > 0 {
				return c.Samples[0].Differences
			}
		}
	}
	t.Fatal("no pair of answers that differ was kept")
	return nil
}
