package gateway

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

const (
	// optionParam stands before an option's name: option.Size=M
	optionParam = "option."
	mostOptions = 5
)

// ProductsInput is what products are asked for.
type ProductsInput struct {
	Query    string   `query:"q" maxLength:"100" doc:"Words that must all be in name, description, tags, category, options, attributes or skus."`
	Category string   `query:"category" maxLength:"64" doc:"Slug of a category."`
	Tag      []string `query:"tag,explode" maxItems:"5" doc:"Products must have all of these tags."`
	Currency string   `query:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217, one that the shop sells in: what prices are read in; the shop's own where none is asked for."`
	Min      int64    `query:"min_price" minimum:"0" maximum:"9007199254740991" doc:"Lowest price in minor units."`
	Max      int64    `query:"max_price" minimum:"0" maximum:"9007199254740991" doc:"Highest price in minor units; 0: none."`
	Sort     string   `query:"sort" enum:"price,-price,name" doc:"By price, by price from high to low, or by name; else the newest first, or what matches q best."`
	Limit    int32    `query:"limit" minimum:"1" maximum:"100" default:"24" doc:"How many products at most."`
	Cursor   string   `query:"cursor" maxLength:"500" doc:"next_cursor of the page before, with the same filters."`

	options []*catalogv1.OptionValue
}

// Resolve reads the options, whose names the document does not know, and refuses what
// else it does not know.
func (in *ProductsInput) Resolve(ctx huma.Context) []error {
	address := ctx.URL()
	asked := address.Query()
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		detail := in.read(name, asked)
		if detail != "" {
			wrong = append(wrong, &huma.ErrorDetail{Location: "query." + name, Message: detail})
		}
	}
	return wrong
}

func (in *ProductsInput) read(name string, asked url.Values) (wrong string) {
	option, is := strings.CutPrefix(name, optionParam)
	value := asked.Get(name)
	switch {
	case !is && slices.Contains(productFilters, name):
		return ""
	case !is:
		return "unknown query parameter"
	case option == "" || value == "" || utf8.RuneCountInString(option) > 50 || utf8.RuneCountInString(value) > 50:
		return "expected the name of an option and a value, of up to 50 characters each"
	case len(in.options) >= mostOptions:
		return "expected at most 5 options"
	}
	in.options = append(in.options, &catalogv1.OptionValue{Name: option, Value: value})
	return ""
}

var productFilters = []string{"q", "category", "tag", "currency", "min_price", "max_price", "sort", "limit", "cursor"}

// ProductsOutput is a page of products.
type ProductsOutput struct {
	Body ProductPage
}

// ProductPage is a page of a list of products.
type ProductPage struct {
	Items      []ProductSummary `json:"items"`
	NextCursor string           `json:"next_cursor,omitempty" doc:"The cursor of the next page; without it this is the last one."`
	Total      int32            `json:"total" doc:"How many products match, on all pages."`
}

var sorts = map[string]catalogv1.ListProductsRequest_Sort{
	"price": catalogv1.ListProductsRequest_SORT_PRICE_ASCENDING, "-price": catalogv1.ListProductsRequest_SORT_PRICE_DESCENDING,
	"name": catalogv1.ListProductsRequest_SORT_NAME,
}

func (g *Gateway) listProducts(r *request, in *ProductsInput) (*ProductsOutput, error) {
	currency, wrong := g.currencyOf(in.Currency)
	if wrong != "" {
		return nil, wrongQuery("currency", wrong)
	}
	if in.Max > 0 && in.Min > in.Max {
		return nil, wrongQuery("max_price", "is below min_price")
	}
	answer, err := g.Catalog.ListProducts(r, &catalogv1.ListProductsRequest{
		Query: in.Query, Category: in.Category, Tags: in.Tag, CurrencyCode: currency, MinPriceMinor: in.Min, MaxPriceMinor: in.Max,
		Sort: sorts[in.Sort], PageSize: in.Limit, PageToken: in.Cursor, Options: in.options,
	})
	if contract.Is(err, catalogv1.Reason_REASON_BAD_PAGE_TOKEN) {
		return nil, wrongQuery("cursor", "is no next_cursor of a list with these filters")
	}
	if p := violated(err, map[string]FieldError{
		"category": {In: "query", Parameter: "category"}, "query": {In: "query", Parameter: "q"}, "currency_code": {In: "query", Parameter: "currency"},
		"tags": {In: "query", Parameter: "tag"}, "page_token": {In: "query", Parameter: "cursor"},
	}); p != nil {
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	return &ProductsOutput{Body: ProductPage{
		Items:      all(answer.GetProducts(), func(p *catalogv1.Product) ProductSummary { return summaryOf(p, currency) }),
		NextCursor: answer.GetNextPageToken(), Total: answer.GetTotal(),
	}}, nil
}

// CategoriesOutput is the list of categories.
type CategoriesOutput struct {
	Body struct {
		Items []Category `json:"items"`
	}
}

// Category groups products.
type Category struct {
	Slug         string `json:"slug"`
	Name         string `json:"name"`
	Intro        string `json:"intro" doc:"One sentence about it; may be empty."`
	ProductCount int32  `json:"product_count" doc:"How many products it has."`
}

func (g *Gateway) listCategories(r *request, _ *struct{}) (*CategoriesOutput, error) {
	answer, err := g.Catalog.ListCategories(r, &catalogv1.ListCategoriesRequest{})
	if err != nil {
		return nil, err
	}
	out := &CategoriesOutput{}
	out.Body.Items = all(answer.GetCategories(), func(c *catalogv1.Category) Category {
		return Category{Slug: c.GetSlug(), Name: c.GetName(), Intro: c.GetIntro(), ProductCount: c.GetProductCount()}
	})
	return out, nil
}
