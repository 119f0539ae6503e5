package storefront

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	cartv1 "galleria/modules/cart/v1"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// checkout shows the form, with a key of its own.
func (s *Storefront) checkout(c echo.Context) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return err
	}
	if held.GetTotalMinor() == 0 && len(held.GetLines()) == 0 {
		return c.Redirect(http.StatusSeeOther, "/cart")
	}
	v := s.composeCheckout(ctx, held)
	v.IdempotencyKey = id.Secret()
	v.ExpectedTotal = strconv.FormatInt(held.GetTotalMinor(), 10)
	v.Countries = countryOptions("")
	return s.once(c, http.StatusOK, int(held.GetItemCount()), page.CheckoutPage(v))
}

// placeOrder buys what is in the cart. It does not look into the cart first: a
// form that is sent again, after the order took everything out, must lead to
// the same order.
func (s *Storefront) placeOrder(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	f, card := readCheckout(c.Request().PostForm)
	if len(f.key) > 64 {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if f.key == "" {
		f.key = id.Secret()
	}
	cart := s.cartOf(c)
	if cart == "" {
		return c.Redirect(http.StatusSeeOther, "/cart")
	}
	if wrong := check(f, card); len(wrong) > 0 {
		return s.again(c, f, invalid(wrong))
	}
	if wait := s.clients.take(clientOf(c), checkoutAttempts); wait > 0 {
		c.Response().Header().Set("Retry-After", seconds(wait))
		return s.refusal(c, f, tooManyOfOne(wait))
	}
	leave, err := s.checkouts.enter(c.Request().Context())
	if err != nil {
		c.Response().Header().Set("Retry-After", "5")
		return s.refusal(c, f, tooManyAtOnce(err))
	}
	defer leave()
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	method, err := s.Payments.CreatePaymentMethod(ctx, &paymentsv1.CreatePaymentMethodRequest{Card: card})
	if err != nil {
		return s.refusal(c, f, cardFailed(err))
	}
	placed, err := s.Orders.PlaceOrder(ctx, f.request(cart, method.GetPaymentMethod().GetId()))
	s.clients.settled(clientOf(c), contract.Is(err, ordersv1.Reason_REASON_PAYMENT_DECLINED))
	if err != nil {
		return s.refusal(c, f, orderFailed(err))
	}
	s.keepCount(c, 0)
	return c.Redirect(http.StatusSeeOther, orderPath(placed.GetOrder().GetId(), placed.GetToken()))
}

// refusal shows the form again when the failure has words for the shopper, and
// is an error otherwise.
func (s *Storefront) refusal(c echo.Context, f form, why failure) error {
	if why.err != nil {
		s.log.WarnContext(c.Request().Context(), "checkout failed", "request_id", requestID(c), "error", why.err)
	}
	return s.again(c, f, why)
}

// again is the form with what was typed, except the card, and why it came back.
func (s *Storefront) again(c echo.Context, f form, why failure) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		held = &cartv1.Cart{} // the form matters more than the list beside it
	}
	v := s.composeCheckout(ctx, held)
	v.Values, v.Errors = f.values, why.fields
	v.Countries = countryOptions(f.values["country"])
	v.IdempotencyKey, v.ExpectedTotal = f.key, f.values["expected_total"]
	if why.settled {
		v.IdempotencyKey = id.Secret()
		if held.GetTotalMinor() > 0 {
			v.ExpectedTotal = strconv.FormatInt(held.GetTotalMinor(), 10)
		}
	}
	v.Notice = &page.Notice{Bad: true, Title: why.title, Text: why.text, Points: why.points()}
	why.mark(&v)
	count := s.countOf(c)
	if err == nil {
		count = int(held.GetItemCount())
	}
	return s.once(c, why.status, count, page.CheckoutPage(v))
}

func (s *Storefront) composeCheckout(ctx context.Context, held *cartv1.Cart) page.Checkout {
	v := page.Checkout{Frame: s.frame("Checkout", s.departmentsIfQuick(ctx)), PaymentNote: s.paymentNote}
	v.NoIndex = true
	for _, l := range s.cartLines(ctx, held) {
		if l.Unavailable {
			l.Warning = "No longer sold."
		}
		v.Lines = append(v.Lines, l)
	}
	v.Total = price(held.GetCurrencyCode(), held.GetTotalMinor())
	return v
}

// request is the order as orders takes it.
func (f form) request(cart, method string) *ordersv1.PlaceOrderRequest {
	return &ordersv1.PlaceOrderRequest{
		IdempotencyKey: f.key, CartId: cart, PaymentMethodId: method, ExpectedTotalMinor: f.expected,
		Contact: &ordersv1.Contact{Email: f.values["email"], Name: f.values["name"]},
		Address: &ordersv1.Address{
			Line1: f.values["line1"], Line2: f.values["line2"], City: f.values["city"],
			PostalCode: f.values["postal_code"], Country: f.values["country"],
		},
	}
}

func orderPath(order, token string) string {
	return "/orders/" + url.PathEscape(order) + "?" + url.Values{"token": {token}}.Encode()
}
