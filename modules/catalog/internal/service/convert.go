package service

import (
	"slices"

	"galleria/modules/catalog/internal/product"
	catalogv1 "galleria/modules/catalog/v1"
)

// toProducts makes messages of products. They are made anew for every call, so
// that nothing in memory is ever handed out; side by side in one allocation,
// which makes a page of 24 cheaper than looking for a reason to share them.
func toProducts(products []*product.Product) []*catalogv1.Product {
	messages := make([]catalogv1.Product, len(products))
	list := make([]*catalogv1.Product, len(products))
	for i, p := range products {
		f := p.Facts()
		m := &messages[i]
		m.Sku, m.Slug, m.Name, m.Description, m.Category = f.SKU, f.Slug, f.Name, f.Description, f.Category
		m.Tags, m.Pictures = slices.Clone(f.Tags), slices.Clone(f.Pictures)
		m.CurrencyCode, m.PriceMinor, m.Active = f.Currency, f.PriceMinor, f.Active
		list[i] = m
	}
	return list
}

func fromProduct(m *catalogv1.Product) (product.Product, []product.Problem) {
	return product.New(product.Facts{
		SKU: m.GetSku(), Slug: m.GetSlug(), Name: m.GetName(), Description: m.GetDescription(),
		Category: m.GetCategory(), Tags: m.GetTags(), Currency: m.GetCurrencyCode(),
		PriceMinor: m.GetPriceMinor(), Pictures: m.GetPictures(), Active: m.GetActive(),
	})
}

func toCategory(c product.Category, count int) *catalogv1.Category {
	return &catalogv1.Category{
		Slug: c.Slug(), Name: c.Name(), Intro: c.Intro(), Position: c.Position(), ProductCount: int32(count),
	}
}

func fromCategory(m *catalogv1.Category) (product.Category, []product.Problem) {
	return product.NewCategory(m.GetSlug(), m.GetName(), m.GetIntro(), m.GetPosition())
}
