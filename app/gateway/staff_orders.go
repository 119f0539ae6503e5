package gateway

import (
	"strings"

	"galleria/app/auditlog"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// OrdersInput is what orders are asked for.
type OrdersInput struct {
	StaffInput
	Status    []string `query:"status,explode" enum:"placing,open,closed,failed,cancelled" maxItems:"5" doc:"Only orders with one of these."`
	Attention bool     `query:"attention" doc:"Only orders that an operator must look at."`
	Query     string   `query:"q" maxLength:"100" doc:"An e-mail address, or a part of a name."`
	Limit     int32    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many orders at most."`
	Cursor    string   `query:"cursor" maxLength:"500" doc:"next_cursor of the page before, with the same filters."`
}

// OrdersOutput is a page of orders.
type OrdersOutput struct {
	Body struct {
		Items      []Order `json:"items" doc:"The newest first."`
		NextCursor string  `json:"next_cursor,omitempty" doc:"The cursor of the next page; without it this is the last one."`
	}
}

func (g *Gateway) listOrders(r *request, in *OrdersInput) (*OrdersOutput, error) {
	who, err := g.known(r, in.StaffInput)
	if err != nil {
		return nil, err
	}
	wanted := &ordersv1.ListOrdersRequest{Attention: in.Attention, Query: in.Query, PageSize: in.Limit, PageToken: in.Cursor}
	for _, s := range in.Status {
		wanted.Statuses = append(wanted.Statuses, ordersv1.OrderStatus(ordersv1.OrderStatus_value["ORDER_STATUS_"+strings.ToUpper(s)]))
	}
	answer, err := g.Orders.ListOrders(who, wanted)
	if contract.Is(err, ordersv1.Reason_REASON_BAD_PAGE_TOKEN) {
		p := problem(invalid, "See errors for what is wrong.")
		p.Errors = []FieldError{{In: "query", Parameter: "cursor", Detail: "is no next_cursor of this list"}}
		return nil, p
	}
	if p := violated(err, map[string]FieldError{"query": {In: "query", Parameter: "q"}}); p != nil {
		return nil, p
	}
	if err != nil {
		return nil, refusedStaff(err, "orders:read")
	}
	out := &OrdersOutput{}
	out.Body.Items = all(answer.GetOrders(), func(o *ordersv1.Order) Order { return g.answerOrder(r, o).Body })
	out.Body.NextCursor = answer.GetNextPageToken()
	return out, nil
}

// FulfilInput sends a parcel.
type FulfilInput struct {
	KeyedInput
	OrderID string `path:"order_id" maxLength:"100"`
	Body    struct {
		Pieces      []Piece `json:"pieces,omitempty" minItems:"1" maxItems:"100" doc:"What is in the parcel; where none are said: all that is left to send."`
		Carrier     string  `json:"carrier,omitempty" maxLength:"100"`
		Tracking    string  `json:"tracking,omitempty" maxLength:"100"`
		TrackingURL string  `json:"tracking_url,omitempty" maxLength:"500" pattern:"^https?://[^/]"`
	}
}

func (g *Gateway) fulfilOrder(r *request, in *FulfilInput) (*OrderOutput, error) {
	return g.changeOrder(r, in.StaffInput, func(who *staff) (*ordersv1.Order, error) {
		answer, err := g.Orders.ShipOrder(who, &ordersv1.ShipOrderRequest{
			OrderId: in.OrderID, Pieces: piecesOf(in.Body.Pieces), Carrier: in.Body.Carrier, Tracking: in.Body.Tracking, TrackingUrl: in.Body.TrackingURL,
			IdempotencyKey: in.Key,
		})
		if err == nil {
			g.changed(who, in.Key, auditlog.Entry{Action: "shipped", Thing: orderName(answer.GetOrder()), To: piecesNoted(answer.GetOrder(), in.Body.Pieces), Detail: in.Body.Tracking})
		}
		return answer.GetOrder(), err
	})
}

// RefundInput gives money back.
type RefundInput struct {
	KeyedInput
	OrderID string `path:"order_id" maxLength:"100"`
	Body    struct {
		Amount  *Money  `json:"amount,omitempty" doc:"Without pieces. Where neither is said: all that was paid and not refunded."`
		Pieces  []Piece `json:"pieces,omitempty" minItems:"1" maxItems:"100" doc:"What is refunded, at its price."`
		Restock bool    `json:"restock,omitempty" doc:"The pieces were not sent, and go back to the shelf."`
		Reason  string  `json:"reason,omitempty" maxLength:"500" doc:"Shown to the customer."`
	}
}

func (g *Gateway) refundOrder(r *request, in *RefundInput) (*OrderOutput, error) {
	return g.changeOrder(r, in.StaffInput, func(who *staff) (*ordersv1.Order, error) {
		wanted := &ordersv1.RefundOrderRequest{
			OrderId: in.OrderID, Pieces: piecesOf(in.Body.Pieces), Restock: in.Body.Restock, Reason: in.Body.Reason, IdempotencyKey: in.Key,
		}
		if in.Body.Amount != nil {
			if in.Body.Amount.Amount < 1 {
				return nil, wrongField(invalid, "#/amount/amount", "is at least 1")
			}
			if err := g.paidIn(who, in.OrderID, in.Body.Amount.Currency); err != nil {
				return nil, err
			}
			wanted.AmountMinor = in.Body.Amount.Amount
		}
		answer, err := g.Orders.RefundOrder(who, wanted)
		if err == nil {
			what := piecesNoted(answer.GetOrder(), in.Body.Pieces)
			if in.Body.Amount != nil {
				what = amountNoted(in.Body.Amount.Currency, in.Body.Amount.Amount)
			}
			g.changed(who, in.Key, auditlog.Entry{Action: "refunded", Thing: orderName(answer.GetOrder()), To: what, Detail: in.Body.Reason})
		}
		return answer.GetOrder(), err
	})
}

// paidIn refuses an amount in another currency than the order's. Who may write orders,
// and not read them, is told no more than that.
func (g *Gateway) paidIn(who *staff, order, currency string) error {
	found, err := g.Orders.GetOrder(who, &ordersv1.GetOrderRequest{OrderId: order})
	if err == nil && found.GetOrder().GetCurrencyCode() != currency {
		return wrongField(invalid, "#/amount/currency", "is not the order's, "+found.GetOrder().GetCurrencyCode())
	}
	if contract.Is(err, ordersv1.Reason_REASON_NO_ORDER) && !who.may("orders:read") {
		return problem(notAllowed, "An amount is compared with the order's currency, for which the API key needs the scope orders:read, too. Without an amount all is refunded.")
	}
	return err
}

// cancelAsStaff cancels an order as the shop does.
func (g *Gateway) cancelAsStaff(r *request, in *CancelInput) (*OrderOutput, error) {
	return g.changeOrder(r, StaffInput{Authorization: in.Authorization}, func(who *staff) (*ordersv1.Order, error) {
		answer, err := g.Orders.CancelOrder(who, &ordersv1.CancelOrderRequest{OrderId: in.OrderID, Operator: true, Reason: in.reason()})
		if err == nil {
			e := auditlog.Cancelled(answer.GetOrder())
			e.Detail = in.reason()
			g.changed(who, in.OrderID, e)
		}
		return answer.GetOrder(), err
	})
}

// changeOrder makes a change on behalf of staff, and answers the order after it.
func (g *Gateway) changeOrder(r *request, in StaffInput, change func(*staff) (*ordersv1.Order, error)) (*OrderOutput, error) {
	ctx, done := r.whole(orderTimeout)
	defer done()
	who, err := g.known(ctx, in)
	if err != nil {
		return nil, err
	}
	order, err := change(who)
	if err != nil {
		return nil, refusedStaff(notChanged(err), "orders:write")
	}
	return g.answerOrder(r, order), nil
}

var orderPlaces = places{"order_id": "path order_id", "pieces.line_id": "pieces.item", "amount_minor": "amount.amount"}

// notChanged says why staff can't change an order.
func notChanged(err error) error {
	is := func(r ordersv1.Reason) bool { return contract.Is(err, r) }
	switch {
	case is(ordersv1.Reason_REASON_KEY_REUSED):
		return problem(keyReused, "The key belongs to another change. Send another one.")
	case is(ordersv1.Reason_REASON_NOT_OPEN):
		return problem(orderNotOpen, "Only an order that is open is sent: it must be paid, and not have ended.")
	case is(ordersv1.Reason_REASON_NOT_THAT_MANY):
		return problem(tooMany, "There are not that many pieces left. GET the order to see how many.")
	case is(ordersv1.Reason_REASON_NOT_PAID):
		return problem(orderNotPaid, "Nothing is paid, or all of it was given back, so that nothing can be sent or go back.")
	case is(ordersv1.Reason_REASON_REFUND_TOO_LARGE):
		return problem(refundTooLarge, "It is more than was paid and not refunded.")
	}
	if p := wrongFields(err, "", orderPlaces); p != nil {
		return p
	}
	return closed(err)
}

func piecesOf(pieces []Piece) []*ordersv1.Piece {
	return all(pieces, func(p Piece) *ordersv1.Piece { return &ordersv1.Piece{LineId: p.Item, Quantity: p.Quantity} })
}
