package paymentstest

import (
	"context"
	"time"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/id"
)

// authorize asks for the authorisation, once; first says that this call did.
func (f *Fake) authorize(t payment.Terms) (p payment.Payment, first bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, known := f.payments[t.OrderID]
	if known {
		if err := p.Usable(); err != nil {
			return p, false, err
		}
		if !p.SameTerms(t) {
			return p, false, payment.ErrKeyReused
		}
		if p.State().Status != payment.Pending {
			return p, false, nil
		}
	}
	m, ok := f.methods[t.Method]
	if !ok {
		return p, false, payment.ErrNoMethod
	}
	if !known {
		if p, err = payment.New(t, f.Now()); err != nil {
			return p, false, err
		}
		f.payments[t.OrderID] = p
	}
	if m.behaviour == testcard.Unavailable {
		return p, false, payment.ErrUnavailable
	}
	if m.behaviour == testcard.LostAuthorization && !known {
		return p, true, payment.ErrUnavailable // held; the next Authorize hears of it
	}
	hold := payment.Hold{Reference: "pay_fake_" + id.New(), Brand: m.brand, Last4: m.last4, DeclineCode: m.behaviour.DeclineCode()}
	if err := p.Answer(hold); err != nil {
		return p, false, err
	}
	f.payments[t.OrderID] = p
	return p, !known, nil
}

// late waits as the sandbox does for CardLate.
func late(ctx context.Context, by time.Duration) error {
	select {
	case <-time.After(by):
		return nil
	case <-ctx.Done():
		return payment.ErrUnavailable
	}
}

func (f *Fake) behaviour(p payment.Payment) testcard.Behaviour {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.methods[p.Terms().Method].behaviour
}

// resolve asks again for what was not answered, as every step does first.
func (f *Fake) resolve(p payment.Payment) (payment.Payment, error) {
	if p.State().Status != payment.Pending {
		return p, nil
	}
	m := f.methods[p.Terms().Method]
	if m.behaviour == testcard.Unavailable {
		return p, payment.ErrUnavailable
	}
	err := p.Answer(payment.Hold{Reference: "pay_fake_" + id.New(), Brand: m.brand, Last4: m.last4, DeclineCode: m.behaviour.DeclineCode()})
	f.payments[p.Terms().OrderID] = p
	return p, err
}

func (f *Fake) capture(orderID string) (payment.Payment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.payments[orderID]
	if !ok {
		return p, payment.ErrNotAuthorized
	}
	p, err := f.resolve(p)
	if err != nil {
		return p, err
	}
	if err := p.AskCapture(); err != nil {
		return p, err
	}
	if p.State().Status == payment.Captured {
		return p, nil
	}
	if err := p.CaptureDone(); err != nil {
		return p, err
	}
	f.payments[orderID] = p
	if f.methods[p.Terms().Method].behaviour == testcard.LostCapture {
		return p, payment.ErrUnavailable // captured; the next Capture hears of it
	}
	return p, nil
}

func (f *Fake) void(orderID string) (payment.Payment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.payments[orderID]
	if !ok {
		p = payment.NewVoided(orderID, f.Now())
	}
	if err := p.AskVoid(); err != nil {
		return p, err
	}
	if err := p.VoidDone(); err != nil {
		return p, err
	}
	f.payments[orderID] = p
	return p, nil
}

func (f *Fake) refund(r payment.Refund) (payment.Payment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.payments[r.OrderID]
	key := r.OrderID + " " + r.Key
	if before, ok := f.refunds[key]; ok {
		if before.Amount != r.Amount {
			return p, payment.ErrKeyReused
		}
		return p, nil
	}
	if err := p.AskRefund(r.Amount); err != nil {
		return p, err
	}
	if err := p.RefundDone(r.Amount); err != nil {
		return p, err
	}
	f.payments[r.OrderID], f.refunds[key] = p, r
	return p, nil
}
