package app_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/app/shoptest"
)

// The variables of TestFaults: how many kills, and a run to repeat.
const (
	faultsVariable = "GALLERIA_FAULTS"
	seedVariable   = "GALLERIA_TEST_SEED"
)

// TestFaults sells while processes are killed at random moments, also while
// they start and recover. Guests do what guests do: they send their form again
// until they have an answer. Afterwards all books must agree.
func TestFaults(t *testing.T) {
	kills := number(t, faultsVariable, 20)
	seed := number(t, seedVariable, int(time.Now().UnixNano()%1_000_000))
	t.Logf("%d kills; repeat with %s=%d", kills, seedVariable, seed)
	shops := []struct {
		name   string
		layout shoptest.Layout
	}{
		{"one process", shoptest.Layout{}},
		{"payments and inventory apart", shoptest.Layout{Apart: []string{"payments", "inventory"}}},
		{"PostgreSQL", shoptest.Layout{Postgres: true}},
	}
	each := (kills + len(shops) - 1) / len(shops)
	for i, c := range shops {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Open(t, c.layout)
			f := &faults{shop: shop, rand: rand.New(rand.NewPCG(uint64(seed), uint64(i)))}
			f.addVoucher(t, each/2)
			checkouts := f.sell(t, each, append([]string{""}, c.layout.Apart...))
			got := shop.Books(t)
			t.Logf("%d kills in %d checkouts: %+v", f.kills, checkouts, got)
			if got.Completed+got.Cancelled != checkouts {
				t.Errorf("got orders %+v, want each of %d guests to have exactly one in the end", got, checkouts)
			}
			if f.kills != each {
				t.Errorf("got %d kills, want %d", f.kills, each)
			}
		})
	}
}

// thorough tells whether time matters less than passing everywhere: make
// test-faults.
func thorough() bool { return os.Getenv(faultsVariable) != "" }

func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

type faults struct {
	shop  *shoptest.Shop
	rand  *rand.Rand // of the killer alone
	kills int
}

const guestsAtOnce = 6

// contested is a voucher code that half of the guests would like to use. Two at a time have
// one e-mail address, and each address may use it once; it is used up before the last of
// them come.
const contested = "CONTESTED"

func (f *faults) addVoucher(t *testing.T, uses int) {
	t.Helper()
	out, code := f.shop.Run(t, "promotions", "add", "contested", "--name", "Contested", "--percent", "10", "--code", contested,
		"--max-uses", fmt.Sprint(max(uses, 1)), "--max-uses-per-customer", "1")
	if code != 0 {
		t.Fatalf("add a promotion: exit %d, %s", code, out)
	}
}

// sell kills processes that many times while guests buy, one after another, and waits until
// the last guest has an answer. It gives how many there were.
func (f *faults) sell(t *testing.T, kills int, victims []string) (checkouts int) {
	var came atomic.Int64
	var enough atomic.Bool
	var all sync.WaitGroup
	for range guestsAtOnce {
		all.Go(func() {
			for !enough.Load() {
				buysStubbornly(t, f.shop, int(came.Add(1)-1))
			}
		})
	}
	gone := make(chan struct{}) // all guests, which they are too soon when they fail
	go func() {
		all.Wait()
		close(gone)
	}()
	for f.kills < kills && f.opening(gone) {
		f.kill(t, victims[f.rand.IntN(len(victims))])
	}
	enough.Store(true)
	<-gone
	f.shop.AwaitHealthy(t)
	return int(came.Load())
}

// opening waits for a moment to kill: after some more orders, wherever the
// others are just then; one time in three after a while, which may be short enough
// to kill a process that only starts. Were it always so, a busy machine would never
// get an order done between two deaths. It is false when no guests are left.
func (f *faults) opening(gone <-chan struct{}) bool {
	until := f.shop.Acknowledged() + 1 + f.rand.IntN(5)
	var moment <-chan time.Time
	if while := time.Duration(20+f.rand.ExpFloat64()*400) * time.Millisecond; f.rand.IntN(3) == 0 {
		moment = time.After(while)
	}
	for f.shop.Acknowledged() < until {
		select {
		case <-gone:
			return false
		case <-moment:
			return true
		case <-time.After(time.Millisecond):
		}
	}
	return true
}

func (f *faults) kill(t *testing.T, victim string) {
	f.kills++
	if victim != "" {
		f.shop.Module(victim).Kill(t)
		f.shop.StartModules(t, victim)
		return
	}
	f.shop.Main().Kill(t)
	f.shop.Restart(t)
}

// buysStubbornly is a guest who wants a thing, whatever happens to the shop.
// Some have a card that is declined at first, some cancel in the end, some have a voucher.
func buysStubbornly(t *testing.T, shop *shoptest.Shop, n int) {
	name, checkout := fmt.Sprintf("Guest-%d", n), "/checkout?country=PT"
	if n%4 < 2 {
		name, checkout = fmt.Sprintf("Twin-%d", n/4), checkout+"&code="+contested
	}
	guest := shop.Guest(t, name)
	persist(t, "put something into the cart", func() *shoptest.Page { return guest.TriesToPut(1+n%3, shoptest.Mug) }, http.StatusSeeOther)
	page := persist(t, "open the checkout", func() *shoptest.Page { return guest.TriesToSee(checkout) }, http.StatusOK)
	card := []string{shoptest.Visa, shoptest.Visa, shoptest.Mastercard, shoptest.LostPayment, shoptest.Declined}[n%5]
	form := guest.With(card, page.Form("/checkout"))
	for tries := 0; ; tries++ {
		if tries > 100 {
			t.Errorf("guest %d was told a hundred times that the total is another one", n)
			return
		}
		answer := persist(t, "check out", func() *shoptest.Page { return guest.Tries(form) },
			http.StatusSeeOther, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
		switch answer.Status {
		case http.StatusConflict:
			// Others took the last use meanwhile, or gave one back: the form that comes back
			// has the new total.
			if n%4 >= 2 || !strings.Contains(answer.Text(), "The total ") {
				t.Errorf("guest %d was told: %s", n, answer.Text())
				return
			}
			form = guest.Again(form, answer)
			continue
		case http.StatusUnprocessableEntity:
			if card != shoptest.Declined {
				t.Errorf("guest %d with a good card was told: %s", n, answer.Text())
				return
			}
			// The order is still open to another card.
			card = shoptest.Visa
			form.Set("card_number", card)
			continue
		case http.StatusServiceUnavailable:
			// The form that comes back knows whether it is the same order.
			form = guest.Again(form, answer)
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if n%10 == 9 {
			order := answer.Order()
			persist(t, "cancel", func() *shoptest.Page { return guest.TriesToCancel(order) }, http.StatusSeeOther)
		}
		return
	}
}

// patience is longer than a few of the longest pauses, a minute each, in which an order
// rests that met one death after another.
const patience = 5 * time.Minute

// persist repeats a request until there is an answer, and that not only an
// excuse; others than those wanted are wrong.
func persist(t *testing.T, what string, do func() *shoptest.Page, want ...int) *shoptest.Page {
	t.Helper()
	last := "no answer"
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		page := do()
		if page == nil {
			continue // the shop is dead or dying
		}
		last = fmt.Sprint(page.Status, " ", page.Text())
		for _, status := range want {
			if page.Status == status {
				return page
			}
		}
		// A card whose refusal was lost on the way is refused again, until the shop asks
		// to wait.
		if page.Status != http.StatusServiceUnavailable && page.Status != http.StatusTooManyRequests {
			page.Want(want[0])
		}
	}
	t.Fatalf("could not %s; the last answer: %s", what, last)
	return nil
}
