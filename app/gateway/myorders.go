package gateway

import (
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// MyOrdersInput is which of a person's orders are asked for.
type MyOrdersInput struct {
	SessionInput
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"24" doc:"How many orders at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before."`
}

// MyOrdersOutput is a page of a person's orders.
type MyOrdersOutput struct {
	Body OrderPage
}

// OrderPage is a page of a list of orders.
type OrderPage struct {
	Items      []Order `json:"items"`
	NextCursor string  `json:"next_cursor,omitempty" doc:"The cursor of the next page; without it this is the last one."`
}

// myOrders are those of the person's verified address, also when they were placed
// without logging in.
func (g *Gateway) myOrders(r *request, in *MyOrdersInput) (*MyOrdersOutput, error) {
	me, err := g.session(r, &in.SessionInput)
	if err != nil {
		return nil, err
	}
	ctx := identity.With(r, me.GetIdentity().GetStatement())
	answer, err := g.Orders.ListMyOrders(ctx, &ordersv1.ListMyOrdersRequest{PageSize: in.Limit, PageToken: in.Cursor})
	if contract.Is(err, ordersv1.Reason_REASON_BAD_PAGE_TOKEN) {
		p := problem(invalid, "Begin without a cursor, or take the next_cursor of the page before.")
		p.Errors = []FieldError{{In: "query", Parameter: "cursor", Detail: "is no next_cursor of this list"}}
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	page := OrderPage{Items: all(answer.GetOrders(), toOrder), NextCursor: answer.GetNextPageToken()}
	for i := range page.Items {
		if to := &page.Items[i].Payment.RedirectURL; *to != "" {
			*to = g.absolute(r, *to)
		}
	}
	return &MyOrdersOutput{Body: page}, nil
}
