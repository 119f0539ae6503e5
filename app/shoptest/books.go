package shoptest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	inventoryv1 "galleria/modules/inventory/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
)

const (
	placing   = ordersv1.OrderStatus_ORDER_STATUS_PLACING
	opened    = ordersv1.OrderStatus_ORDER_STATUS_OPEN
	closed    = ordersv1.OrderStatus_ORDER_STATUS_CLOSED
	failed    = ordersv1.OrderStatus_ORDER_STATUS_FAILED
	cancelled = ordersv1.OrderStatus_ORDER_STATUS_CANCELLED
)

// Summary counts orders by how they ended.
type Summary struct {
	Completed, Cancelled, Failed int
}

// Books waits until every checkout has ended and every mail is written, and
// then checks that all the books agree. Orders end by themselves. Only those whose guest
// left the page of payment are called off, unless they have a Hold that can be waited for.
//
//   - what was acknowledged is so: the order exists, and is as it was said;
//   - the money captured and not given back, with the provider too, is that of
//     the orders sold, order by order; no payment is without an order;
//   - on hand is what came in and was not shipped, and the sum of the movements;
//     allocated is what the orders sold wait for, and none is negative;
//   - no order is paid twice, and the parts of each sum to its total;
//   - each order that stands has one use of each of its codes, all others have none, and no
//     code is used more often than it may be, in all and by one customer;
//   - each confirmation, parcel, refund and cancellation has one mail.
func (s *Shop) Books(t testing.TB) Summary {
	t.Helper()
	a := s.audit(t)
	defer a.operator.conn.Close()
	open := ""
	s.await(t, s.layout.Hold+patience, func() string { return "every checkout has ended: " + open }, func() bool {
		open = a.openOrders()
		return open == ""
	})
	a.awaitGivenBack()
	s.Await(t, "every mail is written", func() bool { return len(a.orderMails()) >= len(a.wantMails()) })
	a.acknowledged()
	a.money()
	a.goods()
	for _, problem := range a.codeProblems() {
		a.Error(problem)
	}
	a.post()
	return a.summary()
}

// audit compares what the modules say with each other. It must not be a
// module's own reckoning: that may be wrong in the same way.
type audit struct {
	testing.TB
	shop     *Shop
	operator operator
	orders   map[string]*ordersv1.Order
}

func (s *Shop) audit(t testing.TB) *audit {
	t.Helper()
	return &audit{TB: t, shop: s, operator: s.operator(t), orders: map[string]*ordersv1.Order{}}
}

// openOrders loads all orders and names those that have not ended; "" when all
// have.
func (a *audit) openOrders() string {
	client := ordersv1.NewOrdersServiceClient(a.operator)
	request := &ordersv1.ListOrdersRequest{PageSize: 200}
	var open []string
	for {
		listed, err := client.ListOrders(a.Context(), request)
		if err != nil {
			return "the orders can't be listed: " + err.Error()
		}
		for _, o := range listed.GetOrders() {
			a.orders[o.GetId()] = o
			if problem := unsettled(o); problem != "" {
				open = append(open, fmt.Sprintf("%s is %s: %s", o.GetId(), o.GetStatus(), problem))
			}
			if a.shop.layout.Hold == 0 && a.isAbandoned(o) {
				_, err := client.CancelOrder(a.Context(), &ordersv1.CancelOrderRequest{OrderId: o.GetId(), Operator: true, Reason: "never paid"})
				if err != nil {
					a.Logf("cancel order %s: %v", o.GetId(), err)
				}
			}
		}
		if request.PageToken = listed.GetNextPageToken(); request.PageToken == "" {
			return strings.Join(open, ", ")
		}
	}
}

// awaitGivenBack gives orders that have ended the time to give back what they
// hold, which they do after it is decided. What they kept is found afterwards.
func (a *audit) awaitGivenBack() {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(20 * time.Millisecond) {
		byOrder, _ := a.shop.payments(a.TB)
		held := false
		for id := range byOrder {
			for _, p := range byOrder[id] {
				held = held || p.status == "waiting"
			}
		}
		if !held && a.levelsAgree() && len(a.codeProblems()) == 0 {
			return
		}
	}
}

// levelsAgree says that nothing more is allocated than orders wait for.
func (a *audit) levelsAgree() bool {
	received, _, _ := a.shop.ledger.read()
	waiting, gone := a.sales()
	listed, err := inventoryv1.NewInventoryServiceClient(a.operator).GetLevels(a.Context(), &inventoryv1.GetLevelsRequest{Skus: slices.Sorted(maps.Keys(received))})
	return err == nil && !slices.ContainsFunc(listed.GetLevels(), func(l *inventoryv1.Level) bool {
		return l.GetAllocated() != waiting[l.GetSku()] || l.GetOnHand() != received[l.GetSku()]-gone[l.GetSku()]
	})
}

// sales are the pieces that orders wait for, and those that were sent and are not on
// the shelf again, by sku.
func (a *audit) sales() (waiting, gone map[string]int64) {
	waiting, gone = map[string]int64{}, map[string]int64{}
	for _, o := range a.orders {
		for _, l := range o.GetLines() {
			if sold(o) {
				waiting[l.GetSku()] += l.GetQuantity() - l.GetShipped() - l.GetCancelled()
				gone[l.GetSku()] += l.GetShipped()
			}
			for _, back := range o.GetReturns() {
				for _, piece := range back.GetPieces() {
					if back.GetRestock() && piece.GetLineId() == l.GetId() {
						gone[l.GetSku()] -= piece.GetQuantity()
					}
				}
			}
		}
	}
	return waiting, gone
}

// isAbandoned tells whether an order waits for its guest, and for nothing else: neither is
// it ending already, nor is its time over.
func (a *audit) isAbandoned(o *ordersv1.Order) bool {
	return o.GetStatus() == placing && o.GetPaymentUrl() != "" && o.GetEndedBecause() == "" && o.GetAttention() == nil &&
		time.Now().Before(o.GetHoldEndsAt().AsTime()) && a.canBePaid(o.GetId())
}

// canBePaid tells whether an order waits for its payment.
func (a *audit) canBePaid(order string) bool {
	byOrder, byReference := a.shop.payments(a.TB)
	return slices.ContainsFunc(byOrder[order], func(p account) bool {
		return p.status == "waiting" && byReference[p.reference].status == "open"
	})
}

// unsettled says what is still to be done with an order; "" when it rests.
func unsettled(o *ordersv1.Order) string {
	switch {
	case o.GetAttention() != nil:
		return "needs attention: " + o.GetAttention().GetReason()
	case o.GetStatus() == placing:
		return "not decided"
	}
	for _, r := range o.GetRefunds() {
		if r.GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_PENDING {
			return "a refund is pending"
		}
	}
	return ""
}

func (a *audit) acknowledged() {
	a.Helper()
	_, acknowledged, wrong := a.shop.ledger.read()
	for _, w := range wrong {
		a.Error(w)
	}
	somebody := a.shop.Guest(a.TB, "somebody with a link")
	for n, ack := range slices.SortedFunc(maps.Values(acknowledged), func(x, y acknowledgement) int { return strings.Compare(x.ID, y.ID) }) {
		o := a.orders[ack.ID]
		switch {
		case o == nil:
			a.Errorf("order %s was acknowledged and does not exist", ack.ID)
		case ack.cancelled && o.GetStatus() != cancelled:
			a.Errorf("order %s was cancelled, and is %s", ack.ID, o.GetStatus())
		case !ack.cancelled && o.GetStatus() == cancelled && o.GetEndedBecause() != "on_request":
			a.Errorf("order %s was confirmed and cancelled by the shop: %s", ack.ID, o.GetEndedBecause())
		case !ack.cancelled && !sold(o) && o.GetStatus() != cancelled:
			a.Errorf("order %s was confirmed, and is %s (%s)", ack.ID, o.GetStatus(), o.GetEndedBecause())
		}
		if n < 20 { // pages cost time; one is as good as the other
			somebody.Get(ack.Path).Want(http.StatusOK)
		}
	}
}

func sold(o *ordersv1.Order) bool { return o.GetStatus() == opened || o.GetStatus() == closed }

func promised(o *ordersv1.Order) bool { return happened(o, "opened") }

func happened(o *ordersv1.Order, what string) bool {
	return slices.ContainsFunc(o.GetTimeline(), func(e *ordersv1.TimelineEntry) bool { return e.GetWhat() == what })
}

func (a *audit) money() {
	a.Helper()
	byOrder, byReference := a.shop.payments(a.TB)
	var wantTotal, gotTotal, providerTotal int64
	for id, o := range a.orders {
		want := int64(0)
		if sold(o) {
			want = o.GetTotals().GetTotalMinor() - o.GetRefundedMinor()
		}
		wantTotal += want
		var kept int64
		paid := 0
		for _, p := range byOrder[id] {
			kept += p.kept()
			if p.captured > 0 {
				paid++
			}
			if p.status == "waiting" {
				a.Errorf("order %s is %s, and its payment can still be made", id, o.GetStatus())
			}
		}
		if kept != want || paid > 1 {
			a.Errorf("order %s is %s over %d: got %d kept in %d paid payments, want %d in one", id, o.GetStatus(), o.GetTotals().GetTotalMinor(), kept, paid, want)
		}
		a.partsSum(o)
	}
	known := map[string]bool{}
	for id, payments := range byOrder {
		if a.orders[id] == nil {
			for _, p := range payments {
				// One that was cancelled before it was started is remembered, by its id alone.
				if id != "" || p.status != "cancelled" || p.captured != 0 || a.orders[p.reference] == nil {
					a.Errorf("there is a payment (%v) for order %q, which does not exist", p, id)
				}
			}
		}
		for _, p := range payments {
			gotTotal += p.kept()
			known[p.reference] = true
			if entry := byReference[p.reference]; entry.kept() != p.kept() {
				a.Errorf("payments kept %d for order %s, the provider %d", p.kept(), id, entry.kept())
			}
		}
	}
	for reference, p := range byReference {
		providerTotal += p.kept()
		if p.captured > 0 && !known[reference] {
			a.Errorf("the provider took %d as %s for no order", p.captured, reference)
		}
	}
	if gotTotal != wantTotal || providerTotal != wantTotal {
		a.Errorf("orders were sold for %d; payments kept %d, the provider %d", wantTotal, gotTotal, providerTotal)
	}
}

// partsSum wants that what an order consists of makes its total.
func (a *audit) partsSum(o *ordersv1.Order) {
	a.Helper()
	t := o.GetTotals()
	sum := t.GetGoodsMinor() - t.GetDiscountMinor() + t.GetDeliveryMinor()
	if !t.GetTaxesIncluded() {
		sum += t.GetTaxMinor()
	}
	var goods, discount int64
	for _, l := range o.GetLines() {
		goods += l.GetQuantity() * l.GetUnitPriceMinor()
		discount += l.GetDiscountMinor()
	}
	if sum != t.GetTotalMinor() || goods != t.GetGoodsMinor() || discount != t.GetDiscountMinor() {
		a.Errorf("order %s: parts make %d with goods of %d and discounts of %d, want %v", o.GetId(), sum, goods, discount, t)
	}
}

func (a *audit) goods() {
	a.Helper()
	received, _, _ := a.shop.ledger.read()
	waiting, gone := a.sales()
	inventory := inventoryv1.NewInventoryServiceClient(a.operator)
	skus := slices.Sorted(maps.Keys(received))
	listed, err := inventory.GetLevels(a.Context(), &inventoryv1.GetLevelsRequest{Skus: skus})
	if err != nil {
		a.Fatalf("get levels: %v", err)
	}
	found, moved := map[string]*inventoryv1.Level{}, a.movements(inventory)
	for _, l := range listed.GetLevels() {
		found[l.GetSku()] = l
	}
	for _, sku := range skus {
		l := found[sku]
		if l.GetOnHand() != received[sku]-gone[sku] || l.GetOnHand() != moved[sku] {
			a.Errorf("%s: %d on hand, movements sum to %d; %d came in, %d were shipped and kept", sku, l.GetOnHand(), moved[sku], received[sku], gone[sku])
		}
		if l.GetAllocated() != waiting[sku] {
			a.Errorf("%s: %d are allocated, and orders wait for %d", sku, l.GetAllocated(), waiting[sku])
		}
		if l.GetAllocated() < 0 || l.GetAvailable() < 0 {
			a.Errorf("%s: negative: %v", sku, l)
		}
	}
	balance, err := inventory.Audit(a.Context(), &inventoryv1.AuditRequest{})
	if err != nil || len(balance.GetProblems()) > 0 {
		a.Errorf("inventory's audit: got %v, %v, want books that balance", balance, err)
	}
}

// movements are the sums of all movements, by sku.
func (a *audit) movements(inventory inventoryv1.InventoryServiceClient) map[string]int64 {
	a.Helper()
	sums := map[string]int64{}
	request := &inventoryv1.ListMovementsRequest{PageSize: 200}
	for {
		listed, err := inventory.ListMovements(a.Context(), request)
		if err != nil {
			a.Fatalf("list movements: %v", err)
		}
		for _, m := range listed.GetMovements() {
			sums[m.GetSku()] += m.GetBy()
		}
		if request.PageToken = listed.GetNextPageToken(); request.PageToken == "" {
			return sums
		}
	}
}

// mails lists the subjects of all mails.
func (a *audit) mails() []string {
	client := notificationsv1.NewNotificationsServiceClient(a.operator)
	request := &notificationsv1.ListMailsRequest{}
	var all []string
	for {
		listed, err := client.ListMails(a.Context(), request)
		if err != nil {
			return nil
		}
		for _, m := range listed.GetMails() {
			all = append(all, m.GetSubject())
		}
		if request.PageToken = listed.GetNextPageToken(); request.PageToken == "" {
			return all
		}
	}
}

// orderMails are those about orders: what is written to people about their accounts is
// no matter of the books.
func (a *audit) orderMails() []string {
	return slices.DeleteFunc(a.mails(), func(subject string) bool { return !strings.Contains(subject, " order G-") })
}

func (a *audit) wantMails() []string {
	var all []string
	for _, o := range a.orders {
		of := "Your order " + o.GetNumber()
		if promised(o) {
			all = append(all, of+" is confirmed")
		}
		for _, e := range o.GetTimeline() { // also a refund that failed after it had succeeded
			if e.GetWhat() == "refunded" && o.GetStatus() != cancelled {
				all = append(all, "A refund for your order "+o.GetNumber())
			}
		}
		for _, r := range o.GetRefunds() {
			if r.GetStatus() == ordersv1.RefundStatus_REFUND_STATUS_FAILED {
				all = append(all, "The refund for your order "+o.GetNumber()+" did not come through")
			}
		}
		for range o.GetFulfilments() {
			all = append(all, of+" is on its way")
		}
		switch {
		case o.GetStatus() == cancelled:
			all = append(all, of+" is cancelled")
		case o.GetStatus() == failed && slices.Contains([]string{"on_request", "not_paid"}, o.GetEndedBecause()):
			all = append(all, of+" was not placed")
		}
	}
	return all
}

func (a *audit) post() {
	a.Helper()
	got, want := count(a.orderMails()), count(a.wantMails())
	for subject, n := range got {
		if want[subject] != n {
			a.Errorf("got %d mails %q, want %d", n, subject, want[subject])
		}
	}
	for subject := range want {
		if got[subject] == 0 {
			a.Errorf("there is no mail %q", subject)
		}
	}
}

func count(all []string) map[string]int {
	n := map[string]int{}
	for _, s := range all {
		n[s]++
	}
	return n
}

func (a *audit) summary() Summary {
	var s Summary
	for _, o := range a.orders {
		switch {
		case sold(o):
			s.Completed++
		case o.GetStatus() == cancelled:
			s.Cancelled++
		default:
			s.Failed++
		}
	}
	return s
}

// AwaitMail waits until a mail with this in its subject is in the mailbox.
func (s *Shop) AwaitMail(t testing.TB, subject string) {
	t.Helper()
	a := s.audit(t)
	defer a.operator.conn.Close()
	s.Await(t, "there is a mail: "+subject, func() bool {
		return slices.ContainsFunc(a.mails(), func(s string) bool { return strings.Contains(s, subject) })
	})
}
