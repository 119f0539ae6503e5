package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/console/internal/view"
	cartv1 "galleria/modules/cart/v1"
	ordersv1 "galleria/modules/orders/v1"
	cash "galleria/platform/money"
)

// numberRanges are the times that sales are shown of, by the word in the address.
var numberRanges = []struct {
	word, name, each string
	unit             ordersv1.GetTotalsRequest_Unit
	count            int32
}{
	{"", "30 days", "day", ordersv1.GetTotalsRequest_UNIT_DAY, 30},
	{"hours", "48 hours", "hour", ordersv1.GetTotalsRequest_UNIT_HOUR, 48},
	{"quarter", "90 days", "day", ordersv1.GetTotalsRequest_UNIT_DAY, 90},
}

// bestShown is how many of the best sellers are listed.
const bestShown = 15

// numbers are the sales of the shop, as plots with the figures behind them.
func (c *Console) numbers(ctx echo.Context) error {
	shown := numberRanges[0]
	// Amounts of different currencies are never added: one is shown at a time.
	currencies := c.info.Info().Currencies
	currency := currencies[0]
	if asked := ctx.QueryParam("currency"); asked != "" {
		if _, err := cash.New(asked, 0); err == nil { // the shop may have sold in it before
			currency = asked
		}
	}
	at := func(word, currency string) string {
		if currency == currencies[0] {
			return listAddress("/console/numbers", word, "", "")
		}
		return "/console/numbers?" + url.Values{"state": {word}, "currency": {currency}}.Encode()
	}
	page := view.Sheet{Title: "Numbers"}
	for _, r := range numberRanges {
		current := r.word == ctx.QueryParam("state")
		if current {
			shown = r
		}
		page.Filters = append(page.Filters, view.Link{Name: r.name, Address: at(r.word, currency), Current: current})
	}
	if len(currencies) > 1 {
		for _, one := range currencies {
			page.Filters = append(page.Filters, view.Link{Name: one, Address: at(shown.word, one), Current: one == currency})
		}
	}
	work, done := c.working(ctx)
	defer done()
	zone := c.zone.String()
	if zone == "Local" {
		zone = "UTC"
	}
	said, err := c.Orders.GetTotals(work, &ordersv1.GetTotalsRequest{
		CurrencyCode: currency, Unit: shown.unit, Count: shown.count, Until: timestamppb.New(c.now()), TimeZone: zone, BestSellers: bestShown,
	})
	if err != nil {
		return err
	}
	var orders, money []plotted
	var table view.Table
	var allOrders, allMinor int64
	buckets := said.GetBuckets()
	for i, b := range buckets {
		at := b.GetFrom().AsTime().In(c.zone)
		name, below := at.Format("2006-01-02"), ""
		if shown.each == "hour" {
			name = at.Format("2006-01-02 15:04")
		}
		if i%max(1, len(buckets)/6) == 0 {
			below = at.Format("2 Jan")
			if shown.each == "hour" {
				below = at.Format("15:04")
			}
		}
		sum := amount(currency, b.GetTotalMinor())
		orders = append(orders, plotted{b.GetOrders(), below, name + ": " + counted(b.GetOrders(), "order", "orders")})
		money = append(money, plotted{b.GetTotalMinor(), below, name + ": " + sum})
		table.Rows = append([]view.Row{{Cells: []string{name, whole(b.GetOrders()), sum}}}, table.Rows...)
		allOrders, allMinor = allOrders+b.GetOrders(), allMinor+b.GetTotalMinor()
	}
	table.Caption, table.Heads = "Sales by "+shown.each, []string{strings.ToUpper(shown.each[:1]) + shown.each[1:], "Orders", "Revenue"}
	mean := "–"
	if allOrders > 0 {
		mean = amount(currency, allMinor/allOrders)
	}
	page.Facts = []view.Fact{{Name: "Orders, " + shown.name, Text: whole(allOrders)}, {Name: "Revenue", Text: amount(currency, allMinor)}, {Name: "An order, on average", Text: mean}}
	if len(buckets) > 0 {
		conversion, err := c.conversion(work, buckets[0].GetFrom(), currency, allOrders)
		if err != nil {
			return err
		}
		page.Facts = append(page.Facts, conversion...)
	}
	page.Charts = []view.Chart{
		{Caption: "Revenue by " + shown.each + ", in " + currency, SVG: plot("Revenue by "+shown.each, money, moneyMark(currency))},
		{Caption: "Orders by " + shown.each, SVG: plot("Orders by "+shown.each, orders, func(n int64) string { return mark(float64(n)) })},
	}
	best := view.Table{Caption: "What sells best", Heads: []string{"Product", "Sku", "Pieces", "Revenue"}, None: "Nothing was sold in this time."}
	for _, s := range said.GetBestSellers() {
		best.Rows = append(best.Rows, view.Row{
			Cells: []string{strings.Join(nonEmpty(s.GetName(), s.GetVariant()), ", "), s.GetSku(), whole(s.GetQuantity()), amount(currency, s.GetTotalMinor())},
			Link:  stockLink(s.GetSku()),
		})
	}
	page.Tables = []view.Table{best, table}
	if err := c.runningOut(work, &page, said.GetBestSellers(), time.Duration(shown.count)*unitOf(shown.each)); err != nil {
		return err
	}
	return c.sheet(ctx, http.StatusOK, "Numbers", "/console/numbers", view.SheetPage(page))
}

// conversion is how many carts in a currency were begun since a time, and how many orders there are for
// a hundred of them; nothing when carts of that time may be forgotten by now.
func (c *Console) conversion(work context.Context, from *timestamppb.Timestamp, currency string, orders int64) ([]view.Fact, error) {
	said, err := c.Cart.CountCarts(work, &cartv1.CountCartsRequest{From: from, Until: timestamppb.New(c.now().Add(time.Second)), CurrencyCode: currency})
	if err != nil {
		return nil, err
	}
	if from.AsTime().Before(said.GetCompleteFrom().AsTime()) {
		return nil, nil
	}
	conversion := "–"
	if said.GetCarts() > 0 {
		conversion = strconv.FormatFloat(100*float64(orders)/float64(said.GetCarts()), 'f', 1, 64) + " %"
	}
	return []view.Fact{{Name: "Carts begun", Text: whole(said.GetCarts())}, {Name: "Conversion, orders of carts begun", Text: conversion}}, nil
}

func unitOf(each string) time.Duration {
	if each == "hour" {
		return time.Hour
	}
	return 24 * time.Hour
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return whole(n) + " " + many
}
