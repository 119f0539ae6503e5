package service_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/orders/internal/service"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

// story is what a shopper does, again from the beginning after each death of
// orders, and how it must end.
type story struct {
	// stock of the shelf; the cart has two.
	stock int64
	codes []string
	// pays: on the provider's page, when there is one.
	pays bool
	// told: by the event of payments; else only a poll finds it.
	told bool
	// twice: the event comes twice.
	twice bool
	// leaves: the shopper does nothing after PlaceOrder, whose answer is lost.
	leaves bool
	// cancels the order after all: when it is open, or, early, before orders has heard of
	// the payment.
	cancels, early bool
	// late: the shopper pays when the time is over.
	late bool
	end  string
}

var stories = map[string]story{
	"pays":                      {stock: 5, pays: true, told: true, end: "open"},
	"pays, webhook comes twice": {stock: 5, pays: true, told: true, twice: true, end: "open"},
	"pays, webhook is lost":     {stock: 5, pays: true, end: "open"},
	"pays with a code":          {stock: 5, pays: true, told: true, codes: []string{"WELCOME"}, end: "open"},
	"never pays":                {stock: 5, end: "failed"},
	"leaves before the answer":  {stock: 5, leaves: true, end: "failed"},
	"finds it sold out":         {stock: 1, end: "failed"},
	"finds the code used up":    {stock: 5, codes: []string{"GONE"}, end: "failed"},
	"cancels before paying":     {stock: 5, cancels: true, end: "failed"},
	"pays, and cancels":         {stock: 5, pays: true, told: true, cancels: true, end: "cancelled"},
	"pays, and cancels early":   {stock: 5, pays: true, cancels: true, early: true, end: "cancelled"},
	"pays in the last moment":   {stock: 5, pays: true, late: true, end: "open"},
}

// visit is one run of a story: a request, repeated as it is.
type visit struct {
	*house
	story
	sku, cart string
	request   *ordersv1.PlaceOrderRequest
}

func (h *house) visit(s story) *visit {
	h.uses["WELCOME"] = 3
	v := &visit{house: h, story: s}
	v.sku, v.cart = h.fill(s.stock, 2)
	h.carts[v.cart].codes = append([]string{"MEANWHILE"}, s.codes...)
	v.request = h.request(v.cart, s.codes...)
	return v
}

// errPage is what the provider's page says when the time to pay is over, or the
// payment was made before.
var errPage = errors.New("this payment can't be made any more")

// play does what the shopper does until the end, or until the life dies.
func (v *visit) play(l *life) error {
	result := make(chan error, 1)
	go func() { result <- v.act(l) }() // of its own, for it may die
	select {
	case err := <-result:
		return err
	case <-l.died:
		return errors.New("orders died")
	}
}

func (v *visit) act(l *life) error {
	ctx := context.Background()
	placed, err := l.PlaceOrder(ctx, v.request)
	if err != nil || v.leaves {
		return err
	}
	orderID := placed.GetOrder().GetId()
	if v.pays && placed.GetRedirectUrl() != "" {
		if v.late {
			v.later.Add(int64(30*time.Minute) - int64(10*time.Millisecond))
		}
		switch {
		case !v.pay(orderID):
			err = errPage
		case v.told:
			v.settled(orderID, true)
			if v.twice {
				v.settled(orderID, true)
			}
		}
	}
	if v.cancels {
		if v.pays && !v.early { // a life that died reads no more: the test may end before it
			v.await("the order is open", func() bool { return l.dead.Load() || v.only().Status != "placing" })
		}
		_, err = l.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: orderID, Token: placed.GetToken()})
	}
	return err
}

// rest lets the time of payments go by until nothing is left to do.
func (v *visit) rest() {
	v.t.Helper()
	v.await("nothing is left to do", func() bool {
		for _, k := range v.kept() {
			if k.Status == "placing" {
				// The polls and the end of the hold come by the clock.
				v.later.Add(int64(time.Minute))
			}
		}
		return v.busy() == 0
	})
}

// finish lets all be done and wants the right end.
func (v *visit) finish(l *life) {
	v.t.Helper()
	v.rest()
	if got := v.only().Status; got != v.end {
		v.t.Errorf("the order is %s, want %s", got, v.end)
	}
	v.wantEven(l, v.sku, v.stock)
	v.mu.Lock()
	defer v.mu.Unlock()
	cart := v.carts[v.cart]
	if left := cart.lines[v.sku]; v.end == "open" && left != 0 || v.end == "failed" && left != 2 {
		v.t.Errorf("got %d things in the cart of an order that is %s", left, v.end)
	}
	codes := []string{"MEANWHILE"}
	if v.end == "failed" {
		codes = append(codes, v.codes...)
	}
	if !slices.Equal(cart.codes, codes) {
		v.t.Errorf("got the codes %q in the cart of an order that is %s and had %q, want %q", cart.codes, v.end, v.codes, codes)
	}
	uses := int64(3)
	if v.end == "open" {
		uses -= int64(len(v.codes))
	}
	if got := v.uses["WELCOME"]; got != uses {
		v.t.Errorf("got %d uses of the code left, want %d", got, uses)
	}
}

// points are those a story passes when nobody dies.
func points(t *testing.T, s story) []string {
	h := build(t, databasetest.SQLite(t))
	var mu sync.Mutex
	var all []string
	l := h.live(func(point string) bool {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, point)
		return false
	})
	v := h.visit(s)
	v.play(l)
	v.finish(l)
	l.close()
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(all)
}

func TestDeathAtEachPointLeavesTheBooksEven(t *testing.T) {
	reached := map[string]bool{}
	for name, s := range stories {
		passed := points(t, s)
		for _, p := range passed {
			reached[p] = true
		}
		t.Run(name, func(t *testing.T) {
			for _, where := range []struct {
				name string
				make func(t testing.TB) database.Options
			}{{"sqlite", databasetest.SQLite}, {"postgres", databasetest.Postgres}} {
				t.Run(where.name, func(t *testing.T) {
					for n := range passed {
						t.Run(passed[n], func(t *testing.T) {
							t.Parallel()
							dieAndRecover(t, build(t, where.make(t)), s, n)
						})
					}
				})
			}
		})
	}
	// Those of decisions are one write, and what follows is not of the checkout.
	for _, p := range []string{"ship", "refund", "return", "resolve", "pay", "replace", "book", "capture", "delay"} {
		reached[p+":before"], reached[p+":after"] = true, true
	}
	for _, p := range service.Points {
		if !reached[p] {
			t.Errorf("no story passes %s: death there is not tested", p)
		}
	}
}

// dieAndRecover ends the first life at its n-th point and a second one
// somewhere on its way; the third must bring all to the right end.
func dieAndRecover(t *testing.T, h *house, s story, n int) {
	v := h.visit(s)
	var first, second string
	defer func() {
		if t.Failed() {
			t.Logf("died at %q, then at %q", first, second)
		}
	}()
	l := h.live(dieAt(n, &first))
	v.play(l)
	// Death may come after the answer, in the driver.
	h.await("the first life is over", func() bool {
		if k := h.kept(); len(k) == 1 && k[0].Status == "placing" && k[0].PaymentState != "" {
			h.later.Add(int64(time.Minute))
		}
		return l.dead.Load() || h.busy() == 0 && len(h.kept()) == 1
	})
	h.bury(l)

	l = h.live(dieAt(n*7%11, &second))
	if n%2 == 0 { // a shopper who repeats at once; else the driver is alone
		v.play(l)
	}
	h.await("the second life is over", func() bool {
		if k := h.kept(); len(k) == 1 && k[0].Status == "placing" && k[0].PaymentState != "" && !(s.pays && !s.late && n%2 == 1) {
			h.later.Add(int64(time.Minute))
		}
		return l.dead.Load() || h.busy() == 0 || s.pays && n%2 == 1
	})
	h.bury(l)

	l = h.live(nil)
	err := v.play(l)
	// An order can fail after its shopper was answered: its end is known when
	// nothing is left to do.
	v.rest()
	if h.only().Status == "failed" && (v.end == "open" || v.end == "cancelled") {
		// The shopper was too late after all these deaths. Who wanted the goods
		// was told so, and nothing is paid: finish looks at the books.
		told := status.Code(err) == codes.FailedPrecondition || status.Code(err) == codes.Unavailable || errors.Is(err, errPage)
		if v.end == "open" && !told {
			t.Errorf("got %v for a failed order", err)
		}
		v.end = "failed"
	}
	v.finish(l)
}

func TestASoldOutOrderIsToldAndGivesTheCartBack(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		v := h.visit(stories["finds it sold out"])
		l := h.live(nil)
		for range 2 {
			if err := v.play(l); !contract.Is(err, ordersv1.Reason_REASON_OUT_OF_STOCK) || contract.Metadata(err, "sku") != v.sku {
				t.Errorf("got %v, want OUT_OF_STOCK with its sku", err)
			}
		}
		v.finish(l)
	})
}
