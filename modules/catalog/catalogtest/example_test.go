package catalogtest_test

import (
	"context"
	"fmt"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
)

func ExampleNewFake() {
	mug := catalogtest.Product("MUG")
	catalogtest.SetPrice(mug, "EUR", 1290)
	catalog := catalogtest.NewFake(mug)

	got, err := catalog.GetOffers(context.Background(), &catalogv1.GetOffersRequest{Skus: []string{"MUG"}, CurrencyCode: "EUR"})
	if err != nil {
		panic(err)
	}
	mugs := got.GetOffers()[0]
	fmt.Println(mugs.GetSku(), mugs.GetPriceMinor(), mugs.GetCurrencyCode())
	// Output: MUG 1290 EUR
}
