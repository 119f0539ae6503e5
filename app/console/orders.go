package console

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/id"
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
	// Attempts that were not paid are many when a thing is sold out. Who searches finds
	// them as well.
	{word: "", name: "Placed", statuses: []ordersv1.OrderStatus{
		ordersv1.OrderStatus_ORDER_STATUS_PLACING, ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.OrderStatus_ORDER_STATUS_CLOSED, ordersv1.OrderStatus_ORDER_STATUS_CANCELLED,
	}},
	{word: "all", name: "All"},
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
	page.CSV = listAddress("/console/orders.csv", page.State, page.Query, "")
	if page.State == "open" {
		page.ShipKey = id.New()
	}
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
			if f.word == "" && page.Query != "" {
				f.statuses = nil
			}
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

// accountDeleted stands where the customer of an order did: orders forget those who delete
// their accounts.
const accountDeleted = "account deleted"

func (c *Console) orderRows(orders []*ordersv1.Order) []view.OrderRow {
	var rows []view.OrderRow
	for _, o := range orders {
		rows = append(rows, view.OrderRow{
			Number: o.GetNumber(), Link: orderLink(o), Placed: c.day(o.GetCreatedAt()), Customer: cmp.Or(o.GetContact().GetName(), accountDeleted), Email: o.GetContact().GetEmail(),
			Goods: goodsOf(o), Total: amountOf(o, o.GetTotals().GetTotalMinor()),
			Status: word(o.GetStatus().String(), "ORDER_STATUS_"), Payment: payment(o),
			Delivery: delivery(o), Attention: o.GetAttention().GetReason(),
		})
	}
	return rows
}

func orderLink(o *ordersv1.Order) string { return "/console/orders/" + o.GetNumber() }

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

func payment(o *ordersv1.Order) string {
	if o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_NONE {
		return "no payment"
	}
	return word(o.GetPaymentStatus().String(), "PAYMENT_STATUS_")
}

func delivery(o *ordersv1.Order) string {
	if o.GetDeliveryStatus() == ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE {
		return "not sent"
	}
	return word(o.GetDeliveryStatus().String(), "DELIVERY_STATUS_")
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

// ordersCSV is a list of orders as a file, a row for each order.
func (c *Console) ordersCSV(ctx echo.Context) error {
	request, page := orderList(ctx)
	if request == nil {
		return echo.NewHTTPError(http.StatusNotFound, "There is no such list of orders.")
	}
	work, done := c.working(ctx)
	defer done()
	request.PageSize, request.PageToken = 200, ""
	heads := []string{"number", "placed", "status", "payment", "delivery", "name", "email", "country", "goods", "currency", "total", "refunded", "attention"}
	return sheetOf(ctx, "orders"+dashed(page.State), heads, func(row func(...string) error) error {
		for n := 0; n < mostCSV; {
			listed, err := c.Orders.ListOrders(work, request)
			if err != nil {
				return err
			}
			for _, o := range listed.GetOrders() {
				var goods []string
				for _, l := range o.GetLines() {
					goods = append(goods, whole(l.GetQuantity())+" "+l.GetSku())
				}
				currency := o.GetCurrencyCode()
				if err := row(o.GetNumber(), c.day(o.GetCreatedAt()), word(o.GetStatus().String(), "ORDER_STATUS_"), payment(o),
					delivery(o), o.GetContact().GetName(), o.GetContact().GetEmail(), o.GetAddress().GetCountry(), strings.Join(goods, "; "),
					currency, plainAmount(currency, o.GetTotals().GetTotalMinor()), plainAmount(currency, o.GetRefundedMinor()), o.GetAttention().GetReason()); err != nil {
					return err
				}
				n++
			}
			if request.PageToken = listed.GetNextPageToken(); request.GetPageToken() == "" {
				return nil
			}
		}
		return row(onlyTheFirst)
	})
}

func dashed(text string) string {
	if text == "" {
		return ""
	}
	return "-" + text
}

// plainAmount is an amount for programs and fields: "12.50".
func plainAmount(currency string, minor int64) string {
	m, err := money.New(currency, minor)
	if err != nil {
		return whole(minor)
	}
	return m.Decimal()
}

// shipMany notes for each order that all that is left was sent.
func (c *Console) shipMany(ctx echo.Context) error {
	form, err := ctx.FormParams()
	if err != nil {
		return err
	}
	numbers, key := form["order"], ctx.FormValue("key")
	if len(numbers) == 0 || len(numbers) > ordersOnPage || len(key) == 0 || len(key) > 32 {
		return echo.NewHTTPError(http.StatusBadRequest, "Choose the orders that were sent, up to 40, in the list of those to send.")
	}
	work, done := c.working(ctx)
	defer done()
	page := view.Shipped{}
	for _, number := range numbers {
		result := view.Fact{Name: number, Text: "sent", Class: "t-well"}
		found, err := c.Orders.FindOrder(work, &ordersv1.FindOrderRequest{Number: number})
		if err == nil {
			_, err = c.Orders.ShipOrder(work, &ordersv1.ShipOrderRequest{
				OrderId: found.GetOrder().GetId(), Carrier: strings.TrimSpace(ctx.FormValue("carrier")), IdempotencyKey: key + "-" + found.GetOrder().GetId(),
			})
		}
		switch words, refused := refusal(err); {
		case err == nil:
			page.Sent++
			c.note(ctx, auditlog.Entry{Action: "shipped", Thing: "order " + number, To: "all that was left"})
		case refused || status.Code(err) == codes.NotFound:
			result.Text, result.Class = cmp.Or(words, "There is no such order."), "t-down"
		default:
			return err
		}
		page.Results = append(page.Results, result)
	}
	return c.sheet(ctx, http.StatusOK, "Orders sent", "/console/orders", view.ShippedPage(page))
}
