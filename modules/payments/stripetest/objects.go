package stripetest

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// do is what a request does.
func (a *Account) do(line string, form url.Values) (int, object) {
	method, path, _ := strings.Cut(line, " /v1/")
	parts := append(strings.Split(path, "/"), "", "")
	status, done := http.StatusNotFound, object{"error": object{"type": "invalid_request_error", "code": "resource_missing"}}
	switch {
	case line == "POST /v1/checkout/sessions":
		status, done = a.open(form)
	case line == "POST /v1/refunds":
		status, done = a.refund(form)
	case line == "GET /v1/refunds":
		status, done = a.listRefunds(form.Get("payment_intent"))
	case parts[0] == "checkout" && a.objects[parts[2]] != nil:
		status, done = a.session(method+" "+parts[3], a.objects[parts[2]])
	case parts[0] == "payment_intents" && a.objects[parts[1]] != nil:
		status, done = a.intent(method+" "+parts[2], a.objects[parts[1]])
	}
	for field := range form {
		if strings.HasPrefix(field, "expand[") {
			done = a.expanded(done, form.Get(field))
		}
	}
	return status, done
}

// expanded has objects in place of the ids on a path such as payment_intent.latest_charge.
func (a *Account) expanded(o object, path string) object {
	name, rest, deeper := strings.Cut(path, ".")
	inner, is := o[name].(object)
	if id, unexpanded := o[name].(string); unexpanded {
		inner, is = a.objects[id], true
	}
	if !is {
		return o
	}
	if deeper {
		inner = a.expanded(inner, rest)
	}
	o = maps.Clone(o)
	o[name] = inner
	return o
}

func (a *Account) open(form url.Values) (int, object) {
	until, _ := strconv.ParseInt(form.Get("expires_at"), 10, 64)
	if ahead := time.Until(time.Unix(until, 0)); ahead < 30*time.Minute || ahead > 24*time.Hour {
		return refused("parameter_invalid_integer")
	}
	s := a.add("cs_test", "", object{
		"object": "checkout.session", "status": "open", "payment_status": "unpaid", "payment_intent": nil, "client_reference_id": form.Get("client_reference_id"),
		"amount_total": number(form.Get("line_items[0][price_data][unit_amount]")), "currency": form.Get("line_items[0][price_data][currency]"),
		"success_url": form.Get("success_url"), "cancel_url": form.Get("cancel_url"), "metadata": metadata(form, "metadata"),
	})
	s["url"] = "https://" + PageHost + pagePath + s["id"].(string)
	a.visits[s["id"].(string)] = &visit{
		name:  form.Get("line_items[0][price_data][product_data][name]"),
		later: form.Get("payment_intent_data[capture_method]") == "manual", ofIntent: metadata(form, "payment_intent_data[metadata]"),
	}
	return http.StatusOK, s
}

func (a *Account) session(step string, session object) (int, object) {
	if step != "POST expire" {
		return http.StatusOK, session
	}
	if session["status"] != "open" {
		return refused("")
	}
	session["status"] = "expired"
	a.emit("checkout.session.expired", session)
	if id, tried := session["payment_intent"].(string); tried {
		a.cancel(a.objects[id])
	}
	return http.StatusOK, session
}

// intent captures what is held, or lets it go. Before it is held only its session ends it.
func (a *Account) intent(step string, intent object) (int, object) {
	switch {
	case step == "GET ":
	case intent["status"] != "requires_capture":
		return http.StatusBadRequest, object{"error": object{"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "payment_intent": intent}}
	case step == "POST capture":
		intent["status"] = "succeeded"
		charge := a.objects[intent["latest_charge"].(string)]
		charge["captured"] = true
		a.emit("charge.captured", charge)
		a.emit("payment_intent.succeeded", intent)
	case step == "POST cancel":
		a.cancel(intent)
	}
	return http.StatusOK, intent
}

func (a *Account) cancel(intent object) {
	intent["status"], intent["next_action"] = "canceled", nil
	a.emit("payment_intent.canceled", intent)
}

func (a *Account) refund(form url.Values) (int, object) {
	intent, amount := a.objects[form.Get("payment_intent")], number(form.Get("amount"))
	if intent == nil || intent["status"] != "succeeded" {
		return refused("resource_missing")
	}
	charge, session := a.objects[intent["latest_charge"].(string)], a.of[form.Get("payment_intent")]
	if charge["amount_refunded"].(int64)+amount > intent["amount"].(int64) {
		return refused("charge_already_refunded")
	}
	charge["amount_refunded"] = charge["amount_refunded"].(int64) + amount
	status := "succeeded"
	if a.visits[session].card == RefundPending {
		status = "pending"
	}
	r := a.add("re", session, object{
		"object": "refund", "status": status, "amount": amount, "payment_intent": intent["id"], "charge": charge["id"], "metadata": metadata(form, "metadata"),
	})
	a.emit("refund.created", r)
	a.emit("charge.refunded", charge)
	return http.StatusOK, r
}

func (a *Account) refundsOf(intent string) (all []object) {
	for _, o := range a.objects {
		if o["object"] == "refund" && o["payment_intent"] == intent {
			all = append(all, o)
		}
	}
	return all
}

func (a *Account) listRefunds(intent string) (int, object) {
	return http.StatusOK, object{"object": "list", "data": append([]object{}, a.refundsOf(intent)...), "has_more": false, "url": "/v1/refunds"}
}

func metadata(form url.Values, under string) object {
	out := object{}
	for field := range form {
		if name, ok := strings.CutPrefix(field, under+"["); ok {
			out[strings.TrimSuffix(name, "]")] = form.Get(field)
		}
	}
	return out
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
