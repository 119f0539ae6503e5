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
	switch {
	case line == "POST /v1/checkout/sessions":
		return a.open(form)
	case line == "POST /v1/refunds":
		return a.refund(form)
	case line == "GET /v1/refunds":
		return a.listRefunds(form.Get("payment_intent"))
	case parts[0] == "checkout" && a.objects[parts[2]] != nil:
		return a.session(method+" "+parts[3], a.objects[parts[2]])
	case parts[0] == "payment_intents" && a.objects[parts[1]] != nil:
		return a.intent(parts[2], a.objects[parts[1]])
	}
	return http.StatusNotFound, object{"error": object{"type": "invalid_request_error", "code": "resource_missing"}}
}

func (a *Account) open(form url.Values) (int, object) {
	until, _ := strconv.ParseInt(form.Get("expires_at"), 10, 64)
	if ahead := time.Until(time.Unix(until, 0)); ahead < 30*time.Minute || ahead > 24*time.Hour {
		return refused("parameter_invalid_integer")
	}
	id := a.id("cs_test")
	a.objects[id] = object{
		"id": id, "status": "open", "url": "https://checkout.stripe.com/c/pay/" + id, "payment_intent": nil,
		"amount_total": number(form.Get("line_items[0][price_data][unit_amount]")), "client_reference_id": form.Get("client_reference_id"),
		"metadata": metadata(form, "metadata"), "later": form.Get("payment_intent_data[capture_method]") == "manual",
		"of_intent": metadata(form, "payment_intent_data[metadata]"),
	}
	return http.StatusOK, a.objects[id]
}

func (a *Account) session(step string, session object) (int, object) {
	if step == "POST expire" {
		if session["status"] != "open" {
			return refused("")
		}
		session["status"] = "expired"
	}
	expanded := maps.Clone(session)
	if id, paid := session["payment_intent"].(string); paid {
		expanded["payment_intent"] = a.objects[id]
	}
	return http.StatusOK, expanded
}

func (a *Account) intent(step string, intent object) (int, object) {
	if intent["status"] != "requires_capture" {
		return http.StatusBadRequest, object{"error": object{"type": "invalid_request_error", "code": "payment_intent_unexpected_state", "payment_intent": intent}}
	}
	intent["status"] = map[string]string{"capture": "succeeded", "cancel": "canceled"}[step]
	return http.StatusOK, intent
}

func (a *Account) refund(form url.Values) (int, object) {
	intent, amount := a.objects[form.Get("payment_intent")], number(form.Get("amount"))
	if intent == nil || intent["status"] != "succeeded" {
		return refused("resource_missing")
	}
	if intent["refunded"].(int64)+amount > intent["amount"].(int64) {
		return refused("charge_already_refunded")
	}
	intent["refunded"] = intent["refunded"].(int64) + amount
	id, status := a.id("re"), "succeeded"
	if a.pending {
		status = "pending"
	}
	a.objects[id] = object{"id": id, "status": status, "amount": amount, "payment_intent": intent["id"], "metadata": metadata(form, "metadata")}
	return http.StatusOK, a.objects[id]
}

func (a *Account) listRefunds(intent string) (int, object) {
	all := []object{}
	for id, o := range a.objects {
		if strings.HasPrefix(id, "re_") && o["payment_intent"] == intent {
			all = append(all, o)
		}
	}
	return http.StatusOK, object{"object": "list", "data": all, "has_more": false, "url": "/v1/refunds"}
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
