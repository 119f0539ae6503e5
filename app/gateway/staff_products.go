package gateway

import (
	"context"
	"slices"
	"strings"

	"galleria/app/auditlog"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// WholeProduct is a product as the shop keeps it, with all its currencies, and with what
// is not sold just now.
type WholeProduct struct {
	Slug        string         `json:"slug" maxLength:"200" pattern:"^[a-z0-9-]+$" example:"nesting-bowls" doc:"Its place in the address of its page. Another one than in the path gives it a new address."`
	Name        string         `json:"name" minLength:"1" maxLength:"200"`
	Description string         `json:"description,omitempty" maxLength:"5000" doc:"Plain text."`
	Category    string         `json:"category" minLength:"1" maxLength:"64" doc:"Slug of its category; one that is not there is made."`
	Tags        []string       `json:"tags,omitempty" maxItems:"20"`
	Attributes  []Attribute    `json:"attributes,omitempty" maxItems:"30" doc:"Facts about it."`
	Pictures    []WholePicture `json:"pictures,omitempty" maxItems:"10" doc:"The first one is shown in lists. Each has another name."`
	Options     []Option       `json:"options,omitempty" maxItems:"3" doc:"What its variants differ in."`
	Active      bool           `json:"active" doc:"Only active products are listed and sold."`
	Variants    []WholeVariant `json:"variants" minItems:"1" maxItems:"100"`
	Version     string         `json:"version,omitempty" maxLength:"64" doc:"Names what the product says; in quotes it is its ETag. What is sent of it in a body is passed over."`
}

// WholePicture is a picture of a product, by its name in the shop.
type WholePicture struct {
	Name string `json:"name" minLength:"1" maxLength:"128" example:"mug.jpg" doc:"Letters, digits, '-', '_' and '.', the first of them a letter or digit."`
	Alt  string `json:"alt,omitempty" maxLength:"512" doc:"What there is to see in it, in one line for people who don't see it. Without, pages say the product's name."`
}

// WholeVariant is what is sold of a product, in all its currencies.
type WholeVariant struct {
	SKU         string   `json:"sku" minLength:"1" maxLength:"64"`
	Options     []string `json:"options,omitempty" maxItems:"3" doc:"A value for each option of the product, in their order."`
	Prices      []Price  `json:"prices" maxItems:"20" doc:"One for each currency it is sold in."`
	WeightGrams int32    `json:"weight_grams,omitempty" minimum:"0" maximum:"2147483647"`
	TaxClass    string   `json:"tax_class,omitempty" maxLength:"32"`
	Picture     string   `json:"picture,omitempty" maxLength:"128"`
	Active      bool     `json:"active" doc:"Only active variants are sold."`
}

// Price is what a variant costs in a currency.
type Price struct {
	Money
	CompareAt int64 `json:"compare_at,omitempty" minimum:"0" maximum:"9007199254740991" doc:"What it cost before, in minor units."`
}

// WholeProductOutput is a product as the shop keeps it.
type WholeProductOutput struct {
	ETag string `header:"ETag" doc:"Its version: another one when the product says something else."`
	Body WholeProduct
}

func wholeOutput(p *catalogv1.Product) *WholeProductOutput {
	return &WholeProductOutput{ETag: tagOf(p), Body: toWhole(p)}
}

// tagOf is the ETag of a product.
func tagOf(p *catalogv1.Product) string { return `"` + p.GetVersion() + `"` }

// WholeProductInput names a product.
type WholeProductInput struct {
	StaffInput
	SlugOrSKU string `path:"slug_or_sku" maxLength:"250" doc:"The product's slug, or the sku of one of its variants."`
}

func (g *Gateway) getWhole(r *request, in *WholeProductInput) (*WholeProductOutput, error) {
	who, err := g.known(r, in.StaffInput)
	if err != nil {
		return nil, err
	}
	if !who.may("products:read") { // the catalog tells products to all who know their names
		return nil, lacks("products:read")
	}
	found, err := g.find(who, in.SlugOrSKU)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, problem(notFound, "No product has this slug, and no variant this sku.")
	}
	return wholeOutput(found), nil
}

// CatalogueInput is a page of all products.
type CatalogueInput struct {
	StaffInput
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many products at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before."`
}

// CatalogueOutput is a page of all products.
type CatalogueOutput struct {
	Body struct {
		Items      []WholeProduct `json:"items" doc:"The oldest first."`
		NextCursor string         `json:"next_cursor,omitempty" doc:"The cursor of the next page; without it this is the last one."`
	}
}

func (g *Gateway) listCatalogue(r *request, in *CatalogueInput) (*CatalogueOutput, error) {
	who, err := g.known(r, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Catalog.ListAllProducts(who, &catalogv1.ListAllProductsRequest{PageSize: in.Limit, PageToken: in.Cursor})
	if contract.Is(err, catalogv1.Reason_REASON_BAD_PAGE_TOKEN) {
		p := problem(invalid, "See errors for what is wrong.")
		p.Errors = []FieldError{{In: "query", Parameter: "cursor", Detail: "is no next_cursor of this list"}}
		return nil, p
	}
	if err != nil {
		return nil, refusedStaff(err, "products:read")
	}
	out := &CatalogueOutput{}
	out.Body.Items, out.Body.NextCursor = all(answer.GetProducts(), toWhole), answer.GetNextPageToken()
	return out, nil
}

// PutProductInput writes a product.
type PutProductInput struct {
	StaffInput
	SlugOrSKU   string `path:"slug_or_sku" maxLength:"250" doc:"The product's slug, or the sku of one of its variants."`
	IfMatch     string `header:"If-Match" maxLength:"500" doc:"The ETag of the product that is changed, or *: whatever it is. With another version nothing is written."`
	IfNoneMatch string `header:"If-None-Match" maxLength:"500" doc:"*: the product is new."`
	Body        WholeProduct
}

func (g *Gateway) putProduct(r *request, in *PutProductInput) (*WholeProductOutput, error) {
	ctx, done := r.whole(orderTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	found, err := g.find(who, in.SlugOrSKU)
	if err != nil {
		return nil, err
	}
	if found == nil && in.Body.Slug != in.SlugOrSKU {
		// A repeat, after the product was given its new slug: the old one leads to it.
		if found, err = g.named(who, in.SlugOrSKU, in.Body.Slug); err != nil {
			return nil, err
		}
	}
	expected, missing := in.expects(found)
	if missing != nil {
		// Asked for in any case: who may not is refused, and not told what there is.
		if _, err := g.Catalog.UpsertProducts(who, &catalogv1.UpsertProductsRequest{}); err != nil {
			return nil, refusedStaff(err, "products:write")
		}
		return nil, missing
	}
	p := fromWhole(in.Body)
	p.Id = found.GetId()
	if found == nil {
		if in.Body.Slug != in.SlugOrSKU {
			return nil, wrongField(invalid, "#/slug", "is the slug in the path: there is no product to give another one to")
		}
		p.Id = id.New() // else the catalog would take it for the product that has one of its skus
	}
	wanted := &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{p}}
	if expected != nil {
		wanted.ExpectedVersions = map[string]string{p.GetId(): *expected}
	}
	if _, err := g.Catalog.UpsertProducts(who, wanted); err != nil {
		return nil, refusedStaff(notWritten(err), "products:write")
	}
	g.changed(who, "", auditlog.Entry{Action: "wrote", Thing: "product " + in.Body.Slug, From: pricesNoted(found), To: pricesNoted(p)})
	if found, err = g.find(who, p.GetSlug()); err != nil {
		return nil, err
	}
	return wholeOutput(found), nil
}

// expects is the version that the product must have, as the catalog has it: "" of one that
// is new, and nil where any will do. Found is the product that there is; nil: none.
func (in *PutProductInput) expects(found *catalogv1.Product) (*string, *Problem) {
	tags := tagsIn(in.IfMatch)
	switch {
	case strings.TrimSpace(in.IfNoneMatch) == "*" && len(tags) == 0:
		return new(""), nil
	case len(tags) == 0 || in.IfNoneMatch != "":
		return nil, problem(noCondition, "Send If-Match with the ETag of the product that you got, or If-None-Match: * for a product that is new.")
	case found == nil:
		return nil, problem(changedMeanwhile, "There is no such product, or it was deleted meanwhile. Send If-None-Match: * to make it.")
	}
	return versionIn(tags, found), nil
}

// tagsIn are the tags of an If-Match.
func tagsIn(match string) (tags []string) {
	for tag := range strings.SplitSeq(match, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// versionIn is the version of a product that tags ask for; nil: whatever it is.
func versionIn(tags []string, found *catalogv1.Product) *string {
	switch {
	case slices.Contains(tags, "*"):
		return nil
	case slices.Contains(tags, tagOf(found)):
		return new(found.GetVersion())
	}
	// Another version, which the catalog refuses unless this is a repeat. Weak tags match
	// none (RFC 9110, 13.1.1).
	return new(strings.Trim(tags[0], `"`))
}

// find is the product with a slug, or else of a sku, as it is stored now, so that a program
// reads what it wrote; nil: there is none. One that had the slug before is not meant: a
// program that still has its old list must not change or delete it under that name.
func (g *Gateway) find(ctx context.Context, slugOrSKU string) (*catalogv1.Product, error) {
	if p, err := g.named(ctx, slugOrSKU, slugOrSKU); p != nil || err != nil {
		return p, err
	}
	answer, err := g.Catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Skus: []string{slugOrSKU}, Current: true})
	if err != nil {
		return nil, err
	}
	for _, p := range answer.GetProducts() {
		if slices.ContainsFunc(p.GetVariants(), func(v *catalogv1.Variant) bool { return v.GetSku() == slugOrSKU }) {
			return p, nil
		}
	}
	return nil, nil
}

// named is the product that an address leads to, when its slug is this one.
func (g *Gateway) named(ctx context.Context, address, slug string) (*catalogv1.Product, error) {
	answer, err := g.Catalog.GetProducts(ctx, &catalogv1.GetProductsRequest{Slugs: []string{address}, Current: true})
	for _, p := range answer.GetProducts() {
		if p.GetSlug() == slug {
			return p, nil
		}
	}
	return nil, err
}

var productPlaces = places{
	"id": "", "created_at": "", "products": "", "expected_versions": "",
	"variants.option_values": "variants.options", "variants.prices.currency_code": "variants.prices.currency",
	"variants.prices.amount_minor": "variants.prices.amount", "variants.prices.compare_at_minor": "variants.prices.compare_at",
}

// notWritten says why a product was not written.
func notWritten(err error) error {
	switch {
	case contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE):
		return problem(changedMeanwhile, "The product has another version than you expect: it was made, changed or deleted meanwhile. Get it again, and decide what is to become of it.")
	case contract.Is(err, catalogv1.Reason_REASON_SLUG_TAKEN):
		return problem(taken, "Another product has this slug: "+contract.Metadata(err, "slug")+".")
	case contract.Is(err, catalogv1.Reason_REASON_SKU_TAKEN):
		return problem(taken, "Another product has this sku: "+contract.Metadata(err, "sku")+".")
	}
	if p := wrongFields(err, "products[0].", productPlaces); p != nil {
		return p
	}
	return err
}

// DeleteProductInput deletes a product.
type DeleteProductInput struct {
	WholeProductInput
	IfMatch string `header:"If-Match" maxLength:"500" doc:"The ETag of the product that is deleted, or *: whatever it is. With another version nothing is deleted."`
}

func (g *Gateway) deleteProduct(r *request, in *DeleteProductInput) (*struct{}, error) {
	ctx, done := r.whole(orderTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	found, err := g.find(who, in.SlugOrSKU)
	if err != nil {
		return nil, err
	}
	// Asked for in any case: who may not is refused, and not told what there is.
	wanted, tags := &catalogv1.DeleteProductsRequest{}, tagsIn(in.IfMatch)
	if found != nil && len(tags) > 0 {
		wanted.Ids = []string{found.GetId()}
		if version := versionIn(tags, found); version != nil {
			wanted.ExpectedVersions = map[string]string{found.GetId(): *version}
		}
	}
	if _, err := g.Catalog.DeleteProducts(who, wanted); err != nil {
		return nil, refusedStaff(notWritten(err), "products:write")
	}
	if len(tags) == 0 {
		return nil, problem(noCondition, "Send If-Match with the ETag of the product that you got, or with * to delete it whatever it is.")
	}
	if found == nil {
		return nil, problem(notFound, "No product has this slug, and no variant this sku.")
	}
	g.changed(who, "", auditlog.Entry{Action: "deleted", Thing: "product " + found.GetSlug(), From: pricesNoted(found)})
	return &struct{}{}, nil
}

func toWhole(p *catalogv1.Product) WholeProduct {
	return WholeProduct{
		Slug: p.GetSlug(), Name: p.GetName(), Description: p.GetDescription(), Category: p.GetCategory(), Tags: p.GetTags(), Active: p.GetActive(), Version: p.GetVersion(),
		Pictures:   all(p.GetPictures(), func(p *catalogv1.Picture) WholePicture { return WholePicture{Name: p.GetName(), Alt: p.GetAlt()} }),
		Attributes: all(p.GetAttributes(), func(a *catalogv1.Attribute) Attribute { return Attribute{Name: a.GetName(), Value: a.GetValue()} }),
		Options:    all(p.GetOptions(), func(o *catalogv1.Option) Option { return Option{Name: o.GetName(), Values: texts(o.GetValues())} }),
		Variants: all(p.GetVariants(), func(v *catalogv1.Variant) WholeVariant {
			return WholeVariant{
				SKU: v.GetSku(), Options: v.GetOptionValues(), WeightGrams: v.GetWeightGrams(), TaxClass: v.GetTaxClass(), Picture: v.GetPicture(), Active: v.GetActive(),
				Prices: all(v.GetPrices(), func(p *catalogv1.Price) Price {
					return Price{Money: money(p.GetCurrencyCode(), p.GetAmountMinor()), CompareAt: p.GetCompareAtMinor()}
				}),
			}
		}),
	}
}

func fromWhole(p WholeProduct) *catalogv1.Product {
	return &catalogv1.Product{
		Slug: p.Slug, Name: p.Name, Description: p.Description, Category: p.Category, Tags: p.Tags, Active: p.Active,
		Pictures:   all(p.Pictures, func(p WholePicture) *catalogv1.Picture { return &catalogv1.Picture{Name: p.Name, Alt: p.Alt} }),
		Attributes: all(p.Attributes, func(a Attribute) *catalogv1.Attribute { return &catalogv1.Attribute{Name: a.Name, Value: a.Value} }),
		Options:    all(p.Options, func(o Option) *catalogv1.Option { return &catalogv1.Option{Name: o.Name, Values: o.Values} }),
		Variants: all(p.Variants, func(v WholeVariant) *catalogv1.Variant {
			return &catalogv1.Variant{
				Sku: v.SKU, OptionValues: v.Options, WeightGrams: v.WeightGrams, TaxClass: v.TaxClass, Picture: v.Picture, Active: v.Active,
				Prices: all(v.Prices, func(p Price) *catalogv1.Price {
					return &catalogv1.Price{CurrencyCode: p.Currency, AmountMinor: p.Amount, CompareAtMinor: p.CompareAt}
				}),
			}
		}),
	}
}
