package order

import (
	"errors"
	"testing"
)

func takeOut(o *Order, key string, n int64) error {
	return o.Refund(Refund{ID: key, Key: key, Restock: true, Pieces: []Piece{{Line: "1", Quantity: n}}}, t0)
}

// Pieces that can't be sent are taken out of an order whatever is left of its money.
func TestPiecesAreTakenOutOfAnOrderWhateverIsLeftOfItsMoney(t *testing.T) {
	held := func(t *testing.T) *Order {
		o := placed(t, purchase(0, line("mug", 3, 700, 0)))
		o.StartPayment()
		o.PaidBy(Authorized, "visa", "4242", 2100, t0)
		if err := o.Open(t0); err != nil {
			t.Fatal(err)
		}
		return o
	}
	free := func(t *testing.T) *Order {
		o := placed(t, purchase(0, line("mug", 3, 700, 2100)))
		if err := o.Open(t0); err != nil {
			t.Fatal(err)
		}
		return o
	}
	nearlyAllBack := func(t *testing.T) *Order {
		o := open(t, purchase(0, line("mug", 3, 700, 0)))
		if err := o.Refund(Refund{ID: "amount", Key: "amount", Amount: 1800}, t0); err != nil {
			t.Fatal(err)
		}
		return o
	}
	for name, test := range map[string]struct {
		order  func(t *testing.T) *Order
		amount int64
		status RefundStatus
	}{
		"held":                     {held, 700, RefundPending}, // until it is taken
		"free":                     {free, 0, RefundSucceeded},
		"an amount was given back": {nearlyAllBack, 300, RefundPending},
	} {
		t.Run(name, func(t *testing.T) {
			o := test.order(t)
			if err := takeOut(o, "out", 1); err != nil {
				t.Fatal(err)
			}
			refunds := o.Snapshot().Refunds
			if r := refunds[len(refunds)-1]; r.Amount != test.amount || r.Status != test.status || !r.Unbooked {
				t.Errorf("got %+v, want %d, %s, and its goods back on the shelf", r, test.amount, test.status)
			}
			if got := o.Counts()["1"]; got.ToSend(o.line("1")) != 2 {
				t.Errorf("got %+v, want two pieces to send", got)
			}
			if err := o.Ship(Fulfilment{ID: "f", Key: "f"}, t0); err != nil || o.Status() != Closed {
				t.Errorf("sending the rest: got %v, and the order is %s", err, o.Status())
			}
		})
	}
}

// Held money is taken when something is sent. With nothing to send it never would be, and
// the refund would wait for ever.
func TestAllOfAnOrderWhoseMoneyIsHeldIsCancelledAndNotTakenOut(t *testing.T) {
	o := placed(t, purchase(0, line("mug", 2, 700, 0)))
	o.StartPayment()
	o.PaidBy(Authorized, "visa", "4242", 1400, t0)
	if err := o.Open(t0); err != nil {
		t.Fatal(err)
	}
	if err := takeOut(o, "all", 2); !errors.Is(err, ErrNothingElse) {
		t.Errorf("got %v, want ErrNothingElse", err)
	}
	if err := takeOut(o, "one", 1); err != nil {
		t.Fatal(err)
	}
	if err := o.Cancel(Ending{Because: OnRequest, By: Operator}, t0); err != nil {
		t.Fatal(err)
	}
	o.PaymentStopped()
	if r := o.Snapshot().Refunds[0]; r.Status != RefundSucceeded || r.Amount != 0 || r.Pieces[0].Amount != 0 {
		t.Errorf("got %+v, want a refund of nothing: nothing was taken", r)
	}
}

func TestAnOrderOfWhichAllWasTakenOutWasNotShipped(t *testing.T) {
	o := open(t, purchase(0, line("mug", 2, 700, 0)))
	if err := takeOut(o, "all", 2); err != nil || o.Status() != Closed {
		t.Fatalf("got %v, and the order is %s", err, o.Status())
	}
	if err := o.Cancel(Ending{Because: OnRequest, By: Operator}, t0); !errors.Is(err, ErrEnded) {
		t.Errorf("got %v, want ErrEnded", err)
	}
}
