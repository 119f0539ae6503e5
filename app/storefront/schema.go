package storefront

import (
	"encoding/json"
	"net/url"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
)

// node is a thing of schema.org.
type node map[string]any

// schema is a page's data for search engines. encoding/json escapes <, > and
// &, so nothing in it can end the block it stands in.
func schema(graph ...node) string {
	b, err := json.Marshal(node{"@context": "https://schema.org", "@graph": graph})
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return string(b)
}

func (s *Storefront) organization() node {
	return node{"@type": "Organization", "@id": s.base + "/#shop", "name": s.info.Info().Name, "url": s.base + "/", "logo": s.base + "/favicon.svg"}
}

func (s *Storefront) website() node {
	return node{
		"@type": "WebSite", "name": s.info.Info().Name, "url": s.base + "/",
		"potentialAction": node{
			"@type": "SearchAction", "target": s.base + "/search?q={search_term_string}", "query-input": "required name=search_term_string",
		},
	}
}

// breadcrumbs are the way to a page; the last crumb is the page itself.
func (s *Storefront) breadcrumbs(crumbs []page.Crumb, here string) node {
	var list []node
	for i, c := range crumbs {
		at := c.Path
		if at == "" {
			at = here
		}
		list = append(list, node{"@type": "ListItem", "position": i + 1, "name": c.Name, "item": s.base + at})
	}
	return node{"@type": "BreadcrumbList", "itemListElement": list}
}

func (s *Storefront) schemaProduct(p *catalogv1.Product, v page.Product, currency string) node {
	var offers []node
	for _, c := range v.Choices {
		offers = append(offers, s.schemaOffer(p, c, currency))
	}
	var images []string
	for _, p := range v.Pictures {
		images = append(images, s.base+p.Best)
	}
	n := node{
		"@type": "Product", "name": p.GetName(), "description": p.GetDescription(), "url": v.Canonical,
	}
	if v.Category.Name != "" {
		n["category"] = v.Category.Name
	}
	switch len(offers) {
	case 0:
	case 1:
		n["sku"], n["offers"] = v.Choices[0].SKU, offers[0]
	default:
		n["offers"] = offers
	}
	if len(images) > 0 {
		n["image"] = images
	}
	return n
}

// schemaOffer is one variant. Unknown stock is left out rather than guessed.
func (s *Storefront) schemaOffer(p *catalogv1.Product, c page.Choice, currency string) node {
	offer := node{
		"@type": "Offer", "url": s.base + "/products/" + url.PathEscape(p.GetSlug()), "sku": c.SKU,
		"price": c.Price.Value, "priceCurrency": currency,
		"itemCondition": "https://schema.org/NewCondition", "seller": node{"@id": s.base + "/#shop"},
	}
	switch {
	case c.Stock.Text == "":
	case c.Stock.None:
		offer["availability"] = "https://schema.org/OutOfStock"
	case c.Stock.Class == "few":
		offer["availability"] = "https://schema.org/LimitedAvailability"
	default:
		offer["availability"] = "https://schema.org/InStock"
	}
	return offer
}
