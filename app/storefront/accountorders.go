package storefront

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// ordersOnPage is how many orders a page of the history has.
const ordersOnPage = 20

// accountOrders is the history of a person's orders, also of those placed as a guest.
func (s *Storefront) accountOrders(c echo.Context) error {
	return s.inSession(c, false, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		listed, err := s.Orders.ListMyOrders(ctx, &ordersv1.ListMyOrdersRequest{PageSize: ordersOnPage, PageToken: c.QueryParam("before")})
		if contract.Is(err, ordersv1.Reason_REASON_BAD_PAGE_TOKEN) {
			return echo.ErrNotFound
		}
		if err != nil {
			return err
		}
		v := page.Orders{Frame: s.frame("Your orders", s.departmentsIfQuick(ctx)), Email: me.GetAccount().GetEmail(), Verified: me.GetAccount().GetVerified(), Newest: c.QueryParam("before") == ""}
		v.NoIndex = true
		for _, o := range listed.GetOrders() {
			standing, _, _ := headline(o)
			v.Orders = append(v.Orders, page.Bought{
				Number: o.GetNumber(), Href: orderPath(o.GetId(), ""), Date: o.GetCreatedAt().AsTime().In(s.zone).Format("2 January 2006"),
				Status: standing, Total: price(o.GetCurrencyCode(), o.GetTotals().GetTotalMinor()).Text,
			})
		}
		if listed.GetNextPageToken() != "" {
			v.Older = "/account/orders?before=" + url.QueryEscape(listed.GetNextPageToken())
		}
		return s.once(c, http.StatusOK, s.countOf(c), page.OrdersPage(v))
	})
}
