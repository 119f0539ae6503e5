package service

import (
	"galleria/modules/catalog/internal/product"
	catalogv1 "galleria/modules/catalog/v1"
)

// toProducts makes messages of products: anew for every call, so that nothing
// that lies in memory is ever handed out. All messages lie side by side, and
// all their lists, which makes a page of 24 cheap enough (3 µs) that sharing
// them would not be worth a rule about who may touch what.
func toProducts(products []*product.Product) []*catalogv1.Product {
	messages := make([]catalogv1.Product, len(products))
	list := make([]*catalogv1.Product, len(products))
	texts := 0
	for _, p := range products {
		texts += len(p.Facts().Tags) + len(p.Facts().Pictures)
	}
	lists := make(lists, 0, texts)
	for i, p := range products {
		f := p.Facts()
		m := &messages[i]
		m.Sku, m.Slug, m.Name, m.Description, m.Category = f.SKU, f.Slug, f.Name, f.Description, f.Category
		m.CurrencyCode, m.PriceMinor, m.Active = f.Currency, f.PriceMinor, f.Active
		m.Tags, m.Pictures = lists.copy(f.Tags), lists.copy(f.Pictures)
		list[i] = m
	}
	return list
}

// lists is many short lists in one allocation.
type lists []string

// copy adds a list. What it returns has no room behind it, so that appending
// to it can't run into the next one.
func (l *lists) copy(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	start := len(*l)
	*l = append(*l, list...)
	return (*l)[start:len(*l):len(*l)]
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
