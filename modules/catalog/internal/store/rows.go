package store

import (
	"encoding/json"
	"fmt"

	"galleria/modules/catalog/internal/product"
)

const (
	productColumns  = "sku, slug, name, description, category, tags, currency_code, price_minor, pictures, active, born"
	categoryColumns = "slug, name, intro, position"
)

type productRow struct {
	SKU, Slug, Name, Description, Category, Tags string
	CurrencyCode                                 string
	PriceMinor                                   int64
	Pictures                                     string
	Active                                       bool
	Born                                         int64
}

type categoryRow struct {
	Slug, Name, Intro string
	Position          int64
}

func (r *productRow) product() (product.Product, error) {
	tags, err := decodeList(r.Tags)
	if err != nil {
		return product.Product{}, fmt.Errorf("tags of %s: %w", r.SKU, err)
	}
	pictures, err := decodeList(r.Pictures)
	if err != nil {
		return product.Product{}, fmt.Errorf("pictures of %s: %w", r.SKU, err)
	}
	return product.Restore(product.Facts{
		SKU: r.SKU, Slug: r.Slug, Name: r.Name, Description: r.Description, Category: r.Category,
		Tags: tags, Currency: r.CurrencyCode, PriceMinor: r.PriceMinor, Pictures: pictures, Active: r.Active,
	}, r.Born), nil
}

func encodeList(list []string) (string, error) {
	if len(list) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal(list)
	return string(text), err
}

func decodeList(text string) (list []string, err error) {
	if text == "[]" {
		return nil, nil
	}
	return list, json.Unmarshal([]byte(text), &list)
}
