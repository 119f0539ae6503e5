package payment

import "time"

// Cancel asks for the payment's end. One whose page no shopper was led to is ended
// by that; of any other the provider must say it.
func (p *Payment) Cancel() error {
	switch p.state.Status {
	case Paid:
		return ErrPaid
	case Cancelled, Expired:
		return nil
	}
	if p.state.RedirectURL == "" && p.state.Status == Waiting {
		p.end(Cancelled)
		return nil
	}
	p.state.Cancelling = true
	return nil
}

// Impossible ends a payment that the provider refuses to begin.
func (p *Payment) Impossible(problem string) {
	if p.state.Status == Waiting {
		p.state.DeclineCode = problem
		p.end(Cancelled)
	}
}

// Capture asks for the capture of what is held.
func (p *Payment) Capture() error {
	switch p.state.Status {
	case Paid:
		return nil
	case Cancelled:
		return ErrCancelled
	case Authorized:
		if p.state.Cancelling {
			return ErrCancelled
		}
		p.state.Capturing = true
		return nil
	}
	return ErrNotAuthorized
}

// AskRefund sets aside the amount of a refund about to be asked for. The refund
// of an id is asked for once.
func (p *Payment) AskRefund(id string, amount int64, now time.Time) error {
	if r, known := p.Refund(id); known {
		if r.Amount != amount {
			return ErrKeyReused
		}
		return nil
	}
	if p.state.Status != Paid {
		return ErrNotCaptured
	}
	if amount > p.state.Captured-p.state.Refunded-p.state.Refunding {
		return ErrTooLarge
	}
	p.refunds = append(p.Refunds(), Refund{ID: id, Amount: amount, Status: RefundPending, Created: now})
	p.state.Refunding += amount
	return nil
}

// Opened is the provider's answer to the payment's beginning. An answer that
// comes after the payment's end is not used: ended says so, and the session is to
// be closed.
func (p *Payment) Opened(s Session) (ended bool) {
	if p.state.Status != Waiting {
		return true
	}
	p.state.Session, p.state.RedirectURL = s.Reference, s.URL
	return false
}

// Learn takes in what the provider says.
func (p *Payment) Learn(r Report) {
	if r.Intent != "" {
		p.state.Intent = r.Intent
	}
	if r.Last4 != "" {
		p.state.Brand, p.state.Last4 = r.Brand, r.Last4
	}
	if r.DeclineCode != "" && p.state.Status == Waiting {
		p.state.DeclineCode = r.DeclineCode
	}
	p.learnState(r.State)
	if r.Disputed && !p.state.Disputed {
		p.state.Disputed = true
		p.facts = append(p.facts, Fact{Disputed: true})
	}
	for _, told := range r.Refunds {
		p.learnRefund(told)
	}
}

func (p *Payment) learnState(said ProviderState) {
	switch status := p.state.Status; {
	case said == SaysPaid && status != Paid:
		p.state.Captured = p.terms.Amount
		p.end(Paid)
	case said == SaysAuthorized && status == Waiting:
		cancelling := p.state.Cancelling
		p.end(Authorized)
		p.state.Cancelling = cancelling
	case said == SaysEnded && status == Waiting && !p.state.Cancelling:
		p.end(Expired)
	case said == SaysCancelled && status == Waiting,
		(said == SaysEnded || said == SaysCancelled) && (status == Waiting || status == Authorized):
		p.end(Cancelled)
	}
}

// end is a status that the shopper has nothing to do with any more.
func (p *Payment) end(status Status) {
	p.state.Status, p.state.Cancelling, p.state.Capturing = status, false, false
	p.state.RedirectURL, p.page = "", Page{}
	p.facts = append(p.facts, Fact{Settled: true})
}

// Tried counts a look at the provider after which the payment is as before. spent
// says that the provider repeats a failure under the key it was asked with.
func (p *Payment) Tried(spent bool) {
	p.state.Tries++
	if spent {
		p.state.Attempt++
	}
}

// LookAgain says that the provider is still to be looked at, though the payment itself waits
// for nothing: a webhook may have told of what only a look finds.
func (p *Payment) LookAgain() { p.unlooked = true }

// Moved forgets the count of looks: something happened.
func (p *Payment) Moved() { p.state.Tries = 0 }

// WithSession is the payment with a session it never got, to close it.
func (p Payment) WithSession(s Session) Payment {
	p.state.Session = s.Reference
	return p
}
