package service_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/service"
)

// street is the modules that orders needs, in memory: as simple as their
// contracts allow, with all that they remember.
type street struct {
	mu    sync.Mutex
	now   func() time.Time
	shelf map[string]int64 // on hand
	// goods by order.
	allocated map[string]*allocation
	booked    map[string]bool // keys of Ship, ReleaseSome and PutBack
	noted     []string        // of PutBack, for ever
	carts     map[string]*basket
	payments  map[string]*payment
	uses      map[string]int64 // of codes, left
	redeemed  map[string][]string
	unredeem  map[string]bool
	replaces  []string // as prices were asked for
	// trouble, if set, is asked before and after each call's work: an error is
	// the call's.
	trouble func(call string, after bool) error
	calls   int
	deliver int64
}

type allocation struct {
	lines    map[string]int64
	ends     time.Time // zero: never
	released bool
	gone     bool // expired
}

type basket struct {
	lines      map[string]int64
	codes      []string
	taken      map[string]bool
	mergedFrom []string
	into       *basket // which it was merged into: what is taken out is there
}

type payment struct {
	order.PaymentState
	amount, refunded int64
	refunds          map[string]order.RefundStatus
	// refuses: refunds are refused for good.
	refuses bool
	// slow: refunds are accepted, and stay pending.
	slow bool
	// unanswered: as slow, and its provider does not answer.
	unanswered bool
	// stopping: the provider has not answered yet that the shopper can't pay any more.
	stopping bool
}

func newStreet(now func() time.Time) *street {
	return &street{
		now: now, shelf: map[string]int64{}, allocated: map[string]*allocation{}, booked: map[string]bool{}, carts: map[string]*basket{},
		payments: map[string]*payment{}, uses: map[string]int64{}, redeemed: map[string][]string{}, unredeem: map[string]bool{}, deliver: 500,
	}
}

// do runs the work of a call.
func (s *street) do(call string, work func() error) error {
	s.mu.Lock()
	trouble := s.trouble
	s.calls++
	s.mu.Unlock()
	if trouble != nil {
		if err := trouble(call, false); err != nil {
			return err
		}
	}
	s.mu.Lock()
	err := work()
	s.mu.Unlock()
	if trouble != nil {
		if err := trouble(call, true); err != nil {
			return err
		}
	}
	return err
}

func refuse(because string, facts map[string]string) error {
	return &service.Refusal{Because: because, Facts: facts, By: errors.New("no: " + because)}
}

// goods.

func (s *street) expire() {
	for _, a := range s.allocated {
		if !a.released && !a.gone && !a.ends.IsZero() && !s.now().Before(a.ends) {
			a.gone = true
			for sku, n := range a.lines {
				s.shelf[sku] += n
			}
		}
	}
}

type goods struct{ *street }

func (s goods) Allocate(_ context.Context, id string, lines []order.Line, hold time.Duration) error {
	return s.do("allocate", func() error {
		s.expire()
		a := s.allocated[id]
		if a != nil && a.released {
			return refuse("released", nil)
		}
		if a == nil || a.gone {
			wanted := map[string]int64{}
			for _, l := range lines {
				if wanted[l.SKU] += l.Quantity; wanted[l.SKU] > s.shelf[l.SKU] {
					return refuse(order.OutOfStock, map[string]string{"sku": l.SKU})
				}
			}
			for sku, n := range wanted {
				s.shelf[sku] -= n
			}
			a = &allocation{lines: wanted}
			s.allocated[id] = a
		} else if a.ends.IsZero() {
			return nil
		}
		a.ends = time.Time{}
		if hold > 0 {
			a.ends = s.now().Add(hold)
		}
		return nil
	})
}

func (s goods) Release(_ context.Context, id string) error {
	return s.do("release", func() error {
		s.expire()
		a := s.allocated[id]
		if a == nil {
			s.allocated[id] = &allocation{released: true}
			return nil
		}
		if !a.released && !a.gone {
			for sku, n := range a.lines {
				s.shelf[sku] += n
			}
		}
		a.released, a.lines = true, nil
		return nil
	})
}

func (s goods) take(call, id, key string, of []service.Amount, back bool) error {
	return s.do(call, func() error {
		if s.booked[key] {
			return nil
		}
		a := s.allocated[id]
		for _, l := range of {
			if a == nil || a.gone || a.lines[l.SKU] < l.Quantity {
				return refuse("not_allocated", nil)
			}
		}
		for _, l := range of {
			a.lines[l.SKU] -= l.Quantity
			if back {
				s.shelf[l.SKU] += l.Quantity
			}
		}
		s.booked[key] = true
		return nil
	})
}

func (s goods) ReleaseSome(_ context.Context, id, key string, of []service.Amount) error {
	return s.take("release some", id, key, of, true)
}

func (s goods) Ship(_ context.Context, id, key string, of []service.Amount) error {
	return s.take("ship", id, key, of, false)
}

func (s goods) PutBack(_ context.Context, _, key string, of []service.Amount, note string) error {
	return s.do("put back", func() error {
		if !s.booked[key] {
			s.noted = append(s.noted, note)
			for _, l := range of {
				s.shelf[l.SKU] += l.Quantity
			}
			s.booked[key] = true
		}
		return nil
	})
}

// prices: everything costs 700, delivery 500.

type prices struct{ *street }

func (s prices) Quote(_ context.Context, ask service.Ask) (q service.Quote, err error) {
	err = s.do("quote", func() error {
		s.replaces = append(s.replaces, ask.Replaces)
		q = s.quote(ask)
		return nil
	})
	return q, err
}

func (s *street) quote(ask service.Ask) service.Quote {
	q := service.Quote{Delivers: true, Terms: order.Terms{DeliveryOption: "standard", DeliveryName: "Standard", Codes: ask.Codes}}
	q.Totals.TaxesIncluded = true
	for _, l := range ask.Lines {
		q.Lines = append(q.Lines, order.Line{SKU: l.SKU, Name: l.SKU, Quantity: l.Quantity, UnitPrice: 700, Total: 700 * l.Quantity})
		q.Totals.Goods += 700 * l.Quantity
	}
	q.Totals.Delivery = s.deliver
	q.Totals.Total = q.Totals.Goods + q.Totals.Delivery
	q.Fingerprint = fmt.Sprint(q.Totals)
	return q
}

func (s prices) Redeem(_ context.Context, id string, codes []string, _, _ string) error {
	return s.do("redeem", func() error {
		if s.unredeem[id] {
			return refuse("unredeemed", nil)
		}
		if s.redeemed[id] != nil {
			return nil
		}
		for _, c := range codes {
			if s.uses[c] == 0 {
				return refuse(order.CodeUsedUp, map[string]string{"code": c})
			}
		}
		for _, c := range codes {
			s.uses[c]--
		}
		s.redeemed[id] = codes
		return nil
	})
}

func (s prices) Unredeem(_ context.Context, id string) error {
	return s.do("unredeem", func() error {
		for _, c := range s.redeemed[id] {
			s.uses[c]++
		}
		delete(s.redeemed, id)
		s.unredeem[id] = true
		return nil
	})
}

// carts.

type carts struct{ *street }

func (b *basket) value() service.Basket {
	v := service.Basket{Currency: "EUR", MergedFrom: b.mergedFrom}
	for sku, n := range maps.Clone(b.lines) {
		if n > 0 {
			v.Lines = append(v.Lines, service.Amount{SKU: sku, Quantity: n})
		}
	}
	return v
}

func (s carts) Get(_ context.Context, id string) (b service.Basket, err error) {
	err = s.do("get cart", func() error {
		b = s.carts[id].value()
		return nil
	})
	return b, err
}

func (s carts) Take(_ context.Context, id, orderID string, of []service.Amount, codes []string) error {
	return s.do("take", func() error {
		c := s.carts[id]
		for c.into != nil {
			c = c.into
		}
		if !c.taken[orderID] {
			c.taken[orderID] = true
			for _, l := range of {
				c.lines[l.SKU] = max(0, c.lines[l.SKU]-l.Quantity)
			}
			c.codes = slices.DeleteFunc(c.codes, func(code string) bool { return slices.Contains(codes, code) })
		}
		return nil
	})
}

// payments.

type payments struct{ *street }

func (p *payment) value(id string) service.Payment {
	v := service.Payment{State: p.PaymentState, Brand: "visa", Last4: "4242"}
	if p.PaymentState == order.Waiting && !p.stopping {
		v.URL = "https://pay.example/" + id
	}
	if p.PaymentState == order.Paid || p.PaymentState == order.Authorized {
		v.Amount = p.amount
	}
	return v
}

func (s payments) Start(_ context.Context, w service.PaymentWish) (v service.Payment, err error) {
	err = s.do("start", func() error {
		p := s.payments[w.ID]
		if p == nil {
			p = &payment{PaymentState: order.Waiting, amount: w.Amount, refunds: map[string]order.RefundStatus{}}
			s.payments[w.ID] = p
		}
		v = p.value(w.ID)
		return nil
	})
	return v, err
}

func (s payments) Get(_ context.Context, id string) (v service.Payment, err error) {
	err = s.do("look", func() error {
		p := s.payments[id]
		if p == nil {
			return refuse("no payment", nil)
		}
		v = p.value(id)
		return nil
	})
	return v, err
}

func (s payments) Cancel(_ context.Context, id string) error {
	return s.do("stop", func() error {
		p := s.payments[id]
		if p == nil {
			p = &payment{}
			s.payments[id] = p
		}
		if p.PaymentState == order.Paid {
			return service.ErrPaid()
		}
		p.PaymentState = order.Stopped
		return nil
	})
}

func (s payments) Capture(_ context.Context, id string) (v service.Payment, err error) {
	err = s.do("capture", func() error {
		if s.payments[id].PaymentState == order.Stopped {
			return refuse("nothing is held", nil)
		}
		s.payments[id].PaymentState = order.Paid
		v = s.payments[id].value(id)
		return nil
	})
	return v, err
}

func (s payments) Refund(_ context.Context, id, refundID string, amount int64) (status order.RefundStatus, failure string, err error) {
	err = s.do("give back", func() error {
		p := s.payments[id]
		if known := p.refunds[refundID]; known != "" {
			status = known
			return nil
		}
		if p.PaymentState != order.Paid {
			return refuse("not captured", nil)
		}
		if p.refunded+amount > p.amount {
			return refuse("refund too large", nil)
		}
		status = order.RefundSucceeded
		if p.slow || p.unanswered {
			status = order.RefundPending
			if p.unanswered {
				return service.ErrUnanswered()
			}
			return nil
		}
		if p.refuses {
			status, failure = order.RefundFailed, "the account is closed"
		} else {
			p.refunded += amount
		}
		p.refunds[refundID] = status
		return nil
	})
	return status, failure, err
}

// pay is what the shopper does on the provider's page; false when it can't be
// paid there any more.
func (s *street) pay(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.payments[id]
	if p == nil || p.PaymentState != order.Waiting {
		return false
	}
	p.PaymentState = order.Paid
	return true
}
