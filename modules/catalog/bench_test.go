package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"galleria/migrations"
	"galleria/modules/catalog"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database/databasetest"
	"galleria/platform/module/moduletest"
)

// BenchmarkRead is what pages ask of 2,500 and of 100,000 products, without a route.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{2_500, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			fake := catalogtest.NewFake(b)
			for some := range slices.Chunk(many(size), 500) {
				fake.Put(some...)
			}
			benchmarkRead(b, fake)
		})
	}
}

func benchmarkRead(b *testing.B, fake *catalogtest.Fake) {
	list := func(r *catalogv1.ListProductsRequest) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fake.ListProducts(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("page", list(&catalogv1.ListProductsRequest{}))
	b.Run("category", list(&catalogv1.ListProductsRequest{Category: "category-3"}))
	b.Run("category-facets", list(&catalogv1.ListProductsRequest{Category: "category-3", WithFacets: true, CurrencyCode: "EUR"}))
	b.Run("price", list(&catalogv1.ListProductsRequest{MinPriceMinor: 5000, MaxPriceMinor: 6000, CurrencyCode: "EUR"}))
	b.Run("search", list(&catalogv1.ListProductsRequest{Query: "copper kettle"}))
	b.Run("search-facets", list(&catalogv1.ListProductsRequest{Query: "copper kettle", WithFacets: true, CurrencyCode: "EUR"}))
	b.Run("search-rare", list(&catalogv1.ListProductsRequest{Query: "kettle 1234"}))
	b.Run("search-typo", list(&catalogv1.ListProductsRequest{Query: "coper ketle"}))
	first, err := fake.ListProducts(b.Context(), &catalogv1.ListProductsRequest{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("second-page", list(&catalogv1.ListProductsRequest{PageToken: first.GetNextPageToken()}))
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := fake.ListAllProducts(moduletest.Direct(b.Context()), &catalogv1.ListAllProductsRequest{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		r := &catalogv1.GetProductsRequest{Skus: []string{"SKU-00100", "SKU-00200", "SKU-00300"}}
		for b.Loop() {
			if _, err := fake.GetProducts(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkUpsert writes 2,500 products in calls of 500, and then one of them.
func BenchmarkUpsert(b *testing.B) {
	products := many(2500)
	open := func(b *testing.B) process {
		o := databasetest.SQLite(b)
		o.Module, o.Migrations = catalog.Name, migrations.For(catalog.Name)
		return start(b, databasetest.Open(b, o))
	}
	fill := func(b *testing.B, p process) {
		for some := range slices.Chunk(products, 500) {
			if err := p.put(b.Context(), some...); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("import-2500", func(b *testing.B) {
		for b.Loop() {
			fill(b, open(b))
		}
	})
	b.Run("one-of-2500", func(b *testing.B) {
		p := open(b)
		fill(b, p)
		one := catalogtest.Product("SKU-00007")
		for b.Loop() {
			catalogtest.SetPrice(one, "EUR", one.Variants[0].Prices[0].AmountMinor+1)
			if err := p.put(b.Context(), one); err != nil {
				b.Fatal(err)
			}
		}
	})
}
