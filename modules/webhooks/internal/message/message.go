// Package message writes what endpoints are sent: the payloads. They are part of what
// the shop promises to programs of others; fields are added, and never changed.
//
// Each says what a program needs that sends the goods, keeps the books or counts the
// stock, and no more of the customer: the address, with the name, is in order.placed
// only, because the parcel goes there; e-mail addresses, what opens an order's page and
// what staff wrote about an order are in none. Who needs more asks the API, where each
// look has its key.
package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/webhooks/internal/webhook"
)

// Message is what happened.
type Message struct {
	Type string
	At   time.Time
	Data any
}

// Text is the message as it is sent.
func (m Message) Text() (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Type string `json:"type"`
		At   string `json:"timestamp"`
		Data any    `json:"data"`
	}{m.Type, stamp(m.At), m.Data})
	if err != nil {
		return "", fmt.Errorf("write the payload of %s: %w", m.Type, err)
	}
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), nil
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// Placed tells of an order that is paid and is to be sent.
func Placed(e *ordersv1.OrderPlaced) Message {
	o := e.GetOrder()
	t := o.GetTotals()
	in := amounts{o.GetCurrencyCode()}
	data := placed{order: orderOf(o), Lines: []line{}, Totals: totals{
		Goods: in.of(t.GetGoodsMinor()), Discount: in.of(t.GetDiscountMinor()), Delivery: in.of(t.GetDeliveryMinor()),
		Tax: in.of(t.GetTaxMinor()), Total: in.of(t.GetTotalMinor()), TaxesIncluded: t.GetTaxesIncluded(),
	}, CreatedAt: stamp(o.GetCreatedAt().AsTime())}
	for _, l := range o.GetLines() {
		data.Lines = append(data.Lines, line{
			ID: l.GetId(), SKU: l.GetSku(), Name: l.GetName(), Variant: l.GetVariant(), Quantity: l.GetQuantity(),
			UnitPrice: in.of(l.GetUnitPriceMinor()), Discount: in.of(l.GetDiscountMinor()), Total: in.of(l.GetTotalMinor()),
		})
	}
	data.DeliveryOption.ID, data.DeliveryOption.Name = o.GetDelivery().GetOption(), o.GetDelivery().GetName()
	a := o.GetAddress()
	data.ShippingAddress = address{
		Name: o.GetContact().GetName(), Line1: a.GetLine1(), Line2: a.GetLine2(), City: a.GetCity(),
		PostalCode: a.GetPostalCode(), Region: a.GetRegion(), Country: a.GetCountry(),
	}
	return Message{webhook.OrderPlaced, e.GetAt().AsTime(), data}
}

// Shipped tells of a parcel.
func Shipped(e *ordersv1.OrderShipped) Message {
	f := e.GetFulfilment()
	data := shipped{order: orderOf(e.GetOrder())}
	data.Fulfilment.ID, data.Fulfilment.Carrier = f.GetId(), f.GetCarrier()
	data.Fulfilment.Tracking, data.Fulfilment.TrackingURL = f.GetTracking(), f.GetTrackingUrl()
	data.Fulfilment.Lines = pieces(e.GetOrder(), f.GetPieces())
	return Message{webhook.OrderShipped, e.GetAt().AsTime(), data}
}

// Refunded tells of money that went back; with an amount of 0, of pieces that are not sent and
// for which none does.
func Refunded(e *ordersv1.OrderRefunded) Message {
	in := amounts{e.GetOrder().GetCurrencyCode()}
	data := refunded{order: orderOf(e.GetOrder()), Refunded: in.of(e.GetOrder().GetRefundedMinor())}
	data.Refund.ID, data.Refund.Amount = e.GetRefund().GetId(), in.of(e.GetRefund().GetAmountMinor())
	data.Refund.Lines = pieces(e.GetOrder(), e.GetRefund().GetPieces())
	return Message{webhook.OrderRefunded, e.GetAt().AsTime(), data}
}

// Cancelled tells of an order that was paid and is given back.
func Cancelled(e *ordersv1.OrderCancelled) Message {
	o := e.GetOrder()
	return Message{webhook.OrderCancelled, e.GetAt().AsTime(), cancelled{
		order: orderOf(o), Because: o.GetEndedBecause(), By: o.GetEndedBy(), Refund: amounts{o.GetCurrencyCode()}.of(e.GetRefundMinor()),
	}}
}

// Low tells of a product of which few are left.
func Low(e *inventoryv1.StockLow) Message {
	return Message{webhook.StockLow, e.GetAt().AsTime(), low{e.GetSku(), e.GetAvailable(), e.GetLowAt()}}
}

// Test is what is sent to see whether an endpoint can be reached.
func Test(endpoint string, at time.Time) Message {
	return Message{webhook.Test, at, test{endpoint}}
}
