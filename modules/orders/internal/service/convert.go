package service

import (
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
)

func toProto(o *order.Order) *ordersv1.Order {
	s := o.Snapshot()
	p := &ordersv1.Order{
		Id: s.ID, Number: s.Number, Status: statusToProto(s.Status),
		Contact: &ordersv1.Contact{Email: s.Contact.Email, Name: s.Contact.Name},
		Address: &ordersv1.Address{
			Line1: s.Address.Line1, Line2: s.Address.Line2, City: s.Address.City, Region: s.Address.Region,
			PostalCode: s.Address.PostalCode, Country: s.Address.Country,
		},
		CurrencyCode: s.Currency,
		Totals: &ordersv1.Totals{
			GoodsMinor: s.Totals.Goods, DiscountMinor: s.Totals.Discount, DeliveryMinor: s.Totals.Delivery, TaxMinor: s.Totals.Tax,
			TotalMinor: s.Totals.Total, TaxesIncluded: s.Totals.TaxesIncluded,
		},
		Delivery: &ordersv1.Delivery{Option: s.Terms.DeliveryOption, Name: s.Terms.DeliveryName}, Codes: s.Terms.Codes,
		PaymentStatus:  ordersv1.PaymentStatus(ordersv1.PaymentStatus_value["PAYMENT_STATUS_"+strings.ToUpper(s.PaymentStatus())]),
		DeliveryStatus: ordersv1.DeliveryStatus(ordersv1.DeliveryStatus_value["DELIVERY_STATUS_"+strings.ToUpper(s.DeliveryStatus())]),
		PaymentUrl:     s.Payment.URL, RefundedMinor: s.Refunded(),
		EndedBecause: s.Ending.Because, EndedBy: s.Ending.By, EndedNote: s.Ending.Note, CreatedAt: timestamppb.New(s.CreatedAt),
	}
	if s.Status == order.Placing {
		p.HoldEndsAt = timestamppb.New(s.HoldEndsAt)
	}
	if s.Payment.Last4 != "" || s.Payment.Brand != "" {
		p.PaymentMethod = &ordersv1.PaymentMethod{Brand: s.Payment.Brand, Last4: s.Payment.Last4}
	}
	if s.Attention.Reason != "" {
		p.Attention = &ordersv1.Attention{Reason: s.Attention.Reason, Since: timestamppb.New(s.Attention.Since)}
	}
	for _, d := range s.Terms.Discounts {
		p.Discounts = append(p.Discounts, &ordersv1.Discount{Code: d.Code, Name: d.Name, AmountMinor: d.Amount})
	}
	for _, t := range s.Terms.Taxes {
		p.Taxes = append(p.Taxes, &ordersv1.Tax{Name: t.Name, AmountMinor: t.Amount, Included: t.Included})
	}
	counts := s.Counts()
	for _, l := range s.Lines {
		c := counts[l.ID]
		p.Lines = append(p.Lines, &ordersv1.Line{
			Id: l.ID, Sku: l.SKU, Name: l.Name, Variant: l.Variant, Slug: l.Slug, Picture: l.Picture, Quantity: l.Quantity,
			UnitPriceMinor: l.UnitPrice, DiscountMinor: l.Discount, TaxMinor: l.Tax, TotalMinor: l.Total,
			Shipped: c.Shipped, Refunded: c.Refunded, Returned: c.Returned, Cancelled: c.Cancelled,
		})
	}
	for _, f := range s.Fulfilments {
		p.Fulfilments = append(p.Fulfilments, fulfilmentToProto(f))
	}
	for _, r := range s.Refunds {
		p.Refunds = append(p.Refunds, refundToProto(r))
	}
	for _, r := range s.Returns {
		p.Returns = append(p.Returns, &ordersv1.Return{
			Id: r.ID, Pieces: piecesToProto(r.Pieces), Reason: r.Reason, Restock: r.Restock, At: timestamppb.New(r.At),
		})
	}
	for _, e := range s.Timeline {
		p.Timeline = append(p.Timeline, &ordersv1.TimelineEntry{What: e.What, At: timestamppb.New(e.At), Note: e.Note})
	}
	return p
}

func fulfilmentToProto(f order.Fulfilment) *ordersv1.Fulfilment {
	return &ordersv1.Fulfilment{
		Id: f.ID, Carrier: f.Carrier, Tracking: f.Tracking, TrackingUrl: f.TrackingURL, Pieces: piecesToProto(f.Pieces), At: timestamppb.New(f.At),
	}
}

func refundToProto(r order.Refund) *ordersv1.Refund {
	p := &ordersv1.Refund{
		Id: r.ID, AmountMinor: r.Amount, Reason: r.Reason, Restock: r.Restock, Pieces: piecesToProto(r.Pieces), At: timestamppb.New(r.At), By: r.By,
		Status: ordersv1.RefundStatus(ordersv1.RefundStatus_value["REFUND_STATUS_"+strings.ToUpper(string(r.Status))]),
	}
	if r.Status == order.RefundFailed {
		p.Failure, p.Left = r.Failure, r.Left()
	}
	return p
}

func piecesToProto(pieces []order.Piece) []*ordersv1.Piece {
	var all []*ordersv1.Piece
	for _, p := range pieces {
		all = append(all, &ordersv1.Piece{LineId: p.Line, Quantity: p.Quantity})
	}
	return all
}

// The contract's enum has the statuses in the same order, after UNSPECIFIED.
func statusToProto(s order.Status) ordersv1.OrderStatus {
	return ordersv1.OrderStatus(slices.Index(order.Statuses, s) + 1)
}

func fromProto(s ordersv1.OrderStatus) (order.Status, bool) {
	if s < 1 || int(s) > len(order.Statuses) {
		return "", false
	}
	return order.Statuses[s-1], true
}

// factsOf are what the world is told with a change of an order: what is true
// now, and was not when it was stored last.
func factsOf(o *order.Order, now time.Time) []proto.Message {
	was, is := o.Was(), o.Snapshot()
	at := timestamppb.New(now)
	var facts []proto.Message
	if is.Status != was.Status {
		switch is.Status {
		case order.Open:
			facts = append(facts, &ordersv1.OrderPlaced{Order: toProto(o), Token: is.Token, At: at})
		case order.Failed:
			facts = append(facts, &ordersv1.OrderFailed{Order: toProto(o), Token: is.Token, At: at, WasPayable: is.WasPayable})
		case order.Cancelled:
			fact := &ordersv1.OrderCancelled{Order: toProto(o), Token: is.Token, At: at}
			for _, r := range is.Refunds {
				if r.OfCancellation() {
					fact.RefundMinor = r.Amount
				}
			}
			facts = append(facts, fact)
		}
	}
	for _, f := range is.Fulfilments[len(was.Fulfilments):] {
		facts = append(facts, &ordersv1.OrderShipped{Order: toProto(o), Token: is.Token, At: at, Fulfilment: fulfilmentToProto(f)})
	}
	for i, r := range is.Refunds {
		var before order.Refund
		if i < len(was.Refunds) {
			before = was.Refunds[i]
		}
		// Of the rest of an order that is sent in parts, its customer is told in any case.
		isTold := r.Amount > 0 || r.OfCancellation() && is.Status != order.Cancelled
		if isTold && r.Status == order.RefundSucceeded && before.Status != order.RefundSucceeded && before.Failure != order.TakenBack {
			facts = append(facts, &ordersv1.OrderRefunded{
				Order: toProto(o), Token: is.Token, At: at, Refund: refundToProto(r), TriedAgain: r.Attempt > 0,
			})
		}
		if r.RefusedAfter(before) {
			facts = append(facts, &ordersv1.OrderRefundFailed{Order: toProto(o), Token: is.Token, At: at, Refund: refundToProto(r)})
		}
	}
	return facts
}
