package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"galleria/app/edge"
	accountsv1 "galleria/modules/accounts/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/identity"
	"galleria/platform/plaintext"
)

// OrderInput names an order, and what opens it.
type OrderInput struct {
	OrderID       string `path:"order_id" maxLength:"100"`
	Authorization string `header:"Authorization" hidden:"true"`
}

// token is what opens the order.
func (in *OrderInput) token() (string, error) {
	return bearer(in.Authorization, "Send the order's access_token, or the token of a session: Authorization: Bearer TOKEN.")
}

// isKey tells whether an API key is shown.
func (in *OrderInput) isKey() bool {
	token, err := in.token()
	return err == nil && strings.HasPrefix(token, keyBeginning)
}

// unlock makes a call with what opens an order: the order's own token or, when it is none,
// that of the session of the person whose order it is.
func (g *Gateway) unlock(ctx context.Context, in *OrderInput, call func(ctx context.Context, token string) error) error {
	token, err := in.token()
	if err != nil {
		return err
	}
	if in.isKey() {
		who, err := g.program(ctx, token)
		if err != nil {
			return err
		}
		if err = call(who, ""); contract.Is(err, ordersv1.Reason_REASON_NO_ORDER) && !who.may("orders:read") {
			return lacks("orders:read") // whether or not there is such an order
		}
		return err
	}
	err = call(ctx, token)
	if !contract.Is(err, ordersv1.Reason_REASON_NO_ORDER) {
		return err
	}
	session, unknown := g.Accounts.CheckSession(ctx, &accountsv1.CheckSessionRequest{Session: token})
	if unknown != nil {
		return err // no session either, or accounts is away
	}
	return call(identity.With(ctx, session.GetIdentity().GetStatement()), "")
}

// bearer is the token of a header; a problem, which says what to send, without one. What
// is no text is no token of ours.
func bearer(header, help string) (string, error) {
	kind, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(kind, "Bearer") || token == "" || !plaintext.Is(token) {
		return "", problem(unauthorized, help)
	}
	return token, nil
}

// OrderOutput is an order as it is now.
type OrderOutput struct {
	Body Order
}

func (g *Gateway) getOrder(r *request, in *OrderInput) (*OrderOutput, error) {
	var answer *ordersv1.GetOrderResponse
	err := g.unlock(r, in, func(ctx context.Context, token string) (err error) {
		answer, err = g.Orders.GetOrder(ctx, &ordersv1.GetOrderRequest{OrderId: in.OrderID, Token: token})
		return err
	})
	if err != nil {
		return nil, closed(err)
	}
	return g.answerOrder(r, answer.GetOrder()), nil
}

func (g *Gateway) answerOrder(r *request, o *ordersv1.Order) *OrderOutput {
	body := toOrder(o)
	if body.Payment.RedirectURL != "" {
		body.Payment.RedirectURL = g.absolute(r, body.Payment.RedirectURL)
	}
	return &OrderOutput{Body: body}
}

// closed says why an order can't be seen or changed. That of another is none.
func closed(err error) error {
	switch {
	case contract.Is(err, ordersv1.Reason_REASON_NO_ORDER), len(contract.Violations(err)) > 0:
		return problem(notFound, "There is no such order, or this token does not open it.")
	case contract.Is(err, ordersv1.Reason_REASON_SHIPPED):
		return problem(orderShipped, "A part of it was sent already. It can be sent back when it arrives.")
	case contract.Is(err, ordersv1.Reason_REASON_ENDED):
		return problem(orderEnded, "There is nothing to cancel.")
	case contract.Is(err, ordersv1.Reason_REASON_PAYMENT_REFUSED):
		return problem(paymentRefused, "The payment provider does not take it. The order has failed, and nothing was charged.")
	case contract.Is(err, ordersv1.Reason_REASON_NOT_PAYABLE):
		return problem(notPayable, "It is paid, or has ended. GET the order to see which.")
	}
	return err
}

// CancelInput cancels an order.
type CancelInput struct {
	OrderInput
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Of people who work in the shop, and their programs: shown to the customer, also in the mail."`
	}
}

func (in *CancelInput) reason() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Reason
}

func (g *Gateway) cancelOrder(r *request, in *CancelInput) (*OrderOutput, error) {
	whole, done := r.whole(orderTimeout)
	defer done()
	if in.isKey() {
		return g.cancelAsStaff(r, in)
	}
	if in.reason() != "" { // customers give none
		_, err := g.known(whole, StaffInput{Authorization: in.Authorization})
		if unknown := (*Problem)(nil); errors.As(err, &unknown) && unknown.Status == http.StatusUnauthorized {
			return nil, wrongField(invalid, "#/reason", "is given by people who work in the shop, with an API key or a session of theirs")
		}
		return g.cancelAsStaff(r, in)
	}
	isStaff := func() bool {
		who, unknown := g.known(whole, StaffInput{Authorization: in.Authorization})
		return unknown == nil && who.may("orders:write")
	}
	if p := g.allowed(r.echo, "cancellations of a day", edge.CancellationsOfDay); p != nil {
		if isStaff() {
			return g.cancelAsStaff(r, in)
		}
		return nil, p
	}
	var answer *ordersv1.CancelOrderResponse
	err := g.unlock(whole, &in.OrderInput, func(ctx context.Context, token string) (err error) {
		answer, err = g.Orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: in.OrderID, Token: token})
		return err
	})
	if edge.NothingCancelled(err) {
		g.edge.Clients.GiveBack(edge.ClientOf(r.echo), edge.CancellationsOfDay)
	}
	if contract.Is(err, ordersv1.Reason_REASON_NO_ORDER) && isStaff() { // another's, then: staff may
		return g.cancelAsStaff(r, in)
	}
	if err != nil {
		return nil, closed(err)
	}
	return g.answerOrder(r, answer.GetOrder()), nil
}

// PaymentOutput is where an order is paid.
type PaymentOutput struct {
	Body struct {
		Payment PaymentPage `json:"payment"`
	}
}

// PaymentPage is a page where an order is paid.
type PaymentPage struct {
	Status      string `json:"status" enum:"waiting"`
	RedirectURL string `json:"redirect_url" doc:"Where the shopper pays."`
}

func (g *Gateway) payOrder(r *request, in *OrderInput) (*PaymentOutput, error) {
	whole, done := r.whole(orderTimeout)
	defer done()
	if in.isKey() {
		token, _ := in.token() // isKey has seen it
		if _, err := g.program(whole, token); err != nil {
			return nil, err
		}
		return nil, problem(notAllowed, "An order is paid by its customer, and by no API key: send the order's access_token, or the token of a session.")
	}
	var answer *ordersv1.PayOrderResponse
	err := g.unlock(whole, in, func(ctx context.Context, token string) (err error) {
		answer, err = g.Orders.PayOrder(ctx, &ordersv1.PayOrderRequest{OrderId: in.OrderID, Token: token})
		return err
	})
	if err != nil {
		return nil, closed(err)
	}
	out := &PaymentOutput{}
	out.Body.Payment = PaymentPage{Status: "waiting", RedirectURL: g.absolute(r, answer.GetRedirectUrl())}
	return out, nil
}
