package payment

import "fmt"

// Hold is a provider's answer to an authorisation.
type Hold struct {
	Reference    string // may be "" for a decline
	Brand, Last4 string // as far as the provider tells
	DeclineCode  string // "": the amount is held
}

// Usable is nil while the order may still be charged.
func (p Payment) Usable() error {
	if p.state.Status == Voided || p.state.Open == Void {
		return ErrVoided
	}
	return nil
}

// Answer takes the provider's answer to the authorisation. One that comes when
// it is known already, or after a void was asked for, changes nothing: the
// void lets go whatever is held.
func (p *Payment) Answer(h Hold) error {
	if p.state.Status != Pending {
		return nil
	}
	p.state.Reference, p.state.Brand, p.state.Last4 = h.Reference, h.Brand, h.Last4
	if p.state.Open == Void {
		return nil
	}
	p.state.Status = Authorized
	if h.DeclineCode != "" {
		p.state.Status, p.state.DeclineCode = Declined, h.DeclineCode
	}
	return nil
}

// AskCapture writes down that the provider is about to be asked. It changes
// nothing when the money was captured.
func (p *Payment) AskCapture() error {
	if err := p.Usable(); err != nil {
		return err
	}
	switch p.state.Status {
	case Captured:
		return nil
	case Authorized:
		p.state.Open = Capture
		return nil
	case Pending:
		return ErrUnanswered
	}
	return ErrNotAuthorized
}

// CaptureDone takes the provider's yes.
func (p *Payment) CaptureDone() error {
	if p.state.Status == Captured {
		return nil
	}
	if p.state.Status != Authorized || p.state.Open != Capture {
		return fmt.Errorf("payment of order %s: captured while %s, asked for %q", p.terms.OrderID, p.state.Status, p.state.Open)
	}
	p.state.Status, p.state.Open, p.state.Captured = Captured, NoStep, p.terms.Amount
	return nil
}

// Lapse takes the provider's word that nothing is held any more.
func (p *Payment) Lapse() error {
	if p.state.Status == Authorized && p.state.Open == Capture {
		p.state.Status, p.state.Open = Voided, NoStep
	}
	return nil
}

// AskVoid writes down that the amount must be let go, whatever becomes of the
// authorisation. It changes nothing when nothing is held.
func (p *Payment) AskVoid() error {
	switch {
	case p.state.Status == Captured:
		return ErrCaptured
	case p.state.Open == Capture:
		return ErrUnanswered
	case p.state.Status == Pending || p.state.Status == Authorized:
		p.state.Open = Void
	}
	return nil
}

// VoidDone takes the provider's word that it holds nothing and won't.
func (p *Payment) VoidDone() error {
	if p.state.Open == Void {
		p.state.Status, p.state.Open = Voided, NoStep
	}
	return nil
}

// AskRefund sets amount aside of what can be refunded.
func (p *Payment) AskRefund(amount int64) error {
	switch {
	case p.state.Open == Capture:
		return ErrUnanswered
	case p.state.Status != Captured:
		return ErrNotCaptured
	case amount > p.Refundable():
		return ErrTooLarge
	}
	p.state.Refunding += amount
	return nil
}

// Refundable is what is left of the capture: neither refunded nor about to be.
func (p Payment) Refundable() int64 {
	return p.state.Captured - p.state.Refunded - p.state.Refunding
}

// RefundDone takes the provider's yes to a refund asked for.
func (p *Payment) RefundDone(amount int64) error {
	if err := p.RefundRefused(amount); err != nil {
		return err
	}
	p.state.Refunded += amount
	return nil
}

// RefundRefused takes the provider's no: amount can be refunded again.
func (p *Payment) RefundRefused(amount int64) error {
	if amount > p.state.Refunding {
		return fmt.Errorf("payment of order %s: refund of %d: %w", p.terms.OrderID, amount, ErrNotAsked)
	}
	p.state.Refunding -= amount
	return nil
}
