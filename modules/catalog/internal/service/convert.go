package service

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
	catalogv1 "galleria/modules/catalog/v1"
)

// toProducts makes messages of products: anew for every call, so that nothing
// that lies in memory is ever handed out.
func toProducts(products []*product.Product) []*catalogv1.Product {
	messages := make([]catalogv1.Product, len(products))
	list := make([]*catalogv1.Product, len(products))
	texts := 0
	for _, p := range products {
		texts += textsOf(p.Facts())
	}
	lists := make(lists, 0, texts)
	for i, p := range products {
		f := p.Facts()
		m := &messages[i]
		m.Id, m.Slug, m.Name, m.Description, m.Category, m.Active = f.ID, f.Slug, f.Name, f.Description, f.Category, f.Active
		m.Tags = lists.copy(f.Tags)
		m.Pictures = toPictures(f.Pictures)
		if !p.Created().IsZero() {
			m.CreatedAt = timestamppb.New(p.Created())
		}
		for _, a := range f.Attributes {
			m.Attributes = append(m.Attributes, &catalogv1.Attribute{Name: a.Name, Value: a.Value})
		}
		for _, o := range f.Options {
			m.Options = append(m.Options, &catalogv1.Option{Name: o.Name, Values: lists.copy(o.Values)})
		}
		m.Variants = toVariants(f.Variants, &lists)
		list[i] = m
	}
	return list
}

// toVersioned makes messages of products with their versions.
func toVersioned(products []*product.Product) []*catalogv1.Product {
	list := toProducts(products)
	for i, p := range products {
		list[i].Version = p.Version()
	}
	return list
}

func textsOf(f *product.Facts) int {
	n := len(f.Tags)
	for i := range f.Options {
		n += len(f.Options[i].Values)
	}
	for i := range f.Variants {
		n += len(f.Variants[i].OptionValues)
	}
	return n
}

func toPictures(pictures []product.Picture) []*catalogv1.Picture {
	if len(pictures) == 0 {
		return nil
	}
	messages := make([]catalogv1.Picture, len(pictures))
	all := make([]*catalogv1.Picture, len(pictures))
	for i, picture := range pictures {
		all[i] = &messages[i]
		all[i].Name, all[i].Alt = picture.Name, picture.Alt
	}
	return all
}

func toVariants(variants []product.Variant, lists *lists) []*catalogv1.Variant {
	messages := make([]catalogv1.Variant, len(variants))
	all := make([]*catalogv1.Variant, len(variants))
	for i := range variants {
		v, m := &variants[i], &messages[i]
		m.Sku, m.WeightGrams, m.TaxClass, m.Picture, m.Active = v.SKU, v.WeightGrams, v.TaxClass, v.Picture, v.Active
		m.OptionValues = lists.copy(v.OptionValues)
		prices := make([]catalogv1.Price, len(v.Prices))
		m.Prices = make([]*catalogv1.Price, len(v.Prices))
		for j, p := range v.Prices {
			prices[j].CurrencyCode, prices[j].AmountMinor, prices[j].CompareAtMinor = p.Currency, p.Amount, p.CompareAt
			m.Prices[j] = &prices[j]
		}
		all[i] = m
	}
	return all
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
	f := product.Facts{
		ID: m.GetId(), Slug: m.GetSlug(), Name: m.GetName(), Description: m.GetDescription(), Category: m.GetCategory(),
		Tags: m.GetTags(), Active: m.GetActive(),
	}
	for _, picture := range m.GetPictures() {
		f.Pictures = append(f.Pictures, product.Picture{Name: picture.GetName(), Alt: picture.GetAlt()})
	}
	for _, a := range m.GetAttributes() {
		f.Attributes = append(f.Attributes, product.Attribute{Name: a.GetName(), Value: a.GetValue()})
	}
	for _, o := range m.GetOptions() {
		f.Options = append(f.Options, product.Option{Name: o.GetName(), Values: o.GetValues()})
	}
	for _, v := range m.GetVariants() {
		variant := product.Variant{
			SKU: v.GetSku(), OptionValues: v.GetOptionValues(), WeightGrams: v.GetWeightGrams(), TaxClass: v.GetTaxClass(),
			Picture: v.GetPicture(), Active: v.GetActive(),
		}
		for _, p := range v.GetPrices() {
			variant.Prices = append(variant.Prices, product.Price{Currency: p.GetCurrencyCode(), Amount: p.GetAmountMinor(), CompareAt: p.GetCompareAtMinor()})
		}
		f.Variants = append(f.Variants, variant)
	}
	return product.New(f)
}

func toFacets(f *shelf.Facets) *catalogv1.Facets {
	if f == nil {
		return nil
	}
	counts := func(all []shelf.Count) []*catalogv1.Facets_Count {
		var messages []*catalogv1.Facets_Count
		for _, c := range all {
			messages = append(messages, &catalogv1.Facets_Count{Value: c.Value, Products: int32(c.Products)})
		}
		return messages
	}
	m := &catalogv1.Facets{
		Categories: counts(f.Categories), Tags: counts(f.Tags), MinPriceMinor: f.MinPrice, MaxPriceMinor: f.MaxPrice,
	}
	for _, o := range f.Options {
		m.Options = append(m.Options, &catalogv1.Facets_OptionCounts{Name: o.Name, Values: counts(o.Values)})
	}
	return m
}

func toCategory(c product.Category, count int) *catalogv1.Category {
	return &catalogv1.Category{
		Slug: c.Slug(), Name: c.Name(), Intro: c.Intro(), Position: c.Position(), ProductCount: int32(count),
		Withdrawn: c.Withdrawn(),
	}
}

func fromCategory(m *catalogv1.Category) (product.Category, []product.Problem) {
	return product.NewCategory(m.GetSlug(), m.GetName(), m.GetIntro(), m.GetPosition(), m.GetWithdrawn())
}
