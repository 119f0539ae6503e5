package storefront

import (
	"maps"
	"slices"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
)

// mostInFacet is how many values of a facet a page shows, the most frequent ones.
const mostInFacet = 10

// facets are the ways to narrow a list: by category in a search, by tag, and by each
// option. What all products of the list have narrows nothing and is left out; what was
// chosen stays, to be taken back.
func (s *Storefront) facets(w wish, departments []page.Department, answer *catalogv1.ListProductsResponse) (all []page.Facet) {
	wide := w
	wide.cursor = ""
	total, found := answer.GetTotal(), answer.GetFacets()
	add := func(name, chosen string, counts []*catalogv1.Facets_Count, label func(value string) string, narrow func(value string) wish) {
		f := page.Facet{Name: name}
		if chosen != "" {
			f.Tags = []page.Tag{{Name: label(chosen), Href: narrow("").address(), Chosen: true}}
			counts = nil
		}
		for _, c := range counts {
			if c.GetProducts() < total && len(f.Tags) < mostInFacet {
				f.Tags = append(f.Tags, page.Tag{Name: label(c.GetValue()), Href: narrow(c.GetValue()).address(), Count: int(c.GetProducts())})
			}
		}
		if len(f.Tags) > 0 {
			all = append(all, f)
		}
	}
	if w.inSearch() {
		add("category", w.category, found.GetCategories(), func(slug string) string {
			if d, known := find(departments, slug); known {
				return d.Name
			}
			return slug
		}, func(slug string) wish { n := wide; n.category = slug; return n })
	}
	same := func(value string) string { return value }
	counts := map[string][]*catalogv1.Facets_Count{}
	for name := range w.options {
		counts[name] = nil
	}
	for _, o := range found.GetOptions() {
		counts[o.GetName()] = o.GetValues()
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		add(name, w.options[name], counts[name], same, func(value string) wish { return wide.with(name, value) })
	}
	add("tag", w.tag, found.GetTags(), same, func(tag string) wish { n := wide; n.tag = tag; return n })
	return all
}

// chosen are the filters that the form of the list keeps.
func (w wish) chosen() (all []page.Hidden) {
	add := func(name, value string) {
		if value != "" {
			all = append(all, page.Hidden{Name: name, Value: value})
		}
	}
	add("tag", w.tag)
	if w.inSearch() {
		add("category", w.category)
	}
	for _, name := range slices.Sorted(maps.Keys(w.options)) {
		add(optionParam+name, w.options[name])
	}
	return all
}
