package catalogtest_test

import (
	"context"
	"fmt"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
)

func ExampleNewFake() {
	mug := catalogtest.Product("MUG")
	mug.PriceMinor = 1290
	catalog := catalogtest.NewFake(mug)

	got, err := catalog.GetProducts(context.Background(), &catalogv1.GetProductsRequest{Slugs: []string{"product-mug"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(got.GetProducts()[0].GetSku(), got.GetProducts()[0].GetPriceMinor(), got.GetProducts()[0].GetCurrencyCode())
	// Output: MUG 1290 EUR
}
