package order

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// refundFails has a refund of an amount refused, for which an operator is asked.
func refundFails(t *testing.T, o *Order, id string, amount int64) {
	t.Helper()
	if err := o.Refund(Refund{ID: id, Key: id, Amount: amount}, t0); err != nil {
		t.Fatal(err)
	}
	o.RefundSettled(id, RefundFailed, "account closed", t0)
	o.NeedAttention("the refund "+id+" was refused", t0)
}

func resolve(t *testing.T, o *Order, retry bool) {
	t.Helper()
	if err := o.Resolve(Answer{Key: fmt.Sprint(len(o.s.Timeline)), Retry: retry}, o.s.Attention.Reason, "", t0); err != nil {
		t.Fatal(err)
	}
}

// What an operator has given back by hand goes back no second time: neither when something
// else is tried again, nor when the order is cancelled.
func TestARefundThatWasLeftIsNotMadeAgain(t *testing.T) {
	o := open(t, purchase(0, line("mug", 1, 10_000, 0)))
	refundFails(t, o, "a", 3000)
	resolve(t, o, false)
	if r := o.Snapshot().Refunds[0]; r.Failure != "left by an operator: account closed" {
		t.Errorf("got the failure %q, want what the provider said, too", r.Failure)
	}
	refundFails(t, o, "b", 2000)
	resolve(t, o, true)
	if a, b := o.Snapshot().Refunds[0], o.Snapshot().Refunds[1]; a.Status != RefundFailed || a.Attempt != 0 || b.Status != RefundPending {
		t.Errorf("tried again: got %+v and %+v, want the second alone", a, b)
	}
	o.RefundSettled("b", RefundSucceeded, "", t0)
	if err := o.Cancel(Ending{Because: OnRequest, By: Guest}, t0); err != nil {
		t.Fatal(err)
	}
	if r := o.Snapshot().Refunds[2]; r.Amount != 5000 {
		t.Errorf("cancelled: %d go back, want what is left of 10000 after 3000 by hand and 2000", r.Amount)
	}
}

// All that was not refunded is no more than that: an operator who wants to give more names
// the amount.
func TestAllThatWasNotRefundedIsWithoutWhatWasMadeByHand(t *testing.T) {
	o := open(t, purchase(0, line("mug", 1, 10_000, 0)))
	refundFails(t, o, "a", 3000)
	resolve(t, o, false)
	for range 2 {
		if err := o.Refund(Refund{ID: "all", Key: "all"}, t0); err != nil {
			t.Fatal(err)
		}
	}
	if refunds := o.Snapshot().Refunds; len(refunds) != 2 || refunds[1].Amount != 7000 {
		t.Errorf("got %+v, want 7000 more", refunds)
	}
	if err := o.Refund(Refund{ID: "again", Key: "again"}, t0); !errors.Is(err, ErrNotPaid) {
		t.Errorf("once more: got %v, want ErrNotPaid", err)
	}
	if err := o.Refund(Refund{ID: "named", Key: "named", Amount: 3000}, t0); err != nil {
		t.Errorf("3000 by name: got %v", err)
	}
}

func TestTakingAPieceOutDoesNotGiveAgainWhatWasGivenByHand(t *testing.T) {
	o := open(t, purchase(0, line("mug", 2, 5000, 0)))
	refundFails(t, o, "a", 8000)
	resolve(t, o, false)
	if err := o.Refund(Refund{ID: "out", Key: "out", Restock: true, Pieces: []Piece{{Line: "1", Quantity: 1}}}, t0); err != nil {
		t.Fatal(err)
	}
	if r := o.Snapshot().Refunds[1]; r.Amount != 2000 || r.Pieces[0].Amount != 2000 {
		t.Errorf("got %+v, want what is left of 10000 after 8000 by hand", r)
	}
}

// Two refunds were refused that are more than was paid together: trying again makes one of
// them, and does not forget the other.
func TestARefundThatCannotBeTriedAgainStillNeedsAttention(t *testing.T) {
	o := open(t, purchase(0, line("mug", 1, 7300, 0)))
	refundFails(t, o, "a", 4000)
	refundFails(t, o, "b", 5000)
	resolve(t, o, true)
	got := o.Snapshot()
	if a, b := got.Refunds[0], got.Refunds[1]; a.Status != RefundPending || b.Status != RefundFailed || !strings.Contains(got.Attention.Reason, "50.00") {
		t.Errorf("got %+v, %+v and the attention %q, want the first tried again and the second told", a, b, got.Attention.Reason)
	}
}

// Pieces that are named are given back at no more than what is left after what was given by
// hand.
func TestPiecesAreNotRefundedAgainAfterThatByHand(t *testing.T) {
	o := open(t, purchase(0, line("mug", 2, 5000, 0)))
	refundFails(t, o, "a", 5000)
	resolve(t, o, false)
	if err := o.Refund(Refund{ID: "b", Key: "b", Pieces: []Piece{{Line: "1", Quantity: 2}}}, t0); err != nil {
		t.Fatal(err)
	}
	if r := o.Snapshot().Refunds[1]; r.Amount != 5000 {
		t.Errorf("got %d, want what is left of 10000 after 5000 by hand", r.Amount)
	}
}

// What was left and given back after all is given back once: the rest of the order is owed.
func TestARefundThatWasLeftAndMadeAnewIsNotKeptBack(t *testing.T) {
	o := open(t, purchase(0, line("mug", 1, 10_000, 0)))
	refundFails(t, o, "a", 1000)
	resolve(t, o, false)
	if err := o.Refund(Refund{ID: "b", Key: "b", Amount: 1000}, t0); err != nil {
		t.Fatal(err)
	}
	o.RefundSettled("b", RefundSucceeded, "", t0)
	if err := o.Cancel(Ending{Because: OnRequest, By: Guest}, t0); err != nil {
		t.Fatal(err)
	}
	if r := o.Snapshot().Refunds[2]; r.Amount != 9000 {
		t.Errorf("cancelled: %d go back, want 9000", r.Amount)
	}
}

// An operator who answers for something else does not end a refund that the provider is
// about to make; one that was given up is left.
func TestARefundOnItsWayGoesOnWhenItsOrderIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		givenUp bool
		want    RefundStatus
	}{"asked about": {false, RefundPending}, "given up": {true, RefundFailed}} {
		o := open(t, purchase(0, line("mug", 1, 700, 0)))
		o.TakenFromCart()
		if err := o.Refund(Refund{ID: "r", Key: "k", Amount: 300}, t0); err != nil {
			t.Fatal(err)
		}
		if c.givenUp {
			o.GiveUp("it was tried for 24h0m0s", t0)
			o.Due(t0) // something else is to be done meanwhile
		}
		o.NeedAttention("the payment is disputed", t0)
		resolve(t, o, false)
		if got := o.Snapshot(); got.Refunds[0].Status != c.want || got.DueAt.IsZero() != c.givenUp {
			t.Errorf("%s: got %+v, due at %s; want it %s", name, got.Refunds[0], got.DueAt, c.want)
		}
	}
}

// A refund that payments has accepted is made there: that another chore of its order was
// given up, and with it another refund, does not end it.
func TestARefundThatWasAcceptedIsNeverLeft(t *testing.T) {
	o := open(t, purchase(0, line("mug", 1, 700, 0)))
	for _, id := range []string{"accepted", "given up"} {
		if err := o.Refund(Refund{ID: id, Key: id, Amount: 300}, t0); err != nil {
			t.Fatal(err)
		}
	}
	o.RefundAccepted("accepted")
	o.GiveUp("it was tried for 24h0m0s: take what was bought from its cart", t0)
	resolve(t, o, false)
	got := o.Snapshot()
	if got.Refunds[0].Status != RefundPending || got.Refunds[1].Status != RefundFailed || got.DueAt.IsZero() {
		t.Errorf("got %+v, due at %s; want the first pending, and asked about", got.Refunds, got.DueAt)
	}
	o.RefundSettled("accepted", RefundFailed, "account closed", t0)
	o.NeedAttention("the refund was refused", t0)
	resolve(t, o, true)
	if r := o.Snapshot().Refunds[0]; r.Status != RefundPending || r.Accepted {
		t.Errorf("tried again: got %+v, want another refund, which payments does not have yet", r)
	}
}

// A refund of money that is only held was not asked for yet: it is made when the money is
// taken, whatever an operator has left meanwhile.
func TestARefundThatWaitsForTheMoneyIsNotLeft(t *testing.T) {
	o := placed(t, purchase(0, line("mug", 2, 700, 0)))
	o.PaidBy(Authorized, "visa", "4242", 1400, t0)
	if err := o.Open(t0); err != nil {
		t.Fatal(err)
	}
	if err := o.Ship(Fulfilment{ID: "f", Key: "k", Pieces: []Piece{{Line: "1", Quantity: 1}}}, t0); err != nil {
		t.Fatal(err)
	}
	if err := o.Cancel(Ending{Because: OnRequest, By: Operator}, t0); err != nil {
		t.Fatal(err)
	}
	o.Rest()
	o.NeedAttention("it was tried for 24h0m0s: take the money", t0)
	resolve(t, o, false)
	if got := o.Snapshot(); got.Refunds[0].Status != RefundPending || got.DueAt.IsZero() {
		t.Errorf("got %+v, due at %s; want it pending, and the money to be taken", got.Refunds[0], got.DueAt)
	}
}

// What another module has refused for good is left; what it has not answered goes on.
func TestOnlyWhatWasRefusedIsLeft(t *testing.T) {
	o := open(t, purchase(0, line("mug", 3, 700, 0)))
	o.TakenFromCart()
	for _, id := range []string{"refused", "done after all", "not answered"} {
		if err := o.Ship(Fulfilment{ID: id, Key: id, Pieces: []Piece{{Line: "1", Quantity: 1}}}, t0); err != nil {
			t.Fatal(err)
		}
	}
	o.Refuse("refused")
	o.Refuse("done after all")
	o.Booked("done after all")
	o.NeedAttention("book fulfilment refused: not that many", t0)
	if got := o.Snapshot().Refused; len(got) != 1 || got[0] != "refused" {
		t.Errorf("got %q refused", got)
	}
	resolve(t, o, false)
	got := o.Snapshot()
	if f := got.Fulfilments; f[0].Unbooked || f[1].Unbooked || !f[2].Unbooked || got.DueAt.IsZero() || len(got.Refused) > 0 {
		t.Errorf("got %+v, due at %s, refused %q; want the last alone to be booked still", f, got.DueAt, got.Refused)
	}
	o.Booked("not answered")
	o.NeedAttention("the payment is disputed", t0)
	resolve(t, o, false)
	if got := o.Snapshot(); o.HasChores() || !got.DueAt.IsZero() {
		t.Errorf("got an order that is due at %s, want nothing left to do", got.DueAt)
	}
}

// An order that can't be placed ends when its operator closes it, and keeps nothing: not
// the goods, and not the money.
func TestAnOrderThatIsClosedWhileItIsPlacedGivesEverythingBack(t *testing.T) {
	for name, c := range map[string]struct {
		money   func(o *Order)
		want    Status
		refunds int
	}{
		"paid":        {func(o *Order) { o.PaidBy(Paid, "visa", "4242", 700, t0) }, Cancelled, 1},
		"held":        {func(o *Order) { o.PaidBy(Authorized, "visa", "4242", 700, t0) }, Cancelled, 0},
		"not known":   {func(o *Order) { o.AwaitPayment("https://pay.example") }, Failed, 0},
		"not started": {func(*Order) {}, Failed, 0},
	} {
		o := placed(t, purchase(0, line("mug", 1, 700, 0)))
		c.money(o)
		o.NeedAttention("it was tried for 24h0m0s", t0)
		resolve(t, o, false)
		got := o.Snapshot()
		if got.Status != c.want || len(got.Refunds) != c.refunds || !got.GiveBack || got.Payment.Attempt == 0 && name != "paid" && name != "held" {
			t.Errorf("%s: got an order that is %s with refunds %+v and attempt %d, give back %t; want it %s, and all given back",
				name, got.Status, got.Refunds, got.Payment.Attempt, got.GiveBack, c.want)
		}
	}
}

// Pieces are not stored in the order in which a caller named them, and a repeat is the
// same call all the same.
func TestARepeatIsKnownWhateverTheOrderOfItsPieces(t *testing.T) {
	pieces := func(lines ...string) (all []Piece) {
		for _, l := range lines {
			all = append(all, Piece{Line: l, Quantity: 1})
		}
		return all
	}
	o := open(t, purchase(0, line("mug", 1, 700, 0), line("tray", 1, 900, 0)))
	for name, do := range map[string]func(pieces []Piece) error{
		"ship":   func(p []Piece) error { return o.Ship(Fulfilment{ID: "f", Key: "k", Pieces: p}, t0) },
		"refund": func(p []Piece) error { return o.Refund(Refund{ID: "r", Key: "k", Pieces: p}, t0) },
	} {
		if err := do(pieces("2", "1")); err != nil {
			t.Fatal(err)
		}
		if err := do(pieces("1", "2")); err != nil {
			t.Errorf("%s, repeated: got %v", name, err)
		}
		if err := do(pieces("1")); err == nil {
			t.Errorf("%s: the key of two lines is taken for that of one", name)
		}
	}
}
