package storefront

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
)

// refusedCard is one for all reasons: a thief who tries numbers learns nothing.
// The reason is in the log of payments.
const refusedCard = "The card was refused. Use another card or ask your bank."

// sandboxPage is the payment page of the sandbox, where no money moves. With
// another provider there is none.
func (s *Storefront) sandboxPage(c echo.Context) error {
	return s.drawSandbox(c, http.StatusOK, "", nil)
}

// paySandbox tries the card that was typed, or takes the answer to the bank's
// question. What was typed goes to payments and nowhere else: it is not logged, and
// not shown again.
func (s *Storefront) paySandbox(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	posted := c.Request().PostForm
	if posted.Get("cancel") != "" {
		return s.cancelSandbox(c)
	}
	if wait := s.edge.Clients.TakeCard(edge.ClientOf(c)); wait > 0 {
		c.Response().Header().Set("Retry-After", edge.Seconds(wait))
		return s.drawSandbox(c, http.StatusTooManyRequests, "There were too many attempts to pay from your network. Try again in "+edge.InWords(wait)+".", nil)
	}
	ctx, done := s.working(c, true, pageTimeout)
	defer done()
	var next *paymentsv1.SandboxNext
	var err error
	if answer := posted.Get("consent"); answer != "" {
		var r *paymentsv1.AnswerSandboxConsentResponse
		r, err = s.Payments.AnswerSandboxConsent(ctx, &paymentsv1.AnswerSandboxConsentRequest{Session: c.Param("session"), Yes: answer == "yes"})
		next = r.GetNext()
	} else {
		var r *paymentsv1.PaySandboxResponse
		r, err = s.Payments.PaySandbox(ctx, &paymentsv1.PaySandboxRequest{Session: c.Param("session"), Card: &paymentsv1.Card{
			Number: posted.Get("card_number"), ExpMonth: number(posted.Get("exp_month")), ExpYear: year(posted.Get("exp_year")), Cvc: posted.Get("cvc"),
		}})
		next = r.GetNext()
	}
	how := edge.Unsettled // what can't be a card, or came too soon, says nothing of a card
	switch {
	case next.GetDeclined() != "":
		how = edge.Declined
	case next.GetRedirectUrl() != "":
		how = edge.Accepted
	}
	s.edge.Clients.Settled(edge.ClientOf(c), how)
	wrong := contract.Violations(err)
	switch {
	case len(wrong) > 0:
		fields := map[string]string{}
		for _, v := range wrong {
			if field := sandboxFields[v.Field]; field != "" {
				fields[field] = sentence(field, v.Message)
			}
		}
		return s.drawSandbox(c, http.StatusUnprocessableEntity, "That can't be a card. Look at what you typed.", fields)
	case contract.Is(err, paymentsv1.Reason_REASON_TOO_SOON):
		wait, _ := time.ParseDuration(contract.Metadata(err, "retry_after") + "s")
		wait = max(wait, time.Second)
		c.Response().Header().Set("Retry-After", edge.Seconds(wait))
		return s.drawSandbox(c, http.StatusTooManyRequests, "Several cards were refused. Wait "+edge.InWords(wait)+" before you try the next one.", nil)
	case contract.Is(err, paymentsv1.Reason_REASON_SESSION_ENDED), contract.Is(err, paymentsv1.Reason_REASON_NO_CONSENT_ASKED):
		return s.drawSandbox(c, http.StatusUnprocessableEntity, "", nil) // the page says how it is
	case err != nil:
		return s.sandboxError(err)
	case next.GetDeclined() != "":
		return s.drawSandbox(c, http.StatusUnprocessableEntity, refusedCard, nil)
	}
	if path, here := s.pathHere(c, next.GetRedirectUrl()); here {
		return c.Redirect(http.StatusSeeOther, path)
	}
	// To a page that a program named: the shopper sees where it leads, and goes.
	return c.Redirect(http.StatusSeeOther, c.Request().URL.Path)
}

// cancelSandbox calls off the order that the session is for, and leads back to the shop:
// its payment is cancelled, and the goods are there for others. The order's address,
// with what opens it, is where the session leads back to.
func (s *Storefront) cancelSandbox(c echo.Context) error {
	if err := s.limited(c, edge.Cancellations, edge.CancellationsOfDay); err != nil {
		return err
	}
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	r, err := s.Payments.GetSandboxSession(ctx, &paymentsv1.GetSandboxSessionRequest{Session: c.Param("session")})
	if err != nil {
		return s.sandboxError(err)
	}
	back := r.GetSession().GetCancelUrl()
	order, token := s.orderAt(c, back)
	if order == "" { // the session is over, or a program's page knows what to do with its order
		s.edge.Clients.GiveBack(edge.ClientOf(c), edge.CancellationsOfDay)
		return c.Redirect(http.StatusSeeOther, c.Request().URL.Path)
	}
	_, err = s.Orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: order, Token: token})
	if edge.NothingCancelled(err) {
		s.edge.Clients.GiveBack(edge.ClientOf(c), edge.CancellationsOfDay)
	}
	if err != nil && !contract.Is(err, ordersv1.Reason_REASON_ENDED) && !contract.Is(err, ordersv1.Reason_REASON_SHIPPED) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, orderPath(order, token)) // which says how it is
}

// orderAt is the order whose page in this shop has an address, and what opens it; "" when
// the address is of something else.
func (s *Storefront) orderAt(c echo.Context, address string) (order, token string) {
	path, here := s.pathHere(c, address)
	at, err := url.Parse(path)
	if err != nil || !here {
		return "", ""
	}
	order, is := strings.CutPrefix(at.Path, "/orders/")
	token = at.Query().Get("token")
	if !is || token == "" || strings.Contains(order, "/") {
		return "", ""
	}
	return order, token
}

// pathHere is the part of an address of this shop behind its name: shoppers go there by the
// name they know the shop by, which need not be base_url's. No address of this shop begins
// with two slashes, which browsers take for another one's name.
func (s *Storefront) pathHere(c echo.Context, address string) (path string, here bool) {
	for _, base := range []string{s.base, c.Scheme() + "://" + c.Request().Host} {
		path, here = strings.CutPrefix(address, base)
		if here && base != "" && strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\t\r\n") {
			return path, true
		}
	}
	return "", false
}

// linkTo is an address as a link on this shop's pages has it.
func (s *Storefront) linkTo(c echo.Context, address string) string {
	if path, here := s.pathHere(c, address); here {
		return path
	}
	return address
}

// sandboxFields are the form's fields by those of the contract.
var sandboxFields = map[string]string{
	"card.number": "card_number", "card.exp_month": "exp_month", "card.exp_year": "exp_year", "card.cvc": "cvc",
}

func (s *Storefront) drawSandbox(c echo.Context, status int, problem string, wrong map[string]string) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	r, err := s.Payments.GetSandboxSession(ctx, &paymentsv1.GetSandboxSessionRequest{Session: c.Param("session")})
	if err != nil {
		return s.sandboxError(err)
	}
	session := r.GetSession()
	v := page.Sandbox{
		Checkout:    page.Checkout{Frame: s.frame("Pay in the sandbox", s.departmentsIfQuick(ctx)), Errors: wrong, Total: price(session.GetCurrencyCode(), session.GetAmountMinor())},
		Description: session.GetDescription(), Elsewhere: s.elsewhere(c, session.GetReturnUrl()), CancelURL: s.linkTo(c, session.GetCancelUrl()), ReturnURL: s.linkTo(c, session.GetReturnUrl()),
		Consent: session.GetStatus() == paymentsv1.SandboxStatus_SANDBOX_STATUS_CONSENT,
		Paid:    session.GetStatus() == paymentsv1.SandboxStatus_SANDBOX_STATUS_PAID,
		Ended:   session.GetStatus() == paymentsv1.SandboxStatus_SANDBOX_STATUS_ENDED,
	}
	v.NoIndex = true
	order, _ := s.orderAt(c, session.GetCancelUrl())
	v.Cancels = order != ""
	if v.CancelURL == "" { // the session ended long ago
		v.CancelURL = "/"
	}
	if problem != "" && !v.Ended && !v.Paid {
		v.Notice = &page.Notice{Bad: true, Title: "Not paid", Text: problem}
	}
	return s.once(c, status, s.countOf(c), page.SandboxPage(v))
}

// elsewhere is the host that an address of another site leads to; "" for one of this
// shop.
func (s *Storefront) elsewhere(c echo.Context, address string) string {
	at, err := url.Parse(address)
	if _, here := s.pathHere(c, address); err != nil || here {
		return ""
	}
	return at.Host
}

func (s *Storefront) sandboxError(err error) error {
	if contract.Is(err, paymentsv1.Reason_REASON_NO_SESSION) {
		return echo.NewHTTPError(http.StatusNotFound).SetInternal(err)
	}
	return err
}
