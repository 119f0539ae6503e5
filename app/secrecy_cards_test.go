package app_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"galleria/app/shoptest"
)

// webhookSecrets are the signing secrets of the shop in this test.
var webhookSecrets = []string{"whsec_partridge1", "whsec_partridge2"}

// typedCode is a card's code, which is too short to be looked for by itself: it is
// found beside its name, or as the contract's message has it.
const typedCode = "7391"

var codeBesideItsName = regexp.MustCompile(`(?i)(cvc|code)[^a-z0-9]{1,6}` + typedCode + `|\x22\x04` + typedCode)

// paysByManyCards tries cards on the page of payment, in all ways that there are: one
// guest pays in the end, another leaves after a refused card. It gives what was typed,
// which must be found nowhere, and the page's token, which may be stored and not told.
func paysByManyCards(t *testing.T, shop *shoptest.Shop) (typed map[string]string, token string) {
	t.Helper()
	pay := func(name string) (at string, tries func(number, code string, want int)) {
		guest := shop.Guest(t, name)
		guest.Takes(1, shoptest.Mug)
		at = guest.Post("/checkout", guest.FillsIn(shoptest.Visa)).Want(http.StatusSeeOther).Location()
		return at, func(number, code string, want int) {
			t.Helper()
			guest.Post(at, url.Values{"card_number": {number}, "exp_month": {"12"}, "exp_year": {"2039"}, "cvc": {code}}).Want(want)
		}
	}
	_, tries := pay("Quintelcy")
	tries("4000000000000069", typedCode, http.StatusUnprocessableEntity)

	at, tries := pay("Quintelbo")
	tries("4000000000003220", "cvcq7", http.StatusUnprocessableEntity) // no code
	tries("5105-1051-0510-5101", typedCode, http.StatusUnprocessableEntity)
	tries("4000000000009995", typedCode, http.StatusUnprocessableEntity)
	tries("4000000000004046", typedCode, http.StatusServiceUnavailable)
	tries("4000 0000 0000 3220", typedCode, http.StatusSeeOther)
	shop.Guest(t, "Quintelbo").Post(at, url.Values{"consent": {"yes"}}).Want(http.StatusSeeOther)

	typed = map[string]string{"a code that is none": "cvcq7", "a number that is none": "5105-1051-0510-5101", "its digits": "5105105105105101", "a grouped number": "4000 0000 0000 3220"}
	for _, number := range []string{"4000000000000069", "4000000000003220", "4000000000009995", "4000000000004046"} {
		typed["card "+number] = number
	}
	token, found := strings.CutPrefix(at, "/sandbox/pay/")
	if !found {
		t.Fatalf("the checkout leads to %s, want the page of payment", at)
	}
	return typed, token
}

// hearsOfStripe posts webhooks to the shop: one that is signed, and one that is not. It
// gives what of them must not be found.
func hearsOfStripe(t *testing.T, shop *shoptest.Shop) map[string]string {
	t.Helper()
	const body = `{"id":"evt_1","type":"charge.refunded","data":{"object":{"id":"ch_1","billing_details":{"email":"partridge@example.org"}}}}`
	now := time.Now().Unix()
	mac := hmac.New(sha256.New, []byte(webhookSecrets[1]))
	fmt.Fprintf(mac, "%d.%s", now, body)
	right := hex.EncodeToString(mac.Sum(nil))
	wrong := strings.Repeat("ab12", 16)
	for signature, want := range map[string]int{right: http.StatusOK, wrong: http.StatusBadRequest} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+shop.Address("http")+"/webhooks/payments/stripe", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Stripe-Signature", fmt.Sprintf("t=%d,v1=%s", now, signature))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("webhook: got status %d, want %d", answer.StatusCode, want)
		}
	}
	return map[string]string{
		"a webhook secret": webhookSecrets[0], "the other webhook secret": webhookSecrets[1],
		"a signature": right, "a wrong signature": wrong, "an address in a webhook": "partridge@example.org",
	}
}

// wantNowhere fails for each secret that is found in a text, and says where.
func wantNowhere(t *testing.T, secrets, texts map[string]string) {
	t.Helper()
	for where, text := range texts {
		for what, secret := range secrets {
			for _, form := range []string{secret, url.QueryEscape(secret)} {
				if at := strings.Index(text, form); secret == "" || at >= 0 {
					t.Errorf("%s has %s (%q): …%q", where, what, secret, text[max(at-200, 0):min(max(at, 0)+len(form)+40, len(text))])
					break
				}
			}
		}
		if at := codeBesideItsName.FindStringIndex(text); at != nil {
			t.Errorf("%s has the code of a card: …%q", where, text[max(at[0]-200, 0):min(at[1]+40, len(text))])
		}
	}
}
