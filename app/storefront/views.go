package storefront

import (
	"slices"
	"strings"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
)

// views are the small pictures of a product's page: its own but the first, and those of
// the variants that can be chosen, each with what these have in common. The first one is
// among them when it shows some of the variants.
func (s *Storefront) views(p *catalogv1.Product, own []page.Picture, choices []page.Choice) []page.View {
	var all []page.View
	var names []string
	for i, picture := range own {
		all, names = append(all, page.View{Picture: picture}), append(names, p.GetPictures()[i].GetName())
	}
	showing := map[string][]*catalogv1.Variant{}
	for _, v := range p.GetVariants() {
		name := v.GetPicture()
		if name == "" && len(own) > 0 {
			name = names[0]
		}
		if name == "" || !slices.ContainsFunc(choices, func(c page.Choice) bool { return c.SKU == v.GetSku() }) {
			continue
		}
		if !slices.Contains(names, name) {
			all, names = append(all, page.View{Picture: s.gallery.of(name, p.GetCategory())}), append(names, name)
		}
		showing[name] = append(showing[name], v)
	}
	for i := range all {
		if variants := showing[names[i]]; len(variants) < len(choices) {
			all[i].Of = inCommon(variants)
		}
		switch {
		case i >= len(own) && all[i].Of != "":
			all[i].Alt = p.GetName() + ", " + all[i].Of
		case i >= len(own):
			all[i].Alt = "Another view of " + p.GetName()
		}
	}
	if len(own) > 0 && all[0].Of == "" {
		all = all[1:]
	}
	return all
}

// inCommon is what sets some variants of a product apart: the values that all of them
// have, "Blue" of "S / Blue" and "M / Blue", or else each variant.
func inCommon(variants []*catalogv1.Variant) string {
	if len(variants) == 0 {
		return ""
	}
	var values, each []string
	for i, value := range variants[0].GetOptionValues() {
		if !slices.ContainsFunc(variants, func(v *catalogv1.Variant) bool { return v.GetOptionValues()[i] != value }) {
			values = append(values, value)
		}
	}
	if len(values) > 0 {
		return strings.Join(values, " / ")
	}
	for _, v := range variants {
		each = append(each, strings.Join(v.GetOptionValues(), " / "))
	}
	return strings.Join(each, ", ")
}
