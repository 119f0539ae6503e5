package notificationstest

import (
	"context"
	"sync"
	"testing/fstest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/events"
	"galleria/platform/id"
	"galleria/platform/module"
)

// Publisher is a stand-in for orders that sells nothing and publishes: its
// PlaceOrder makes an order of two fixed lines for whoever asks, whatever the
// cart, and appends OrderConfirmed to its outbox; its CancelOrder appends
// OrderCancelled. The other methods are not there.
func Publisher() module.Definition {
	return module.Definition{
		Name:       "orders",
		Contract:   &ordersv1.OrdersService_ServiceDesc,
		Migrations: fstest.MapFS{}, // a database for the outbox, without tables of its own
		New: func(h module.Host) (*module.Instance, error) {
			return &module.Instance{Server: &publisher{db: h.DB, now: h.Now, placed: map[string]*ordersv1.PlaceOrderResponse{}}}, nil
		},
	}
}

type publisher struct {
	ordersv1.UnimplementedOrdersServiceServer
	db  *database.DB
	now func() time.Time

	mu     sync.Mutex
	placed map[string]*ordersv1.PlaceOrderResponse // by idempotency key
}

// PlaceOrder publishes OrderConfirmed, once per key.
func (p *publisher) PlaceOrder(ctx context.Context, r *ordersv1.PlaceOrderRequest) (*ordersv1.PlaceOrderResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if before := p.placed[r.GetIdempotencyKey()]; before != nil {
		return before, nil
	}
	answer := &ordersv1.PlaceOrderResponse{Order: sold(r, p.now()), Token: id.Secret()}
	err := p.publish(ctx, answer.GetOrder(), &ordersv1.OrderConfirmed{
		Order: answer.GetOrder(), Token: answer.GetToken(), At: timestamppb.New(p.now()),
	})
	if err != nil {
		return nil, err
	}
	p.placed[r.GetIdempotencyKey()] = answer
	return answer, nil
}

// CancelOrder publishes OrderCancelled, once per order.
func (p *publisher) CancelOrder(ctx context.Context, r *ordersv1.CancelOrderRequest) (*ordersv1.CancelOrderResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, placed := range p.placed {
		o := placed.GetOrder()
		if o.GetId() != r.GetOrderId() {
			continue
		}
		if o.GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CANCELLED {
			cancelled := proto.CloneOf(o)
			cancelled.Status = ordersv1.OrderStatus_ORDER_STATUS_CANCELLED
			cancelled.RefundedMinor = o.GetTotalMinor()
			err := p.publish(ctx, cancelled, &ordersv1.OrderCancelled{
				Order: cancelled, Token: placed.GetToken(), At: timestamppb.New(p.now()),
			})
			if err != nil {
				return nil, err
			}
			placed.Order = cancelled
		}
		return &ordersv1.CancelOrderResponse{Order: placed.GetOrder()}, nil
	}
	return nil, contract.Error(codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, "no such order")
}

func (p *publisher) publish(ctx context.Context, o *ordersv1.Order, event proto.Message) error {
	return p.db.Write(ctx, func(tx *gorm.DB) error { return events.Append(tx, p.now(), o.GetId(), event) })
}

// sold is what everybody buys here; a name that is markup shows whether it is
// treated as text.
func sold(r *ordersv1.PlaceOrderRequest, now time.Time) *ordersv1.Order {
	return &ordersv1.Order{
		Id: id.New(), Status: ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED, Contact: r.GetContact(), Address: r.GetAddress(),
		Lines: []*ordersv1.Line{
			{Sku: "lamp", Name: "Oak Desk Lamp", Quantity: 2, UnitPriceMinor: 104550, TotalMinor: 209100},
			{Sku: "mug", Name: `Mug "Tom & Ida" <b>`, Quantity: 1, UnitPriceMinor: 1290, TotalMinor: 1290},
		},
		CurrencyCode: "EUR", TotalMinor: 210390, CardBrand: "visa", CardLast4: "4242", CreatedAt: timestamppb.New(now),
	}
}
