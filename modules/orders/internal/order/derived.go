package order

// Count is what became of one line's pieces.
type Count struct {
	Shipped, Refunded, Returned, Cancelled int64
}

// ToSend is how many pieces of the line are still to be sent.
func (c Count) ToSend(l Line) int64 { return l.Quantity - c.Shipped - c.Cancelled }

// Counts adds up fulfilments, refunds and returns by line.
func (o *Order) Counts() map[string]Count { return o.s.Counts() }

// Counts adds up fulfilments, refunds and returns by line.
func (s Snapshot) Counts() map[string]Count {
	counts := map[string]Count{}
	add := func(pieces []Piece, to func(c *Count, n int64)) {
		for _, p := range pieces {
			c := counts[p.Line]
			to(&c, p.Quantity)
			counts[p.Line] = c
		}
	}
	for _, f := range s.Fulfilments {
		add(f.Pieces, func(c *Count, n int64) { c.Shipped += n })
	}
	for _, r := range s.Refunds {
		if r.Restock { // whether or not the money went back
			add(r.Pieces, func(c *Count, n int64) { c.Cancelled += n })
		}
		if r.Status != RefundFailed {
			add(r.Pieces, func(c *Count, n int64) { c.Refunded += n })
		}
	}
	for _, r := range s.Returns {
		add(r.Pieces, func(c *Count, n int64) { c.Returned += n })
	}
	for _, l := range s.Lines { // a cancelled rest may have been refunded before
		c := counts[l.ID]
		c.Refunded = min(c.Refunded, l.Quantity)
		counts[l.ID] = c
	}
	return counts
}

// Refundable is what was paid and neither went back nor is going to.
func (o *Order) Refundable() int64 {
	left := o.s.Payment.Amount
	for _, r := range o.s.Refunds {
		if r.Status != RefundFailed {
			left -= r.Amount
		}
	}
	return left
}

// owed is what is given back without an operator's word: not what one has given back by
// hand, or left, unless the same amount was given back after that.
func (o *Order) owed() int64 {
	left, owed := map[int64]int64{}, o.Refundable()
	for _, r := range o.s.Refunds {
		switch {
		case r.Status == RefundFailed && r.Left():
			left[r.Amount]++
		case r.Status != RefundFailed && left[r.Amount] > 0:
			left[r.Amount]--
		}
	}
	for amount, times := range left {
		owed -= amount * times
	}
	return max(0, owed)
}

// Refunded is what went back.
func (s Snapshot) Refunded() (sum int64) {
	for _, r := range s.Refunds {
		if r.Status == RefundSucceeded {
			sum += r.Amount
		}
	}
	return sum
}

// HasChores says that something is left to do in other modules, for an order
// that is not being placed any more.
func (o *Order) HasChores() bool {
	s := &o.s
	if s.GiveBack || s.TakeFromCart {
		return true
	}
	for _, f := range s.Fulfilments {
		if f.Unbooked || s.Payment.State == Authorized {
			return true
		}
	}
	for _, r := range s.Refunds {
		if r.Unbooked || r.Status == RefundPending && !r.GivenUp() {
			return true
		}
	}
	for _, r := range s.Returns {
		if r.Unbooked {
			return true
		}
	}
	return false
}

// PaymentStatus is how an order stands with its money. The words are the
// contract's, in small letters.
func (s Snapshot) PaymentStatus() string {
	switch s.Payment.State {
	case Authorized:
		return "authorized"
	case Paid:
		switch back := s.Refunded(); {
		case back == 0:
			return "paid"
		case back < s.Payment.Amount:
			return "partly_refunded"
		}
		return "refunded"
	}
	if s.Status == Placing && s.Totals.Total > 0 {
		return "waiting"
	}
	return "none"
}

// DeliveryStatus is how far the goods of an order are.
func (s Snapshot) DeliveryStatus() string {
	counts := s.Counts()
	var shipped, returned, left int64
	for _, l := range s.Lines {
		c := counts[l.ID]
		shipped, returned, left = shipped+c.Shipped, returned+c.Returned, left+c.ToSend(l)
	}
	switch {
	case shipped == 0:
		return "none"
	case returned == shipped:
		return "returned"
	case left > 0:
		return "partly_shipped"
	}
	return "shipped"
}
