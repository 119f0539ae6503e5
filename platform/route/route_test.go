package route

import (
	"context"
	"log/slog"
	"testing"

	ordersv1 "galleria/modules/orders/v1"
)
type tmp struct { ordersv1.UnimplementedOrdersServiceServer; o *ordersv1.Order }
func (s tmp) GetOrder(ctx context.Context, r *ordersv1.GetOrderRequest) (*ordersv1.GetOrderResponse, error) { return &ordersv1.GetOrderResponse{Order: s.o}, nil }
func order(n int) *ordersv1.Order {
	o := &ordersv1.Order{Id: "01jd0000000000000000000000", Status: 4, Contact: &ordersv1.Contact{Email: "ana@example.org", Name: "Ana B"}, Address: &ordersv1.Address{Line1: "Long street 4", City: "Porto", PostalCode: "12344", Country: "PT"}, CurrencyCode: "EUR", TotalMinor: 1200}
	for range n { o.Lines = append(o.Lines, &ordersv1.Line{Sku: "LMP-ARC-01", Name: "Arc lamp", Slug: "arc-lamp", Picture: "arc.svg", Quantity: 1, UnitPriceMinor: 12, TotalMinor: 12}) }
	return o
}
func BenchmarkLocal(b *testing.B) {
	for _, n := range []int{1, 5} {
		for _, mode := range []string{"local", "loopback"} {
		b.Run(mode, func(b *testing.B) {
			r, err := New("orders", &ordersv1.OrdersService_ServiceDesc, slog.Default())
			if err != nil { b.Fatal(err) }
			f := r.NewLocal
			if mode == "loopback" { f = r.NewLoopback }
			t, err := f(tmp{o: order(n)}, LocalOptions{})
			if err != nil { b.Fatal(err) }
			r.Point(t)
			c := ordersv1.NewOrdersServiceClient(r.For("edge"))
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: "x", Token: "y"}); err != nil { b.Fatal(err) }
			}
		})
		}
	}
}
