package stripetest

// Cards of Stripe's own that its page knows in tests. Any other number is approved.
const (
	Visa              = "4242424242424242"
	Mastercard        = "5555555555554444"
	Declined          = "4000000000000002"
	InsufficientFunds = "4000000000009995"
	Consent           = "4000000000003220" // the bank asks its holder (3-D Secure)
	RefundPending     = "4000000000007726" // paid; refunds wait for the bank
	RefundFails       = "4000000000005126" // paid; refunds succeed, and fail later
	Dispute           = "4000000000000259" // paid, and disputed by its holder
	// NoReturn is none of Stripe's: paid, and the page stays, as if its window was closed.
	NoReturn = "4000000000005050"
)

// visit is a shopper's on the page of a session.
type visit struct {
	name     string // of what is paid for
	later    bool   // it is held first
	ofIntent object // the metadata of the intent that will be made
	card     string // the last one that was typed
	refused  bool
	withheld bool
	events   []Event
}

// types tries a card: as on Stripe's page the intent is made with the first one.
func (a *Account) types(session object, v *visit, card string) {
	if session["status"] != "open" {
		return
	}
	v.card, v.refused = card, false
	intent := a.intentOf(session)
	if intent == nil {
		intent = a.add("pi", session["id"].(string), object{
			"object": "payment_intent", "status": "requires_payment_method", "amount": session["amount_total"], "currency": session["currency"],
			"latest_charge": nil, "last_payment_error": nil, "next_action": nil, "metadata": v.ofIntent,
		})
		session["payment_intent"] = intent["id"]
		a.emit("payment_intent.created", intent)
	}
	switch card {
	case Declined:
		a.refuse(v, intent, object{"type": "card_error", "code": "card_declined", "decline_code": "generic_decline"})
	case InsufficientFunds:
		a.refuse(v, intent, object{"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"})
	case Consent:
		intent["status"], intent["next_action"] = "requires_action", object{"type": "use_stripe_sdk"}
		a.emit("payment_intent.requires_action", intent)
	default:
		a.pay(session, v, intent)
	}
}

// answers is what the card's holder tells the bank.
func (a *Account) answers(session object, v *visit, agrees bool) {
	intent := a.intentOf(session)
	switch {
	case session["status"] != "open" || intent == nil || intent["status"] != "requires_action":
	case agrees:
		a.pay(session, v, intent)
	default:
		a.refuse(v, intent, object{"type": "invalid_request_error", "code": "payment_intent_authentication_failure"})
	}
}

func (a *Account) refuse(v *visit, intent, why object) {
	v.refused = true
	intent["status"], intent["next_action"], intent["last_payment_error"] = "requires_payment_method", nil, why
	if why["type"] == "card_error" { // the bank was asked for the money
		charge := a.charge(v, intent, object{"status": "failed", "paid": false, "captured": false, "failure_code": why["code"]})
		a.emit("charge.failed", charge)
	}
	a.emit("payment_intent.payment_failed", intent)
}

func (a *Account) pay(session object, v *visit, intent object) {
	session["status"] = "complete"
	charge := a.charge(v, intent, object{"status": "succeeded", "paid": true, "captured": !v.later, "failure_code": nil})
	intent["next_action"], intent["last_payment_error"] = nil, nil
	a.emit("charge.succeeded", charge)
	if v.later {
		intent["status"] = "requires_capture"
		a.emit("payment_intent.amount_capturable_updated", intent)
	} else {
		intent["status"], session["payment_status"] = "succeeded", "paid"
		a.emit("payment_intent.succeeded", intent)
	}
	a.emit("checkout.session.completed", session)
	if v.card == Dispute {
		a.dispute(intent)
	}
}

func (a *Account) charge(v *visit, intent, how object) object {
	brand := "visa"
	if v.card == Mastercard {
		brand = "mastercard"
	}
	charge := a.add("ch", a.of[intent["id"].(string)], object{
		"object": "charge", "payment_intent": intent["id"], "amount": intent["amount"], "amount_refunded": int64(0), "disputed": false, "metadata": intent["metadata"],
		"payment_method_details": object{"type": "card", "card": object{"brand": brand, "last4": v.card[max(len(v.card)-4, 0):]}},
	})
	for name, value := range how {
		charge[name] = value
	}
	intent["latest_charge"] = charge["id"]
	return charge
}

func (a *Account) dispute(intent object) {
	charge := a.objects[intent["latest_charge"].(string)]
	charge["disputed"] = true
	a.emit("charge.dispute.created", a.add("du", a.of[intent["id"].(string)], object{
		"object": "dispute", "status": "needs_response", "reason": "fraudulent", "amount": intent["amount"],
		"charge": charge["id"], "payment_intent": intent["id"], "metadata": object{},
	}))
}

func (a *Account) intentOf(session object) object {
	id, _ := session["payment_intent"].(string)
	return a.objects[id]
}
