package console

import "testing"

func TestPagesOfTheShopAreSmallHoweverMuchThereIs(t *testing.T) {
	o := openOffice(t)
	sku := o.buyers.Stock(1000, 1290)
	bought := o.buyers.Buy(sku, 1).GetOrder()
	for range ordersOnPage {
		o.buyers.Place(sku, 1)
	}
	for range levelsOnPage {
		o.buyers.Stock(3, 100)
	}
	for _, path := range []string{
		"/console/orders", "/console/orders?state=placing", "/console/orders/" + bought.GetNumber(), "/console/stock", "/console/stock/" + sku,
		"/console/promotions", "/console/mails", "/console/customers", "/console/numbers", "/console/numbers?state=quarter", "/console/audit",
		"/console/settings/delivery", "/console/settings/taxes",
	} {
		if body := o.page(path); len(body) > 100<<10 {
			t.Errorf("%s has %d bytes, want at most 100 KiB", path, len(body))
		} else {
			t.Logf("%s: %d bytes", path, len(body))
		}
	}
}
