package storefront

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/money"
)

// wish is what a visitor asks of a list, from the address.
type wish struct {
	path     string // "/c/lighting" or "/search"
	category string
	query    string
	tag      string
	options  map[string]string // value by name: Size, M
	min, max string            // as typed
	sort     string
	cursor   string
	currency string // of prices: the shopper's, not in the address
}

type sorting struct {
	value, name string // value is empty for the usual order
	by          catalogv1.ListProductsRequest_Sort
}

var sorts = []sorting{
	{"", "Newest", catalogv1.ListProductsRequest_SORT_UNSPECIFIED},
	{"price", "Price, low to high", catalogv1.ListProductsRequest_SORT_PRICE_ASCENDING},
	{"-price", "Price, high to low", catalogv1.ListProductsRequest_SORT_PRICE_DESCENDING},
	{"name", "Name", catalogv1.ListProductsRequest_SORT_NAME},
}

const (
	longestQuery = 100 // characters
	mostOptions  = 5
	// optionParam stands before an option's name in addresses: option.Size=M
	optionParam = "option."
)

func parseWish(c echo.Context, path string) wish {
	asked := c.QueryParams()
	w := wish{
		path:   path,
		tag:    limited(asked.Get("tag"), 50),
		min:    limited(asked.Get("min"), 12),
		max:    limited(asked.Get("max"), 12),
		sort:   asked.Get("sort"),
		cursor: asked.Get("cursor"),
	}
	if !slices.ContainsFunc(sorts, func(s sorting) bool { return s.value == w.sort }) {
		w.sort = ""
	}
	for _, param := range slices.Sorted(maps.Keys(asked)) {
		name, is := strings.CutPrefix(param, optionParam)
		name, value := limited(name, 50), limited(asked.Get(param), 50)
		if is && name != "" && value != "" && len(w.options) < mostOptions {
			w = w.with(name, value)
		}
	}
	return w
}

// with is the wish with a value of an option; "" for any.
func (w wish) with(option, value string) wish {
	options := maps.Clone(w.options)
	if options == nil {
		options = map[string]string{}
	}
	if options[option] = value; value == "" {
		delete(options, option)
	}
	w.options = options
	return w
}

// limited is text as it may go into a request and back onto the page: valid,
// not too long, with single spaces, and without characters that are not seen
// but change what is: controls, and those that turn the direction of writing.
func limited(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > most {
		text = strings.TrimSpace(string([]rune(text)[:most]))
	}
	return text
}

// address is where this wish is fulfilled; the same wish has one address.
func (w wish) address() string {
	v := url.Values{}
	for name, value := range map[string]string{"q": w.query, "tag": w.tag, "min": w.min, "max": w.max, "sort": w.sort, "cursor": w.cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for name, value := range w.options {
		v.Set(optionParam+name, value)
	}
	if w.inSearch() && w.category != "" {
		v.Set("category", w.category)
	}
	if len(v) == 0 {
		return w.path
	}
	return w.path + "?" + v.Encode()
}

func (w wish) narrowed() bool { return w.tag != "" || w.min != "" || w.max != "" || len(w.options) > 0 }

// inSearch tells whether the category is a filter, and not the page itself.
func (w wish) inSearch() bool { return w.path == searchPath }

func (s *Storefront) category(c echo.Context) error {
	slug := c.Param("category")
	w := parseWish(c, "/c/"+url.PathEscape(slug))
	w.category = slug
	return s.listing(c, w, s.composeCategory)
}

const searchPath = "/search"

func (s *Storefront) search(c echo.Context) error {
	w := parseWish(c, searchPath)
	w.query = limited(c.QueryParam("q"), longestQuery)
	w.category = limited(c.QueryParam("category"), 64)
	return s.listing(c, w, s.composeSearch)
}

func (s *Storefront) listing(c echo.Context, w wish, compose func(context.Context, wish) (sketch, error)) error {
	err := s.kept(c, w.address(), func(ctx context.Context, currency string) (sketch, error) {
		asked := w
		asked.currency = currency
		return compose(ctx, asked)
	})
	if contract.Is(err, catalogv1.Reason_REASON_BAD_PAGE_TOKEN) {
		// An old link, or one that was cut short: the list begins again.
		w.cursor = ""
		return c.Redirect(http.StatusFound, w.address())
	}
	return err
}

func (s *Storefront) composeCategory(ctx context.Context, w wish) (sketch, error) {
	departments, err := s.departments(ctx)
	if err != nil {
		return sketch{}, err
	}
	d, ok := find(departments, w.category)
	if !ok {
		return sketch{}, echo.ErrNotFound
	}
	l := page.Listing{
		Frame: s.frame(d.Name, departments), Heading: d.Name, Intro: d.Intro, Path: w.path,
		Crumbs: []page.Crumb{{Name: "Home", Path: "/"}, {Name: d.Name}},
	}
	l.Currencies = s.currencies(w.currency)
	l.Section = d.Slug
	l.Description = cmp.Or(d.Intro, d.Name+" at "+s.info.Info().Name+".")
	l.Canonical = s.base + w.path
	l.NoIndex = w.narrowed() || w.sort != ""
	l.Data = schema(s.breadcrumbs(l.Crumbs, w.path))
	if err := s.fill(ctx, &l, w); err != nil {
		return sketch{}, err
	}
	return listed(l), nil
}

func (s *Storefront) composeSearch(ctx context.Context, w wish) (sketch, error) {
	departments, err := s.departments(ctx)
	if err != nil {
		return sketch{}, err
	}
	l := page.Listing{
		Frame: s.frame("Search", departments), Search: true, Heading: "Search",
		Crumbs: []page.Crumb{{Name: "Home", Path: "/"}, {Name: "Search"}},
	}
	l.NoIndex = true
	l.Currencies = s.currencies(w.currency)
	if w.query == "" {
		return listed(l), nil
	}
	l.Frame.Title, l.Heading, l.Query, l.Path = w.query, "“"+w.query+"”", w.query, w.path
	if err := s.fill(ctx, &l, w); err != nil {
		return sketch{}, err
	}
	return listed(l), nil
}

func listed(l page.Listing) sketch {
	return sketch{draw: func() templ.Component { return page.ListingPage(l) }}
}

// fill asks for the products of a list and puts them, and the ways to narrow
// them, into the page.
func (s *Storefront) fill(ctx context.Context, l *page.Listing, w wish) error {
	r := &catalogv1.ListProductsRequest{Category: w.category, Query: w.query, PageToken: w.cursor, PageSize: 24, CurrencyCode: w.currency, WithFacets: true}
	if w.tag != "" {
		r.Tags = []string{w.tag}
	}
	for name, value := range w.options {
		r.Options = append(r.Options, &catalogv1.OptionValue{Name: name, Value: value})
	}
	for _, o := range sorts {
		name := o.name
		if o.value == "" && l.Search {
			name = "Best match"
		}
		l.Sorts = append(l.Sorts, page.Option{Value: o.value, Name: name, Chosen: o.value == w.sort})
		if o.value == w.sort {
			r.Sort = o.by
		}
	}
	l.Min, l.Max, l.Chosen = w.min, w.max, w.chosen()
	r.MinPriceMinor, r.MaxPriceMinor, l.Invalid = bounds(w)

	answer, err := s.Catalog.ListProducts(ctx, r)
	if err != nil {
		return err
	}
	l.Cards = s.inStockFirst(ctx, answer.GetProducts(), w.currency)
	l.Count = page.Things(int(answer.GetTotal()))
	l.Facets = s.facets(w, l.Departments, answer)
	if f := answer.GetFacets(); f.GetMaxPriceMinor() > 0 {
		l.Lowest, l.Highest = price(w.currency, f.GetMinPriceMinor()).Value, price(w.currency, f.GetMaxPriceMinor()).Value
	}
	if w.cursor != "" {
		first := w
		first.cursor = ""
		l.First = first.address()
	}
	if token := answer.GetNextPageToken(); token != "" {
		next := w
		next.cursor = token
		l.Next = next.address()
	}
	return nil
}

// bounds are the prices asked for; what can't be read is said and left out.
func bounds(w wish) (least, most int64, invalid string) {
	read := func(text string) int64 {
		if text == "" {
			return 0
		}
		m, err := money.Parse(strings.ReplaceAll(text, ",", "."), w.currency)
		if err != nil || m.Negative() {
			invalid = "Prices look like 25 or 12.50."
			return 0
		}
		return m.Minor()
	}
	least, most = read(w.min), read(w.max)
	if invalid == "" && most > 0 && least > most {
		return 0, 0, "The lower price is above the higher one."
	}
	return least, most, invalid
}
