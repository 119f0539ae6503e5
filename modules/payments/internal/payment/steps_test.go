package payment

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever steps are taken in whatever order, the money adds up, what ended
// stays ended, and a void that was asked for is never forgotten.
func TestNoSequenceOfStepsLosesMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := New(Terms{OrderID: "o", Provider: "sandbox", Currency: "EUR", Amount: 1000, Method: "pm"}, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		amount := func() int64 { return rapid.Int64Range(1, 1200).Draw(t, "amount") }
		steps := map[string]func(*Payment) error{
			"yes":            func(p *Payment) error { return p.Answer(Hold{Reference: "r"}) },
			"no":             func(p *Payment) error { return p.Answer(Hold{DeclineCode: "card_declined"}) },
			"ask capture":    (*Payment).AskCapture,
			"capture done":   (*Payment).CaptureDone,
			"lapse":          (*Payment).Lapse,
			"ask void":       (*Payment).AskVoid,
			"void done":      (*Payment).VoidDone,
			"ask refund":     func(p *Payment) error { return p.AskRefund(amount()) },
			"refund done":    func(p *Payment) error { return p.RefundDone(amount()) },
			"refund refused": func(p *Payment) error { return p.RefundRefused(amount()) },
		}
		actions := map[string]func(*rapid.T){}
		for name, step := range steps {
			actions[name] = func(t *rapid.T) {
				before := p
				if err := step(&p); err != nil {
					if p != before {
						t.Fatalf("%s failed with %v and changed %+v to %+v", name, err, before.state, p.state)
					}
					return
				}
				check(t, before.state, p.state)
			}
		}
		t.Repeat(actions)
	})
}

func check(t *rapid.T, was, is State) {
	if is.Refunded < 0 || is.Refunding < 0 || is.Refunded+is.Refunding > is.Captured || is.Captured != 0 && is.Captured != 1000 {
		t.Fatalf("the money does not add up: %+v", is)
	}
	if (is.Status == Captured) != (is.Captured == 1000) {
		t.Fatalf("%s with %d captured", is.Status, is.Captured)
	}
	if (was.Status == Declined || was.Status == Voided || was.Status == Captured) && is.Status != was.Status {
		t.Fatalf("%s became %s", was.Status, is.Status)
	}
	if was.Open == Void && is.Open != Void && is.Status != Voided {
		t.Fatalf("a void was asked for and forgotten: %+v became %+v", was, is)
	}
	if is.Open == Capture && is.Status != Authorized {
		t.Fatalf("a capture is asked for while %s", is.Status)
	}
}

func TestAPaymentThatCannotBeIsNotMade(t *testing.T) {
	good := Terms{OrderID: "o", Provider: "sandbox", Currency: "EUR", Amount: 1, Method: "pm"}
	for name, spoil := range map[string]func(*Terms){
		"no order": func(t *Terms) { t.OrderID = "" }, "no provider": func(t *Terms) { t.Provider = "" },
		"no currency": func(t *Terms) { t.Currency = "" }, "nothing to pay": func(t *Terms) { t.Amount = 0 },
		"less than nothing": func(t *Terms) { t.Amount = -1 }, "no card": func(t *Terms) { t.Method = "" },
	} {
		bad := good
		spoil(&bad)
		if _, err := New(bad, time.Unix(0, 0)); err == nil {
			t.Errorf("%s: got a payment, want an error", name)
		}
	}
}
