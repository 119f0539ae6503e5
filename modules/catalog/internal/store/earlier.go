package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"galleria/modules/catalog/internal/product"
	"galleria/modules/catalog/internal/shelf"
)

// Bounds of what is kept of products as they were.
const (
	// mostAtOnce is how many products a change may have to be kept: an import would double
	// the catalog.
	mostAtOnce = 100
	// keptOfEach is how many changes of a product are kept.
	keptOfEach = 10
)

// earlierFacts is what a product said, as it is stored.
type earlierFacts struct {
	Slug        string           `json:"slug"`
	Name        string           `json:"name"`
	Description string           `json:"description,omitempty"`
	Category    string           `json:"category"`
	Tags        []string         `json:"tags,omitempty"`
	Attributes  [][2]string      `json:"attributes,omitempty"` // name, value
	Pictures    [][2]string      `json:"pictures,omitempty"`   // name, text
	Options     []earlierOption  `json:"options,omitempty"`
	Active      bool             `json:"active"`
	Variants    []earlierVariant `json:"variants"`
}

type earlierOption struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

type earlierVariant struct {
	SKU          string     `json:"sku"`
	OptionValues []string   `json:"option_values,omitempty"`
	Prices       []priceRow `json:"prices,omitempty"`
	WeightGrams  int32      `json:"weight_grams,omitempty"`
	TaxClass     string     `json:"tax_class,omitempty"`
	Picture      string     `json:"picture,omitempty"`
	Active       bool       `json:"active"`
}

func encodeFacts(f *product.Facts) (string, error) {
	e := earlierFacts{Slug: f.Slug, Name: f.Name, Description: f.Description, Category: f.Category, Tags: f.Tags, Active: f.Active}
	for _, a := range f.Attributes {
		e.Attributes = append(e.Attributes, [2]string{a.Name, a.Value})
	}
	for _, p := range f.Pictures {
		e.Pictures = append(e.Pictures, [2]string{p.Name, p.Alt})
	}
	for _, o := range f.Options {
		e.Options = append(e.Options, earlierOption{o.Name, o.Values})
	}
	for _, v := range f.Variants {
		one := earlierVariant{v.SKU, v.OptionValues, nil, v.WeightGrams, v.TaxClass, v.Picture, v.Active}
		for _, p := range v.Prices {
			one.Prices = append(one.Prices, priceRow{p.Currency, p.Amount, p.CompareAt})
		}
		e.Variants = append(e.Variants, one)
	}
	text, err := json.Marshal(e)
	return string(text), err
}

func decodeFacts(id, text string) (product.Facts, error) {
	var e earlierFacts
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return product.Facts{}, err
	}
	f := product.Facts{ID: id, Slug: e.Slug, Name: e.Name, Description: e.Description, Category: e.Category, Tags: e.Tags, Active: e.Active}
	for _, a := range e.Attributes {
		f.Attributes = append(f.Attributes, product.Attribute{Name: a[0], Value: a[1]})
	}
	for _, p := range e.Pictures {
		f.Pictures = append(f.Pictures, product.Picture{Name: p[0], Alt: p[1]})
	}
	for _, o := range e.Options {
		f.Options = append(f.Options, product.Option{Name: o.Name, Values: o.Values})
	}
	for _, v := range e.Variants {
		one := product.Variant{SKU: v.SKU, OptionValues: v.OptionValues, WeightGrams: v.WeightGrams, TaxClass: v.TaxClass, Picture: v.Picture, Active: v.Active}
		for _, p := range v.Prices {
			one.Prices = append(one.Prices, product.Price{Currency: p.currency, Amount: p.amount, CompareAt: p.compareAt})
		}
		f.Variants = append(f.Variants, one)
	}
	return f, nil
}

// Earlier is what a product said before the change that gave it a version; nil: that is not
// kept.
func (s *Store) Earlier(ctx context.Context, id, version string) (*product.Product, error) {
	var texts []string
	err := s.db.Read(ctx).Raw("SELECT facts FROM earlier_products WHERE product_id = ? AND replaced_by = ? ORDER BY changed DESC LIMIT 1", id, version).Scan(&texts).Error
	if err != nil || len(texts) == 0 {
		return nil, err
	}
	f, err := decodeFacts(id, texts[0])
	if err != nil {
		return nil, fmt.Errorf("product %s before version %s: %w", id, version, err)
	}
	p := product.Restore(f, nil, 0, time.Time{})
	return &p, nil
}

// saveEarlier keeps what the changed products said before. A change that takes back an
// earlier one removes what was kept for that, and is not kept itself.
func saveEarlier(tx *gorm.DB, current *shelf.Shelf, c shelf.Changes) error {
	if len(c.DeletedProducts) > 0 {
		if err := tx.Exec("DELETE FROM earlier_products WHERE product_id IN ?", c.DeletedProducts).Error; err != nil {
			return err
		}
	}
	if len(c.Products) > mostAtOnce {
		return nil
	}
	var values []any
	var ids []string
	for i := range c.Products {
		now := &c.Products[i]
		before := current.ByID(now.ID())
		if before == nil || before.Version() == now.Version() { // it lost a former address alone
			continue
		}
		back := tx.Exec("DELETE FROM earlier_products WHERE product_id = ? AND version = ? AND replaced_by = ?", now.ID(), now.Version(), before.Version())
		if back.Error != nil {
			return back.Error
		}
		if back.RowsAffected > 0 {
			continue
		}
		facts, err := encodeFacts(before.Facts())
		if err != nil {
			return err
		}
		values = append(values, now.ID(), c.Version, before.Version(), now.Version(), facts)
		ids = append(ids, now.ID())
	}
	if len(ids) == 0 {
		return nil
	}
	err := tx.Exec("INSERT INTO earlier_products (product_id, changed, version, replaced_by, facts) VALUES "+rows(len(ids), len(values)), values...).Error
	if err != nil {
		return err
	}
	err = tx.Exec(`DELETE FROM earlier_products WHERE product_id IN ? AND
		(SELECT count(*) FROM earlier_products AS later WHERE later.product_id = earlier_products.product_id AND later.changed > earlier_products.changed) >= ?`, ids, keptOfEach).Error
	if err != nil {
		return err
	}
	return tx.Exec("DELETE FROM earlier_products WHERE changed <= ?", c.Version-shelf.MostBehind).Error
}
