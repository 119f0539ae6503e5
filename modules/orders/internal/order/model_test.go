package order

import (
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// model is the life of an order after it was paid, as numbers only.
type model struct {
	quantity, total                    []int64 // by line
	shipped, asked, returned, withheld []int64 // asked: to be refunded
	paid, back                         int64
	cancelled, restCancelled           bool
}

func (m *model) refunded(i int) int64 { return min(m.asked[i], m.quantity[i]) }

// cost is what n more pieces of a line are refunded for.
func (m *model) cost(i int, n int64) int64 {
	return m.total[i]*(m.refunded(i)+n)/m.quantity[i] - m.total[i]*m.refunded(i)/m.quantity[i]
}

// cancel cancels all of the order, or what is left to send of it.
func (m *model) cancel() {
	if !m.anyShipped() {
		m.cancelled, m.back = true, m.paid
		return
	}
	m.restCancelled = true
	var amount int64
	for i := range m.quantity {
		left := m.toSend(i)
		amount += m.cost(i, min(left, m.quantity[i]-m.refunded(i)))
		m.withheld[i] += left
		m.asked[i] += left
	}
	m.back += min(amount, m.paid-m.back)
}

func (m *model) toSend(i int) int64 { return m.quantity[i] - m.shipped[i] - m.withheld[i] }

func (m *model) done() bool {
	for i := range m.quantity {
		if m.toSend(i) > 0 {
			return false
		}
	}
	return true
}

func (m *model) anyShipped() bool {
	for _, n := range m.shipped {
		if n > 0 {
			return true
		}
	}
	return false
}

// An order goes through any fulfilments, refunds, returns and cancellations as
// a simple model does, and its parts always sum to its totals.
func TestAnOrdersLifeIsThatOfAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{}
		var lines []Line
		for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
			quantity, unit := rapid.Int64Range(1, 5).Draw(t, "quantity"), rapid.Int64Range(0, 999).Draw(t, "unit")
			discount := rapid.Int64Range(0, quantity*unit).Draw(t, "discount")
			lines = append(lines, line(fmt.Sprint("sku", i), quantity, unit, discount))
			m.quantity, m.total = append(m.quantity, quantity), append(m.total, quantity*unit-discount)
		}
		n := len(lines)
		m.shipped, m.asked, m.returned, m.withheld = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		p := purchase(rapid.Int64Range(0, 900).Draw(t, "delivery"), lines...)
		o := open(t, p)
		m.paid = p.Totals.Total
		for step := range rapid.IntRange(1, 25).Draw(t, "steps") {
			i, quantity := rapid.IntRange(0, n-1).Draw(t, "line"), rapid.Int64Range(1, 5).Draw(t, "pieces")
			pieces := []Piece{{Line: lineID(i), Quantity: quantity}}
			key := fmt.Sprint("step", step)
			var err error
			var want bool
			switch rapid.SampledFrom([]string{"ship", "refund", "restock", "amount", "return", "cancel", "settle", "refuse"}).Draw(t, "what") {
			case "ship":
				want = !m.cancelled && !m.done() && quantity <= m.toSend(i)
				if err = o.Ship(Fulfilment{ID: key, Key: key, Pieces: pieces}, t0); want {
					m.shipped[i] += quantity
				}
			case "refund", "restock":
				restock := rapid.Bool().Draw(t, "restock")
				amount := m.cost(i, quantity)
				if want = m.refunded(i)+quantity <= m.quantity[i]; restock { // taken out, whatever is left of the money
					amount = min(amount, m.paid-m.back)
					want = want && !m.cancelled && !m.done() && quantity <= m.toSend(i)
				} else {
					want = want && m.back < m.paid && m.back+amount <= m.paid
				}
				if err = o.Refund(Refund{ID: key, Key: key, Pieces: pieces, Restock: restock}, t0); want {
					m.asked[i] += quantity
					m.back += amount
					if restock {
						m.withheld[i] += quantity
					}
				}
			case "amount":
				amount := rapid.Int64Range(1, 2000).Draw(t, "amount")
				want = m.back < m.paid && m.back+amount <= m.paid
				if err = o.Refund(Refund{ID: key, Key: key, Amount: amount}, t0); want {
					m.back += amount
				}
			case "return":
				want = m.returned[i]+quantity <= m.shipped[i]
				if err = o.Return(Return{ID: key, Key: key, Pieces: pieces}, t0); want {
					m.returned[i] += quantity
				}
			case "cancel":
				want = m.cancelled || m.restCancelled || !m.done()
				before := m.cancelled || m.restCancelled
				if err = o.Cancel(Ending{Because: OnRequest, By: Operator}, t0); want && !before {
					m.cancel()
				}
			case "settle":
				want = true
				for _, r := range o.Snapshot().Refunds {
					o.RefundSettled(r.ID, RefundSucceeded, "", t0)
				}
			case "refuse": // the last refund; its pieces that are not to be sent stay so
				want = true
				if n := len(o.Snapshot().Refunds); n > 0 && o.Snapshot().Refunds[n-1].Status == RefundPending {
					r := o.Snapshot().Refunds[n-1]
					o.RefundSettled(r.ID, RefundFailed, "no such card", t0)
					m.back -= r.Amount
					for _, p := range r.Pieces {
						n, _ := strconv.Atoi(p.Line)
						m.asked[n-1] -= p.Quantity
					}
				}
			}
			if (err == nil) != want {
				t.Fatalf("got %v, want allowed %t, of %+v in %+v", err, want, o.Snapshot(), m)
			}
			compare(t, o, m)
		}
	})
}

func lineID(i int) string { return fmt.Sprint(i + 1) }

func compare(t *rapid.T, o *Order, m *model) {
	counts := o.Counts()
	for i := range m.quantity {
		got := counts[lineID(i)]
		if want := (Count{m.shipped[i], m.refunded(i), m.returned[i], m.withheld[i]}); got != want {
			t.Fatalf("line %d: got %+v, want %+v", i, got, want)
		}
	}
	if got := o.Refundable(); got != m.paid-m.back || got < 0 {
		t.Fatalf("got %d left to refund, want %d", got, m.paid-m.back)
	}
	want := Open
	if m.cancelled {
		want = Cancelled
	} else if m.done() {
		want = Closed
	}
	if o.Status() != want {
		t.Fatalf("got %s, want %s", o.Status(), want)
	}
	var pieces, refunds int64
	for _, r := range o.Snapshot().Refunds {
		if r.Status == RefundFailed {
			continue
		}
		refunds += r.Amount
		for _, p := range r.Pieces {
			pieces += p.Amount
		}
	}
	if refunds > o.Snapshot().Payment.Amount || pieces > refunds {
		t.Fatalf("refunds of %d, %d of it for pieces, of %d paid", refunds, pieces, o.Snapshot().Payment.Amount)
	}
}
