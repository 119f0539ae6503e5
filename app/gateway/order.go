package gateway

import (
	"strings"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// OrderInput names an order, and what opens it.
type OrderInput struct {
	OrderID       string `path:"order_id" maxLength:"100"`
	Authorization string `header:"Authorization" hidden:"true"`
}

// token is what opens the order.
func (in *OrderInput) token() (string, error) {
	return bearer(in.Authorization, "Send the order's access_token: Authorization: Bearer TOKEN.")
}

// bearer is the token of a header; a problem, which says what to send, without one.
func bearer(header, help string) (string, error) {
	kind, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(kind, "Bearer") || token == "" {
		return "", problem(unauthorized, help)
	}
	return token, nil
}

// OrderOutput is an order as it is now.
type OrderOutput struct {
	Body Order
}

func (g *Gateway) getOrder(r *request, in *OrderInput) (*OrderOutput, error) {
	token, err := in.token()
	if err != nil {
		return nil, err
	}
	answer, err := g.Orders.GetOrder(r, &ordersv1.GetOrderRequest{OrderId: in.OrderID, Token: token})
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
	case contract.Is(err, ordersv1.Reason_REASON_NOT_PAYABLE):
		return problem(notPayable, "It is paid, or has ended. GET the order to see which.")
	}
	return err
}

func (g *Gateway) cancelOrder(r *request, in *OrderInput) (*OrderOutput, error) {
	token, err := in.token()
	if err != nil {
		return nil, err
	}
	ctx, done := r.whole(orderTimeout)
	defer done()
	answer, err := g.Orders.CancelOrder(ctx, &ordersv1.CancelOrderRequest{OrderId: in.OrderID, Token: token})
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
	token, err := in.token()
	if err != nil {
		return nil, err
	}
	ctx, done := r.whole(orderTimeout)
	defer done()
	answer, err := g.Orders.PayOrder(ctx, &ordersv1.PayOrderRequest{OrderId: in.OrderID, Token: token})
	if err != nil {
		return nil, closed(err)
	}
	out := &PaymentOutput{}
	out.Body.Payment = PaymentPage{Status: "waiting", RedirectURL: g.absolute(r, answer.GetRedirectUrl())}
	return out, nil
}
