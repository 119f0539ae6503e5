package console

import (
	"testing"

	"galleria/app/console/internal/view"
	ordersv1 "galleria/modules/orders/v1"
)

// A form is offered for what the order allows.
func TestPiecesOfAnOrderWithoutMoneyToGiveBackCanBeTakenOut(t *testing.T) {
	const open, closed = ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.OrderStatus_ORDER_STATUS_CLOSED
	const held, paid, none = ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, ordersv1.PaymentStatus_PAYMENT_STATUS_NONE
	line, sent := &ordersv1.Line{Quantity: 2}, &ordersv1.Line{Quantity: 2, Shipped: 2}
	byHand := &ordersv1.Refund{AmountMinor: 1000, Status: ordersv1.RefundStatus_REFUND_STATUS_FAILED, Left: true}
	for name, test := range map[string]struct {
		status          ordersv1.OrderStatus
		payment         ordersv1.PaymentStatus
		total           int64
		lines           []*ordersv1.Line
		refunds         []*ordersv1.Refund
		takeOut, refund bool
	}{
		"held":                        {open, held, 1000, []*ordersv1.Line{line}, nil, true, false},
		"free":                        {open, none, 0, []*ordersv1.Line{line}, nil, true, false},
		"let go":                      {open, none, 1000, []*ordersv1.Line{line}, nil, false, false},
		"paid":                        {open, paid, 1000, []*ordersv1.Line{line}, nil, false, true},
		"all of it made by hand":      {open, paid, 1000, []*ordersv1.Line{line}, []*ordersv1.Refund{byHand}, true, false},
		"held, and all of it sent":    {closed, held, 1000, []*ordersv1.Line{sent}, nil, false, false},
		"held, the rest is taken out": {open, held, 1000, []*ordersv1.Line{{Quantity: 2, Shipped: 1, Cancelled: 1}}, nil, false, false},
		"free, what is left was refunded, and what was sent was not": {open, none, 0, []*ordersv1.Line{sent, {Quantity: 2, Refunded: 2}}, nil, false, false},
	} {
		got := mayWith(&ordersv1.Order{Status: test.status, PaymentStatus: test.payment, Totals: &ordersv1.Totals{TotalMinor: test.total}, Lines: test.lines, Refunds: test.refunds})
		if got.TakeOut != test.takeOut || got.Refund != test.refund {
			t.Errorf("%s: got %+v, want to take out %t, to refund %t", name, view.OrderMay{TakeOut: got.TakeOut, Refund: got.Refund}, test.takeOut, test.refund)
		}
	}
}
