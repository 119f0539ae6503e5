package stripetest

import (
	"fmt"
	"path"
)

// Reporter is what a shopper needs of a test.
type Reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Types is the shopper who types a card on the page at an address. It answers where the
// browser goes: to the shop, or nowhere ("") because the page has something to say.
func (a *Account) Types(t Reporter, address, card string) (back string) {
	t.Helper()
	return a.visit(t, address, func(session object, v *visit) { a.types(session, v, card) })
}

// Answers is the card's holder who tells the bank whether to pay.
func (a *Account) Answers(t Reporter, address string, agrees bool) (back string) {
	t.Helper()
	return a.visit(t, address, func(session object, v *visit) { a.answers(session, v, agrees) })
}

func (a *Account) visit(t Reporter, address string, step func(object, *visit)) (back string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	id := path.Base(address)
	if a.visits[id] == nil {
		t.Fatalf("there is no page at %q", address)
	}
	step(a.objects[id], a.visits[id])
	return a.back(a.objects[id], a.visits[id])
}

// Pays is the shopper who pays with a card on the page at an address. It answers the ids
// of the session and of its payment intent.
func (a *Account) Pays(t Reporter, address, card string) (session, intent string) {
	t.Helper()
	if a.Types(t, address, card); a.Status(path.Base(address)) != "complete" {
		t.Fatalf("the page at %q can't be paid: its session is %s", address, a.Status(path.Base(address)))
	}
	return path.Base(address), a.Intent(address)
}

// Back is where the page at an address leads to: after the payment, and without one.
func (a *Account) Back(address string) (paid, left string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	session := a.objects[path.Base(address)]
	return fmt.Sprint(session["success_url"]), fmt.Sprint(session["cancel_url"])
}

// Intent is the id of the payment intent that came of the page at an address; "" before a
// card was typed.
func (a *Account) Intent(address string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, _ := a.objects[path.Base(address)]["payment_intent"].(string)
	return id
}

// Disputes is the card's holder who disputes what was paid.
func (a *Account) Disputes(intent string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dispute(a.objects[intent])
}

// SettlesRefunds is the bank that gives all refunds of an intent a status, failed ones
// with a reason: the money of those stays where it was.
func (a *Account) SettlesRefunds(intent, status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.refundsOf(intent) {
		if r["status"] == status {
			continue
		}
		r["status"] = status
		if status == "failed" {
			r["failure_reason"] = "lost_or_stolen_card"
			charge := a.objects[r["charge"].(string)]
			charge["amount_refunded"] = charge["amount_refunded"].(int64) - r["amount"].(int64)
			a.emit("refund.failed", r)
		}
		a.emit("refund.updated", r)
	}
}

// Status is that of a session, intent or refund.
func (a *Account) Status(id string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprint(a.objects[id]["status"])
}

// Refunded is how much of an intent was given back.
func (a *Account) Refunded(intent string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refunded(a.objects[intent])
}

func (a *Account) refunded(intent object) int64 {
	charge, _ := intent["latest_charge"].(string)
	given, _ := a.objects[charge]["amount_refunded"].(int64)
	return given
}

// Balance is what became of a session.
type Balance struct {
	Status             string // of the session
	Captured, Refunded int64
}

// Balances are those of all sessions, by a name in their metadata.
func (a *Account) Balances(name string) map[string]Balance {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := map[string]Balance{}
	for id := range a.visits {
		session := a.objects[id]
		b := Balance{Status: session["status"].(string)}
		if intent := a.intentOf(session); intent["status"] == "succeeded" {
			b.Captured, b.Refunded = intent["amount"].(int64), a.refunded(intent)
		}
		all[fmt.Sprint(session["metadata"].(object)[name])] = b
	}
	return all
}
