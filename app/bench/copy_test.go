package main

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	catalogv1 "galleria/modules/catalog/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/protocopy"
	"galleria/platform/route"
)

// BenchmarkCopy is the copy of real messages: by the copier that local calls use,
// and by the library, which checks and bounds nothing.
func BenchmarkCopy(b *testing.B) {
	page := &catalogv1.GetProductsResponse{}
	for i := range 20 {
		page.Products = append(page.Products, &catalogv1.Product{
			Slug: fmt.Sprintf("arc-floor-lamp-%d", i), Name: "Arc floor lamp", Category: "lamps",
			Description: "A tall lamp that reaches over the sofa: brushed steel, a marble foot, and a linen shade that makes the light soft.",
			Tags:        []string{"steel", "marble"}, Pictures: []*catalogv1.Picture{{Name: "lamp-arc.svg"}}, Active: true,
			Variants: []*catalogv1.Variant{{
				Sku: fmt.Sprintf("LMP-ARC-%02d", i), Active: true, Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 12900}},
			}},
		})
	}
	for _, c := range []struct {
		name    string
		message proto.Message
	}{
		{"order of 1 line", &ordersv1.GetOrderResponse{Order: anOrder(1)}},
		{"order of 5 lines", &ordersv1.GetOrderResponse{Order: anOrder(5)}},
		{"page of 20 products", page},
	} {
		copier, kind := protocopy.For(c.message), c.message.ProtoReflect().Type()
		b.Run(c.name+"/protocopy", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := copier.Copy(kind.New().Interface(), c.message, route.MaxMessageBytes); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/proto.Clone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				proto.Clone(c.message)
			}
		})
	}
}
