package storefront_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/payments/paymentstest"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/id"
)

// paying is a visitor on the page of a payment that waits.
func paying(t *testing.T) (s *shop, v *visitor, path string) {
	t.Helper()
	s = newShop(t)
	s.payments.Serve(t, slog.New(slog.NewTextHandler(s.log, nil)))
	got, err := s.staffPayments.StartPayment(t.Context(), &paymentsv1.StartPaymentRequest{
		PaymentId: id.New(), OrderId: id.New(), CurrencyCode: "EUR", AmountMinor: 1290, Description: "Two mugs",
		ReturnUrl: "https://shop.example/orders/1?token=back", CancelUrl: "https://shop.example/orders/1?token=away", ExpiresAt: timestamppb.New(time.Now().Add(time.Hour)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, s.visitor(t), got.GetPayment().GetRedirectUrl()
}

func typed(number string) url.Values {
	return url.Values{"card_number": {number}, "exp_month": {"12"}, "exp_year": {"39"}, "cvc": {"987"}}
}

// numbers are what a log counts by itself: three digits of those may be a code.
var numbers = regexp.MustCompile(`\b(time|took|bytes|request_id)=\S+`)

func TestTheSandboxPageTakesACardAndLeadsBack(t *testing.T) {
	s, v, path := paying(t)
	p := v.get(path).want(http.StatusOK).says("no money moves", "€12.90", "Two mugs", "Cancel and go back")
	if !strings.Contains(p.body, "<h1>Pay <data") {
		t.Error("the price is not set off from the word before it")
	}
	refused := v.post(path, typed(paymentstest.CardInsufficientFunds)).want(http.StatusUnprocessableEntity)
	refused.says("The card was refused. Use another card or ask your bank.").saysNot("insufficient", paymentstest.CardInsufficientFunds)
	paid := v.post(path, typed(paymentstest.CardVisa)).want(http.StatusSeeOther)
	if got := paid.header.Get("Location"); got != "/orders/1?token=back" {
		t.Errorf("led to %q, want back to the order", got)
	}
	v.get(path).want(http.StatusOK).says("nothing more to do")
	for _, secret := range []string{paymentstest.CardVisa, paymentstest.CardInsufficientFunds, "987", strings.TrimPrefix(path, "/sandbox/pay/")} {
		if strings.Contains(numbers.ReplaceAllString(s.log.String(), ""), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestTheSandboxPageNamesTheFieldsOfACardThatCantBeOne(t *testing.T) {
	_, v, path := paying(t)
	p := v.post(path, typed("4242424242424241")).want(http.StatusUnprocessableEntity)
	if p.wrong("card_number") == "" || strings.Contains(p.body, "4242424242424241") {
		t.Errorf("got %s, want the field named and not filled in", p.text())
	}
}

func TestTheSandboxPageAsksForConsent(t *testing.T) {
	_, v, path := paying(t)
	v.post(path, typed(paymentstest.CardConsent)).want(http.StatusSeeOther)
	v.get(path).want(http.StatusOK).says("is this you?")
	v.post(path, url.Values{"consent": {"no"}}).want(http.StatusUnprocessableEntity).says("The card was refused.")
	v.post(path, typed(paymentstest.CardConsent)).want(http.StatusSeeOther)
	v.post(path, url.Values{"consent": {"yes"}}).want(http.StatusSeeOther)
}

func TestThereIsNoSandboxPageWithoutASession(t *testing.T) {
	_, v, _ := paying(t)
	v.get("/sandbox/pay/" + id.Secret()).want(http.StatusNotFound)
	v.post("/sandbox/pay/"+id.Secret(), typed(paymentstest.CardVisa)).want(http.StatusNotFound)
}

func TestAWebhookIsTakenOnlyWithItsSignature(t *testing.T) {
	_, v, _ := paying(t)
	v.header = http.Header{"Origin": {"https://provider.example"}, "Sec-Fetch-Site": {"cross-site"}}
	v.post("/webhooks/payments/sandbox", url.Values{"a": {"b"}}).want(http.StatusBadRequest)
	v.post("/webhooks/payments/cash", url.Values{"a": {"b"}}).want(http.StatusNotFound)
	v.post("/webhooks/payments/sandbox", url.Values{"a": {strings.Repeat("x", 300<<10)}}).want(http.StatusRequestEntityTooLarge)
	v.header["Sandbox-Signature"] = []string{"t=1,v1=\xff"}
	v.post("/webhooks/payments/sandbox", url.Values{"a": {"b"}}).want(http.StatusBadRequest)
}

func TestTheSandboxPageSaysWhereAProgramsPaymentLeads(t *testing.T) {
	s, v, _ := paying(t)
	for back, says := range map[string]string{
		"https://elsewhere.example/thanks": "Go on to elsewhere.example",
		// Behind the shop's own name, what browsers take for another one's.
		"https://shop.example//elsewhere.example/thanks":  "Go on to shop.example",
		"https://shop.example/\\elsewhere.example/thanks": "Go on to shop.example",
	} {
		got, err := s.staffPayments.StartPayment(t.Context(), &paymentsv1.StartPaymentRequest{
			PaymentId: id.New(), OrderId: id.New(), CurrencyCode: "EUR", AmountMinor: 1290, Description: "Two mugs",
			ReturnUrl: back, CancelUrl: back, ExpiresAt: timestamppb.New(time.Now().Add(time.Hour)),
		})
		if err != nil {
			t.Fatalf("%s: %v", back, err)
		}
		path := got.GetPayment().GetRedirectUrl()
		paid := v.post(path, typed(paymentstest.CardVisa)).want(http.StatusSeeOther)
		if to := paid.header.Get("Location"); to != path {
			t.Errorf("%s: led to %q, want %q, which says where to go on", back, to, path)
		}
		p := v.get(path).want(http.StatusOK).says(says)
		if strings.Contains(p.body, `href="//`) || strings.Contains(p.body, `href="/\`) {
			t.Errorf("%s: the page has a link to another site that looks like one of the shop", back)
		}
	}
}
