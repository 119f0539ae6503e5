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

	accountsv1 "galleria/modules/accounts/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/events"
	"galleria/platform/id"
	"galleria/platform/module"
)

// Heard are the events that notifications subscribes to.
func Heard() []proto.Message {
	return []proto.Message{
		&ordersv1.OrderPlaced{}, &ordersv1.OrderShipped{}, &ordersv1.OrderRefunded{}, &ordersv1.OrderRefundFailed{}, &ordersv1.OrderCancelled{}, &ordersv1.OrderFailed{},
		&accountsv1.SignUpStarted{}, &accountsv1.SignUpRepeated{}, &accountsv1.ResetRequested{}, &accountsv1.PasswordChanged{},
		&accountsv1.EmailChangeRequested{}, &accountsv1.EmailChanged{}, &accountsv1.SecondFactorEnabled{}, &accountsv1.SecondFactorDisabled{}, &accountsv1.PasskeyAdded{}, &accountsv1.PasskeyRemoved{}, &accountsv1.AccountDeleted{},
	}
}

// Publisher is a stand-in for orders that sells nothing and publishes: its
// PlaceOrder makes an order of two fixed lines for whoever asks, whatever the
// cart, and appends OrderPlaced to its outbox; its CancelOrder appends
// OrderCancelled, ShipOrder OrderShipped, RefundOrder OrderRefunded, and PayOrder
// OrderFailed. The other methods are not there.
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

// AccountsPublisher is a stand-in for accounts without any account: its RequestReset appends
// ResetRequested to its outbox for every address, and its DeleteAccount AccountDeleted of the
// address that it is given for a session, confirmed if there is a code. The other methods
// are not there.
func AccountsPublisher() module.Definition {
	return module.Definition{
		Name:       "accounts",
		Contract:   &accountsv1.AccountsService_ServiceDesc,
		Migrations: fstest.MapFS{},
		New: func(h module.Host) (*module.Instance, error) {
			return &module.Instance{Server: &accountsPublisher{db: h.DB, now: h.Now}}, nil
		},
	}
}

type accountsPublisher struct {
	accountsv1.UnimplementedAccountsServiceServer
	db  *database.DB
	now func() time.Time
}

func (p *accountsPublisher) RequestReset(ctx context.Context, r *accountsv1.RequestResetRequest) (*accountsv1.RequestResetResponse, error) {
	return &accountsv1.RequestResetResponse{}, p.db.Write(ctx, func(tx *gorm.DB) error {
		return events.Append(tx, p.now(), r.GetEmail(), &accountsv1.ResetRequested{
			Email: r.GetEmail(), Name: "Ana Łoś", Link: id.Secret(), At: timestamppb.New(p.now()), ExpiresAt: timestamppb.New(p.now().Add(30 * time.Minute)),
		})
	})
}

func (p *accountsPublisher) DeleteAccount(ctx context.Context, r *accountsv1.DeleteAccountRequest) (*accountsv1.DeleteAccountResponse, error) {
	return &accountsv1.DeleteAccountResponse{}, p.db.Write(ctx, func(tx *gorm.DB) error {
		return events.Append(tx, p.now(), r.GetSession(), &accountsv1.AccountDeleted{
			Email: r.GetSession(), Name: "Ana Łoś", At: timestamppb.New(p.now()), AccountId: id.New(), Verified: r.GetCode() != "",
		})
	})
}

type publisher struct {
	ordersv1.UnimplementedOrdersServiceServer
	db  *database.DB
	now func() time.Time

	mu     sync.Mutex
	placed map[string]*ordersv1.PlaceOrderResponse // by idempotency key
}

// PlaceOrder publishes OrderPlaced, once per key.
func (p *publisher) PlaceOrder(ctx context.Context, r *ordersv1.PlaceOrderRequest) (*ordersv1.PlaceOrderResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if before := p.placed[r.GetIdempotencyKey()]; before != nil {
		return before, nil
	}
	answer := &ordersv1.PlaceOrderResponse{Order: sold(r, p.now()), Token: id.Secret()}
	err := p.publish(ctx, answer.GetOrder(), &ordersv1.OrderPlaced{
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
			cancelled.EndedBecause, cancelled.EndedBy = "on_request", "guest"
			err := p.publish(ctx, cancelled, &ordersv1.OrderCancelled{
				Order: cancelled, Token: placed.GetToken(), At: timestamppb.New(p.now()), RefundMinor: o.GetTotals().GetTotalMinor(),
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

// ShipOrder publishes OrderShipped; the pieces count as shipped from then on.
func (p *publisher) ShipOrder(ctx context.Context, r *ordersv1.ShipOrderRequest) (*ordersv1.ShipOrderResponse, error) {
	return &ordersv1.ShipOrderResponse{}, p.about(ctx, r.GetOrderId(), func(o *ordersv1.Order, token string) proto.Message {
		sent := &ordersv1.Fulfilment{
			Id: id.New(), Carrier: r.GetCarrier(), Tracking: r.GetTracking(), TrackingUrl: r.GetTrackingUrl(), Pieces: r.GetPieces(),
		}
		for _, l := range o.GetLines() {
			for _, piece := range r.GetPieces() {
				if piece.GetLineId() == l.GetId() {
					l.Shipped += piece.GetQuantity()
				}
			}
		}
		o.Fulfilments = append(o.Fulfilments, sent)
		return &ordersv1.OrderShipped{Order: o, Token: token, At: timestamppb.New(p.now()), Fulfilment: sent}
	})
}

// RefundOrder publishes OrderRefunded, also of an order that is cancelled, or
// OrderRefundFailed for the reason refused; the refund is the order's cancellation's own
// with the key ofCancellation.
func (p *publisher) RefundOrder(ctx context.Context, r *ordersv1.RefundOrderRequest) (*ordersv1.RefundOrderResponse, error) {
	return &ordersv1.RefundOrderResponse{}, p.about(ctx, r.GetOrderId(), func(o *ordersv1.Order, token string) proto.Message {
		refund := &ordersv1.Refund{Id: id.New(), AmountMinor: r.GetAmountMinor(), Reason: r.GetReason(), Pieces: r.GetPieces()}
		if r.GetIdempotencyKey() == ofCancellation {
			refund.Id = o.GetId()
		}
		if r.GetReason() == refused {
			return &ordersv1.OrderRefundFailed{Order: o, Token: token, At: timestamppb.New(p.now()), Refund: refund}
		}
		return &ordersv1.OrderRefunded{
			Order: o, Token: token, At: timestamppb.New(p.now()), Refund: refund, TriedAgain: r.GetReason() == triedAgain,
		}
	})
}

// ofCancellation is the key with which RefundOrder is about the refund that came with the
// cancellation.
const ofCancellation = "cancellation"

// replaced is the token with which PayOrder says that a newer order took the place of one.
const replaced = "replaced"

// refused is the reason with which RefundOrder says that a refund did not come through.
const refused = "The provider refuses it."

// triedAgain is the reason with which RefundOrder says that a refund came through which did
// not before.
const triedAgain = "It is tried again."

// PayOrder publishes OrderFailed.
func (p *publisher) PayOrder(ctx context.Context, r *ordersv1.PayOrderRequest) (*ordersv1.PayOrderResponse, error) {
	return &ordersv1.PayOrderResponse{}, p.about(ctx, r.GetOrderId(), func(o *ordersv1.Order, token string) proto.Message {
		o.EndedBecause = "not_paid"
		if r.GetToken() == replaced {
			o.EndedBecause = replaced
		}
		return &ordersv1.OrderFailed{Order: o, Token: token, At: timestamppb.New(p.now()), WasPayable: r.GetToken() != ""}
	})
}

// about publishes a fact about the order, which fact may change.
func (p *publisher) about(ctx context.Context, orderID string, fact func(o *ordersv1.Order, token string) proto.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, placed := range p.placed {
		if o := placed.GetOrder(); o.GetId() == orderID {
			changed := proto.CloneOf(o)
			if err := p.publish(ctx, o, fact(changed, placed.GetToken())); err != nil {
				return err
			}
			placed.Order = changed
			return nil
		}
	}
	return contract.Error(codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, "no such order")
}

func (p *publisher) publish(ctx context.Context, o *ordersv1.Order, event proto.Message) error {
	return p.db.Write(ctx, func(tx *gorm.DB) error { return events.Append(tx, p.now(), o.GetId(), event) })
}

// sold is what everybody buys here; a name that is markup shows whether it is
// treated as text.
func sold(r *ordersv1.PlaceOrderRequest, now time.Time) *ordersv1.Order {
	return &ordersv1.Order{
		Id: id.New(), Number: "G-7K3M-Q4", Status: ordersv1.OrderStatus_ORDER_STATUS_OPEN, Contact: r.GetContact(), Address: r.GetAddress(),
		Lines: []*ordersv1.Line{
			{Id: "1", Sku: "lamp", Name: "Oak Desk Lamp", Quantity: 2, UnitPriceMinor: 104550, TotalMinor: 209100},
			{Id: "2", Sku: "mug", Name: `Mug "Tom & Ida" <b>`, Quantity: 1, UnitPriceMinor: 1290, TotalMinor: 1290},
		},
		CurrencyCode: "EUR", CreatedAt: timestamppb.New(now), PaymentMethod: &ordersv1.PaymentMethod{Brand: "visa", Last4: "4242"},
		Totals:    &ordersv1.Totals{GoodsMinor: 210390, DiscountMinor: 1000, DeliveryMinor: 500, TaxMinor: 39274, TotalMinor: 209890, TaxesIncluded: true},
		Delivery:  &ordersv1.Delivery{Option: "standard", Name: "Standard"},
		Discounts: []*ordersv1.Discount{{Code: "WELCOME10", Name: "Welcome", AmountMinor: 1000}},
		Taxes:     []*ordersv1.Tax{{Name: "VAT 23 %", AmountMinor: 39274, Included: true}},
	}
}
