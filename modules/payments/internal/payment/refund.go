package payment

import "time"

// RefundStatus is where a refund is. The words are also those stored.
//
//	pending ──> succeeded ──> failed     the shopper's bank sent it back
//	   └───────────────────────^         refused
type RefundStatus string

const (
	RefundPending   RefundStatus = "pending"
	RefundSucceeded RefundStatus = "succeeded"
	RefundFailed    RefundStatus = "failed"
)

// Refund is one giving back, known by its payment and id.
type Refund struct {
	ID        string
	Amount    int64 // minor units of the payment's currency
	Status    RefundStatus
	Failure   string
	Reference string // the provider's name; empty: it has not answered
	Attempt   int64  // as State.Attempt
	Created   time.Time
}

// learnRefund takes in what the provider says of a refund.
func (p *Payment) learnRefund(told RefundReport) {
	for i := range p.refunds {
		if p.refunds[i].ID == told.ID {
			p.settleRefund(i, told)
			return
		}
	}
}

func (p *Payment) settleRefund(i int, told RefundReport) {
	all := p.Refunds()
	r := &all[i]
	if told.Reference != "" {
		r.Reference = told.Reference
	}
	if told.Spent {
		r.Attempt++
	}
	p.refunds = all
	if told.Status == r.Status || told.Status == "" || told.Status == RefundPending || r.Status == RefundFailed {
		return
	}
	if r.Status == RefundPending {
		p.state.Refunding -= r.Amount
	} else {
		p.state.Refunded -= r.Amount
	}
	r.Status, r.Failure = told.Status, told.Failure
	if r.Status == RefundSucceeded {
		p.state.Refunded += r.Amount
	}
	settled := *r
	p.facts = append(p.facts, Fact{Refund: &settled})
}
