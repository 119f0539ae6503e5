package stripetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"testing"
	"time"
)

// Pays is the shopper who pays on the page at an address. It answers the ids of the
// session and of its payment intent.
func (a *Account) Pays(t *testing.T, address string) (session, intent string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	session = path.Base(address)
	s := a.objects[session]
	if s == nil || s["status"] != "open" {
		t.Fatalf("the page at %q can't be paid: %v", address, s)
	}
	intent = a.id("pi")
	status := "succeeded"
	if s["later"].(bool) {
		status = "requires_capture"
	}
	a.objects[intent] = object{
		"id": intent, "status": status, "amount": s["amount_total"], "refunded": int64(0), "metadata": s["of_intent"],
		"latest_charge": object{"id": a.id("ch"), "paid": true, "disputed": false, "payment_method_details": object{
			"type": "card", "card": object{"brand": "visa", "last4": "4242"}}},
	}
	s["status"], s["payment_intent"] = "complete", intent
	return session, intent
}

// Disputes is the card's holder who disputes what was paid.
func (a *Account) Disputes(intent string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects[intent]["latest_charge"].(object)["disputed"] = true
}

// RefundsArePending makes new refunds wait for the bank.
func (a *Account) RefundsArePending() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = true
}

// SettleRefunds gives all refunds a status, failed ones with a reason.
func (a *Account) SettleRefunds(status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range a.objects {
		if _, refund := o["payment_intent"]; refund && o["url"] == nil {
			o["status"] = status
			if status == "failed" {
				o["failure_reason"] = "lost_or_stolen_card"
			}
		}
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
	return a.objects[intent]["refunded"].(int64)
}

// Webhook is one about an object, signed at a time.
func (a *Account) Webhook(kind, id string, at time.Time) (body []byte, headers map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, _ = json.Marshal(object{"id": a.id("evt"), "object": "event", "type": kind, "data": object{"object": a.objects[id]}})
	return body, map[string]string{"Stripe-Signature": Sign(body, a.secret, at)}
}

// Sign is the header Stripe-Signature of a webhook.
func Sign(body []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s,v0=00", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
