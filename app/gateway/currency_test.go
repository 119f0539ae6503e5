package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/app/edge"
	"galleria/app/gateway"
	catalogv1 "galleria/modules/catalog/v1"
	settingsv1 "galleria/modules/settings/v1"
)

func TestPricesAreSaidInTheCurrenciesOfTheShop(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	c := s.filled(1)
	refuses := func(currency string) {
		t.Helper()
		for _, path := range []string{"/products?currency=", "/products/" + mug + "?currency="} {
			p := s.get(path+currency).problem(http.StatusUnprocessableEntity, "invalid")
			if p.Errors[0].Parameter != "currency" || p.Errors[0].In != "query" || !strings.Contains(p.Errors[0].Detail, "EUR") {
				t.Errorf("%s%s: got %+v, want the currency named, and those there are", path, currency, p.Errors)
			}
		}
		if p := s.put("/carts/"+c.ID+"/items/"+mug, `{"quantity":2,"currency":"`+currency+`"}`).problem(http.StatusUnprocessableEntity, "invalid"); p.Errors[0].Pointer != "#/currency" {
			t.Errorf("got %+v, want the currency named", p.Errors)
		}
	}
	refuses("USD")

	catalog := catalogv1.NewCatalogServiceClient(s.operated["catalog"])
	got, err := catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{mug}})
	if err != nil {
		t.Fatal(err)
	}
	product := got.GetProducts()[0]
	for _, v := range product.GetVariants() {
		v.Prices = append(v.Prices, &catalogv1.Price{CurrencyCode: "USD", AmountMinor: 1900})
	}
	if _, err := catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{product}}); err != nil {
		t.Fatal(err)
	}
	settings := settingsv1.NewSettingsServiceClient(s.operated["settings"])
	if _, err := settings.ChangeSettings(t.Context(), &settingsv1.ChangeSettingsRequest{Settings: &settingsv1.Settings{Currencies: []string{"USD", "EUR"}}}); err != nil {
		t.Fatal(err)
	}
	var shown gateway.Product
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		s.get("/products/" + mug).want(http.StatusOK).into(&shown)
		if shown.PriceFrom.Currency == "USD" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, want the price in the shop's own currency, which is the dollar now", shown.PriceFrom)
		}
	}
	s.get("/products/" + mug + "?currency=EUR").want(http.StatusOK).into(&shown)
	if shown.PriceFrom.Currency != "EUR" {
		t.Errorf("got %+v, want euros", shown.PriceFrom)
	}
	refuses("CHF")

	// A cart keeps the currency it was begun in; a new one begins in the shop's own.
	s.put("/carts/"+c.ID+"/items/"+mug, `{"quantity":2}`).want(http.StatusOK).into(&c)
	if c.Totals.Goods.Currency != "EUR" {
		t.Errorf("the cart is in %s, want EUR as before", c.Totals.Goods.Currency)
	}
	s.post("/carts", "").want(http.StatusCreated).into(&c)
	s.put("/carts/"+c.ID+"/items/"+mug, `{"quantity":1}`).want(http.StatusOK).into(&c)
	if c.Totals.Goods.Currency != "USD" || c.Totals.Goods.Amount != 1900 {
		t.Errorf("got %+v, want 19 dollars", c.Totals.Goods)
	}
}
