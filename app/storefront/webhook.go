package storefront

import (
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
	"galleria/platform/plaintext"
)

const (
	webhookPath  = "/webhooks/"
	webhookLimit = 256 << 10
)

// signatureHeaders hold the signatures of the providers' webhooks.
var signatureHeaders = []string{"Stripe-Signature", "Sandbox-Signature"}

// webhook hands what a payment provider posted to payments, which checks its
// signature. It answers 200 only when it is stored: a provider sends again what was
// answered otherwise.
func (s *Storefront) webhook(c echo.Context) error {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	headers := map[string]string{}
	for _, name := range signatureHeaders {
		// What is no text signs nothing: payments says so.
		if value := c.Request().Header.Get(name); plaintext.Is(value) && value != "" {
			headers[strings.ToLower(name)] = value
		}
	}
	ctx, done := s.working(c, true, pageTimeout)
	defer done()
	_, err = s.Payments.ReceiveWebhook(ctx, &paymentsv1.ReceiveWebhookRequest{Provider: c.Param("provider"), Body: body, Headers: headers})
	switch {
	case contract.Is(err, paymentsv1.Reason_REASON_NO_PROVIDER):
		return c.String(http.StatusNotFound, "This shop has no such payment provider.\n")
	case contract.Is(err, paymentsv1.Reason_REASON_BAD_SIGNATURE), len(contract.Violations(err)) > 0:
		return c.String(http.StatusBadRequest, "The webhook's signature is not right. Check the webhook secret in the shop's settings.\n")
	case err != nil:
		return err
	}
	return c.String(http.StatusOK, "stored\n")
}

// fromProvider tells whether a request is a provider's webhook: it comes from no
// page of ours, carries no cookie that counts, and is signed.
func fromProvider(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, webhookPath) }
