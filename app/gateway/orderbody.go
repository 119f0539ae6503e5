package gateway

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "galleria/modules/orders/v1"
)

// Order is an order as it is now.
type Order struct {
	ID              string          `json:"id"`
	Number          string          `json:"number" doc:"For people." example:"G-7K3M-Q4"`
	Status          string          `json:"status" enum:"placing,open,closed,failed,cancelled" doc:"placing: it waits for its payment; open: to be sent; closed: nothing is left to send; failed: never paid; cancelled: was paid, and is given back."`
	CreatedAt       time.Time       `json:"created_at"`
	Email           string          `json:"email" doc:"Empty once the customer has deleted the account: the order is kept without the person."`
	ShippingAddress ShippingAddress `json:"shipping_address"`
	Items           []OrderItem     `json:"items"`
	Discounts       []Discount      `json:"discounts"`
	Taxes           []Tax           `json:"taxes"`
	Totals          Totals          `json:"totals"`
	Payment         Payment         `json:"payment"`
	Delivery        OrderDelivery   `json:"delivery"`
	Refunds         []Refund        `json:"refunds"`
	HeldUntil       *time.Time      `json:"held_until,omitempty" doc:"Until when the goods are held for a payment."`
	EndedBecause    string          `json:"ended_because,omitempty" doc:"Why it failed or was cancelled, as a word."`
	Note            string          `json:"note,omitempty" doc:"What the shop wrote about that."`
}

// OrderItem is one variant of an order, at the price it was sold for.
type OrderItem struct {
	ID        string `json:"id" doc:"Unique in the order."`
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Variant   string `json:"variant,omitempty"`
	Quantity  int64  `json:"quantity"`
	UnitPrice Money  `json:"unit_price"`
	Discount  *Money `json:"discount,omitempty"`
	Total     Money  `json:"total"`
	Shipped   int64  `json:"shipped,omitempty"`
	Refunded  int64  `json:"refunded,omitempty"`
	Returned  int64  `json:"returned,omitempty"`
	Cancelled int64  `json:"cancelled,omitempty"`
}

// Payment is how an order is paid.
type Payment struct {
	Status      string `json:"status" enum:"none,waiting,authorized,paid,partly_refunded,refunded" doc:"none: nothing is to be paid, or the money that was held was let go and never taken."`
	RedirectURL string `json:"redirect_url,omitempty" doc:"Where the shopper pays, while that is waited for."`
	Brand       string `json:"brand,omitempty" doc:"Of the card."`
	Last4       string `json:"last4,omitempty"`
	Refunded    *Money `json:"refunded,omitempty" doc:"What was given back."`
}

// OrderDelivery is how an order is sent.
type OrderDelivery struct {
	Option      string       `json:"option,omitempty"`
	Name        string       `json:"name,omitempty"`
	Status      string       `json:"status" enum:"none,partly_shipped,shipped,returned" doc:"none: nothing was sent."`
	Fulfilments []Fulfilment `json:"fulfilments" doc:"What was sent."`
}

// Fulfilment is a parcel.
type Fulfilment struct {
	ID          string    `json:"id"`
	Carrier     string    `json:"carrier,omitempty"`
	Tracking    string    `json:"tracking,omitempty"`
	TrackingURL string    `json:"tracking_url,omitempty"`
	Pieces      []Piece   `json:"pieces"`
	At          time.Time `json:"at"`
}

// Piece is a number of one item.
type Piece struct {
	Item     string `json:"item" doc:"The item's id."`
	Quantity int64  `json:"quantity" minimum:"1"`
}

// Refund is money that goes back.
type Refund struct {
	ID     string    `json:"id"`
	Amount Money     `json:"amount"`
	Reason string    `json:"reason,omitempty"`
	Status string    `json:"status" enum:"pending,succeeded,failed"`
	At     time.Time `json:"at"`
}

func toOrder(o *ordersv1.Order) Order {
	in := func(minor int64) Money { return money(o.GetCurrencyCode(), minor) }
	t, a := o.GetTotals(), o.GetAddress()
	body := Order{
		ID: o.GetId(), Number: o.GetNumber(), Status: word(o.GetStatus(), "ORDER_STATUS_"), CreatedAt: when(o.GetCreatedAt()), Email: o.GetContact().GetEmail(),
		ShippingAddress: ShippingAddress{
			Name: o.GetContact().GetName(), Line1: a.GetLine1(), Line2: a.GetLine2(), City: a.GetCity(), Region: a.GetRegion(), PostalCode: a.GetPostalCode(), Country: a.GetCountry(),
		},
		Items: all(o.GetLines(), func(l *ordersv1.Line) OrderItem {
			return OrderItem{
				ID: l.GetId(), SKU: l.GetSku(), Name: l.GetName(), Variant: l.GetVariant(), Quantity: l.GetQuantity(), UnitPrice: in(l.GetUnitPriceMinor()),
				Discount: some(o.GetCurrencyCode(), l.GetDiscountMinor()), Total: in(l.GetTotalMinor()),
				Shipped: l.GetShipped(), Refunded: l.GetRefunded(), Returned: l.GetReturned(), Cancelled: l.GetCancelled(),
			}
		}),
		Discounts: all(o.GetDiscounts(), func(d *ordersv1.Discount) Discount {
			return Discount{Name: d.GetName(), Code: d.GetCode(), Amount: in(d.GetAmountMinor())}
		}),
		Taxes: all(o.GetTaxes(), func(t *ordersv1.Tax) Tax {
			return Tax{Name: t.GetName(), Amount: in(t.GetAmountMinor()), Included: t.GetIncluded()}
		}),
		Totals: Totals{
			Goods: in(t.GetGoodsMinor()), Discount: in(t.GetDiscountMinor()), Delivery: in(t.GetDeliveryMinor()), Tax: in(t.GetTaxMinor()),
			Total: in(t.GetTotalMinor()), TaxesIncluded: t.GetTaxesIncluded(),
		},
		Payment: Payment{
			Status: word(o.GetPaymentStatus(), "PAYMENT_STATUS_"), RedirectURL: o.GetPaymentUrl(), Brand: o.GetPaymentMethod().GetBrand(),
			Last4: o.GetPaymentMethod().GetLast4(), Refunded: some(o.GetCurrencyCode(), o.GetRefundedMinor()),
		},
		Delivery: OrderDelivery{
			Option: o.GetDelivery().GetOption(), Name: o.GetDelivery().GetName(), Status: word(o.GetDeliveryStatus(), "DELIVERY_STATUS_"),
			Fulfilments: all(o.GetFulfilments(), toFulfilment),
		},
		Refunds: all(o.GetRefunds(), func(r *ordersv1.Refund) Refund {
			return Refund{ID: r.GetId(), Amount: in(r.GetAmountMinor()), Reason: r.GetReason(), Status: word(r.GetStatus(), "REFUND_STATUS_"), At: when(r.GetAt())}
		}),
		HeldUntil: maybe(o.GetHoldEndsAt()), EndedBecause: o.GetEndedBecause(), Note: o.GetEndedNote(),
	}
	return body
}

func toFulfilment(f *ordersv1.Fulfilment) Fulfilment {
	return Fulfilment{
		ID: f.GetId(), Carrier: f.GetCarrier(), Tracking: f.GetTracking(), TrackingURL: f.GetTrackingUrl(), At: when(f.GetAt()),
		Pieces: all(f.GetPieces(), func(p *ordersv1.Piece) Piece { return Piece{Item: p.GetLineId(), Quantity: p.GetQuantity()} }),
	}
}

// word is an enum's value as the API has it.
func word(value interface{ String() string }, prefix string) string {
	return strings.ToLower(strings.TrimPrefix(value.String(), prefix))
}

func maybe(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	at := when(t)
	return &at
}
