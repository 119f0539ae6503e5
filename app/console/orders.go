package console

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/console/internal/view"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/money"
)

const (
	// ordersOnPage is how many orders a page lists, and mostAttention how many stand above
	// them because they need a person.
	ordersOnPage  = 40
	mostAttention = 20
)

// orderFilters are the lists of orders, by the word in the address.
var orderFilters = []struct {
	word, name string
	statuses   []ordersv1.OrderStatus
	attention  bool
}{
	{word: "", name: "All"},
	{word: "attention", name: "Need attention", attention: true},
	{word: "open", name: "To send", statuses: []ordersv1.OrderStatus{ordersv1.OrderStatus_ORDER_STATUS_OPEN}},
	{word: "placing", name: "Not paid yet", statuses: []ordersv1.OrderStatus{ordersv1.OrderStatus_ORDER_STATUS_PLACING}},
	{word: "closed", name: "Sent", statuses: []ordersv1.OrderStatus{ordersv1.OrderStatus_ORDER_STATUS_CLOSED}},
	{word: "cancelled", name: "Cancelled", statuses: []ordersv1.OrderStatus{ordersv1.OrderStatus_ORDER_STATUS_CANCELLED}},
	{word: "failed", name: "Never paid", statuses: []ordersv1.OrderStatus{ordersv1.OrderStatus_ORDER_STATUS_FAILED}},
}

// orders is the list of orders, with those that need attention on top.
func (c *Console) orders(ctx echo.Context) error {
	request, page := orderList(ctx)
	if request == nil {
		return echo.NewHTTPError(http.StatusNotFound, "There is no such list of orders.")
	}
	work, done := c.working(ctx)
	defer done()
	request.PageSize = ordersOnPage
	listed, err := c.Orders.ListOrders(work, request)
	if err != nil {
		return err
	}
	page.Orders = c.orderRows(listed.GetOrders())
	if next := listed.GetNextPageToken(); next != "" {
		page.Older = listAddress("/console/orders", page.State, page.Query, next)
	}
	if request.GetPageToken() != "" {
		page.Newest = listAddress("/console/orders", page.State, page.Query, "")
	}
	if page.State == "" && page.Query == "" && request.GetPageToken() == "" {
		urgent, err := c.Orders.ListOrders(work, &ordersv1.ListOrdersRequest{Attention: true, PageSize: mostAttention})
		if err != nil {
			return err
		}
		page.Urgent = c.orderRows(urgent.GetOrders())
		page.MoreUrgent = urgent.GetNextPageToken() != ""
	}
	return c.sheet(ctx, http.StatusOK, "Orders", "/console/orders", view.OrdersPage(page))
}

// orderList reads what a page of orders was asked for; nil: there is no such list.
func orderList(ctx echo.Context) (*ordersv1.ListOrdersRequest, view.Orders) {
	page := view.Orders{State: ctx.QueryParam("state"), Query: strings.TrimSpace(ctx.QueryParam("q"))}
	var request *ordersv1.ListOrdersRequest
	for _, f := range orderFilters {
		page.Filters = append(page.Filters, view.Link{Name: f.name, Address: listAddress("/console/orders", f.word, page.Query, ""), Current: f.word == page.State})
		if f.word == page.State {
			request = &ordersv1.ListOrdersRequest{Statuses: f.statuses, Attention: f.attention, Query: page.Query, PageToken: ctx.QueryParam("before")}
		}
	}
	return request, page
}

// listAddress is the address of a part of a list.
func listAddress(path, state, query, before string) string {
	values := url.Values{}
	for name, value := range map[string]string{"state": state, "q": query, "before": before} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

func (c *Console) orderRows(orders []*ordersv1.Order) []view.OrderRow {
	var rows []view.OrderRow
	for _, o := range orders {
		rows = append(rows, view.OrderRow{
			Number: o.GetNumber(), Placed: c.day(o.GetCreatedAt()), Customer: o.GetContact().GetName(), Email: o.GetContact().GetEmail(),
			Goods: goodsOf(o), Total: amountOf(o, o.GetTotals().GetTotalMinor()),
			Status: word(o.GetStatus().String(), "ORDER_STATUS_"), Payment: word(o.GetPaymentStatus().String(), "PAYMENT_STATUS_"),
			Delivery: word(o.GetDeliveryStatus().String(), "DELIVERY_STATUS_"), Attention: o.GetAttention().GetReason(),
		})
	}
	return rows
}

// goodsOf says what was bought in a few words.
func goodsOf(o *ordersv1.Order) string {
	if len(o.GetLines()) == 0 {
		return ""
	}
	first := o.GetLines()[0]
	text := whole(first.GetQuantity()) + " × " + first.GetName()
	if more := len(o.GetLines()) - 1; more > 0 {
		text += " and " + whole(int64(more)) + " more"
	}
	return text
}

// word is the name of an enum's value as people read it: "partly refunded".
func word(name, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", " ")
}

// amountOf is an amount in the order's currency: "€12.50".
func amountOf(o *ordersv1.Order, minor int64) string { return amount(o.GetCurrencyCode(), minor) }

func amount(currency string, minor int64) string {
	m, err := money.New(currency, minor)
	if err != nil {
		return whole(minor) + " minor units of " + cmp.Or(currency, "no currency")
	}
	return m.Format()
}

// day is a time without seconds; "–" when there is none.
func (c *Console) day(at *timestamppb.Timestamp) string {
	if at == nil {
		return "–"
	}
	return at.AsTime().In(c.zone).Format("2006-01-02 15:04")
}
