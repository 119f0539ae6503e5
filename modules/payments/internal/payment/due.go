package payment

import "time"

// The longest waits between two looks at the provider.
const (
	// mostOpen is for a step that was asked and not answered.
	mostOpen = time.Minute
	// mostWaiting is for a payment that waits for its shopper: a webhook tells
	// sooner, if none is lost.
	mostWaiting = 5 * time.Minute
	// mostSettling is for a refund that the provider has and has not settled, which
	// takes days with some banks, and for a look that failed where nothing is waited for.
	mostSettling = time.Hour
	// mostLooks is how many looks may fail where nothing is waited for, some two days of them:
	// the provider may not know the payment any more.
	mostLooks = 56
	// mostHeld is for what is held: a hold can run out at the bank.
	mostHeld = 6 * time.Hour
)

// Due is when to look at the provider next, if nothing is heard from it before;
// zero when there is nothing to learn. least is the first wait; it doubles with
// each look that changed nothing.
func (p Payment) Due(now time.Time, least time.Duration) time.Time {
	in := func(most time.Duration) time.Time { return now.Add(wait(least, most, p.state.Tries)) }
	switch {
	case p.state.Cancelling || p.state.Capturing:
		return in(mostOpen)
	case p.state.Status == Waiting && !now.Before(p.terms.Expires):
		return in(mostOpen)
	case p.state.Status == Waiting:
		if look := in(mostWaiting); p.state.RedirectURL != "" && look.Before(p.terms.Expires) {
			return look
		}
		return p.terms.Expires
	case p.state.Status == Authorized:
		return in(mostHeld)
	}
	for _, r := range p.refunds {
		if r.Status == RefundPending && r.Reference == "" {
			return in(mostOpen)
		}
	}
	if p.state.Refunding > 0 || p.unlooked && p.state.Tries < mostLooks {
		return in(mostSettling)
	}
	return time.Time{}
}

func wait(least, most time.Duration, tries int64) time.Duration {
	d := least
	for ; tries > 0 && d < most; tries-- {
		d *= 2
	}
	return min(d, max(most, least))
}
