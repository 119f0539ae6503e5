package gateway_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"galleria/app/edge"
	"galleria/app/gateway"
	catalogv1 "galleria/modules/catalog/v1"
)

func TestProductsAreFilteredSortedAndPaged(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	list := func(query string) (p gateway.ProductPage) {
		t.Helper()
		s.get("/products?" + query).want(http.StatusOK).into(&p)
		return p
	}
	whole := list("limit=100&sort=name")
	if len(whole.Items) != int(whole.Total) || whole.Total < 20 || whole.NextCursor != "" {
		t.Fatalf("got %d of %d products and cursor %q, want all", len(whole.Items), whole.Total, whole.NextCursor)
	}
	var paged []gateway.ProductSummary
	for cursor := ""; ; {
		p := list("limit=7&sort=name&cursor=" + cursor)
		paged = append(paged, p.Items...)
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	if !slices.EqualFunc(paged, whole.Items, func(a, b gateway.ProductSummary) bool { return a.Slug == b.Slug }) {
		t.Errorf("got %d products page by page, want the same %d in the same order", len(paged), len(whole.Items))
	}
	kitchen := list("category=kitchen&sort=-price&limit=100")
	for i, p := range kitchen.Items {
		if p.Category != "kitchen" || i > 0 && p.PriceFrom.Amount > kitchen.Items[i-1].PriceFrom.Amount {
			t.Errorf("product %d: got %s of %s for %v, want kitchen things from high to low", i, p.Slug, p.Category, p.PriceFrom)
		}
	}
	if p := list("min_price=1000&max_price=2000&currency=EUR&limit=100"); len(p.Items) == 0 || slices.ContainsFunc(p.Items, func(p gateway.ProductSummary) bool {
		return p.PriceFrom.Currency != "EUR" || p.PriceFrom.Amount < 1000 || p.PriceFrom.Amount > 2000
	}) {
		t.Errorf("got %v, want products from 10.00 to 20.00", p.Items)
	}
	if p := list("q=mug"); len(p.Items) == 0 || !strings.Contains(strings.ToLower(p.Items[0].Name), "mug") {
		t.Errorf("got %v, want mugs", p.Items)
	}
	with := slices.IndexFunc(whole.Items, func(p gateway.ProductSummary) bool { return len(p.Options) > 0 })
	option := whole.Items[with].Options[0]
	found := list("limit=100&option." + option.Name + "=" + strings.ReplaceAll(option.Values[0], " ", "+"))
	if len(found.Items) == 0 || len(found.Items) == len(whole.Items) || slices.ContainsFunc(found.Items, func(p gateway.ProductSummary) bool {
		return !slices.ContainsFunc(p.Options, func(o gateway.Option) bool {
			return o.Name == option.Name && slices.Contains(o.Values, option.Values[0])
		})
	}) {
		t.Errorf("got %d of %d products, want those with %s %s", len(found.Items), len(whole.Items), option.Name, option.Values[0])
	}
	tag := whole.Items[0].Tags[0]
	if p := list("limit=100&tag=" + strings.ReplaceAll(tag, " ", "+")); len(p.Items) == 0 || slices.ContainsFunc(p.Items, func(p gateway.ProductSummary) bool { return !slices.Contains(p.Tags, tag) }) {
		t.Errorf("got %v, want products tagged %s", p.Items, tag)
	}
}

func TestFiltersThatCantBeReadAreNamed(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	for query, parameter := range map[string]string{
		"limit=0": "limit", "limit=many": "limit", "limit=101": "limit", "sort=best": "sort", "colour=red": "colour", "currency=euro": "currency",
		"min_price=-1": "min_price", "min_price=5&max_price=4": "max_price", "cursor=made-up": "cursor", "option.=M": "option.", "option.Size=": "option.Size",
	} {
		p := s.get("/products?"+query).problem(http.StatusUnprocessableEntity, "invalid")
		if len(p.Errors) != 1 || p.Errors[0].In != "query" || p.Errors[0].Parameter != parameter {
			t.Errorf("%s: got %+v, want %s named", query, p.Errors, parameter)
		}
	}
}

func TestAProductIsFoundBySlugAndBySKUWithItsAvailability(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	for n, want := range map[int64]gateway.Availability{0: {Status: "sold_out"}, 3: {Status: "low", Left: 3}, 60: {Status: "in_stock"}} {
		s.setStock(mug, n)
		var bySKU, bySlug gateway.Product
		s.get("/products/" + mug).want(http.StatusOK).into(&bySKU)
		s.get("/products/" + bySKU.Slug).want(http.StatusOK).into(&bySlug)
		if bySlug.Slug != bySKU.Slug || bySlug.Description == "" {
			t.Errorf("got %+v by slug, want %s", bySlug, bySKU.Slug)
		}
		i := slices.IndexFunc(bySKU.Variants, func(v gateway.Variant) bool { return v.SKU == mug })
		if got := bySKU.Variants[i].Availability; got != want || bySKU.Variants[i].Price.Currency != "EUR" {
			t.Errorf("with %d: got %+v, want %+v", n, bySKU.Variants[i], want)
		}
	}
	s.inventory.Fail("GetLevels", errors.New("away"))
	var silent gateway.Product
	if s.get("/products/" + mug).want(http.StatusOK).into(&silent); silent.Variants[0].Availability.Status != "unknown" {
		t.Errorf("without inventory: got %+v, want unknown", silent.Variants[0].Availability)
	}
	s.get("/products/no-such-thing").problem(http.StatusNotFound, "not-found")
}

func TestTheCatalogueIsSentOnceAndAskedAboutAfterThat(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	for _, path := range []string{"/products", "/products/" + mug, "/categories", "/openapi.json"} {
		first := s.get(path).want(http.StatusOK)
		tag := first.header.Get("ETag")
		if tag == "" || first.header.Get("Cache-Control") != "public, no-cache" {
			t.Errorf("%s: got ETag %q and Cache-Control %q, want a tag, and to be asked each time", path, tag, first.header.Get("Cache-Control"))
		}
		for _, sent := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			if again := s.get(path, "If-None-Match", sent).want(http.StatusNotModified); again.text != "" || again.header.Get("ETag") != tag {
				t.Errorf("%s with %s: got %q and ETag %q, want nothing and %s", path, sent, again.text, again.header.Get("ETag"), tag)
			}
		}
		s.get(path, "If-None-Match", `"other"`).want(http.StatusOK)
	}
	before := s.get("/products/" + mug)
	s.setStock(mug, 0)
	if after := s.get("/products/"+mug, "If-None-Match", before.header.Get("ETag")).want(http.StatusOK); after.header.Get("ETag") == before.header.Get("ETag") {
		t.Error("the ETag stayed when the stock changed")
	}
	if got := s.post("/carts", "").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a cart: got Cache-Control %q, want no-store", got)
	}
	if a := s.send(http.MethodHead, gateway.Prefix+"/products", ""); a.status != http.StatusOK || a.header.Get("ETag") == "" {
		t.Errorf("HEAD: got %d and %v, want what GET has", a.status, a.header)
	}
}

func TestAWithdrawnCategoryIsNotListed(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	has := func() bool {
		t.Helper()
		var listed struct{ Items []gateway.Category }
		s.get("/categories").want(http.StatusOK).into(&listed)
		return slices.ContainsFunc(listed.Items, func(c gateway.Category) bool { return c.Slug == "kitchen" })
	}
	if !has() {
		t.Fatal("there is no category kitchen")
	}
	_, err := s.catalog.UpsertCategories(t.Context(), &catalogv1.UpsertCategoriesRequest{Categories: []*catalogv1.Category{{Slug: "kitchen", Name: "Kitchen", Withdrawn: true}}})
	if err != nil {
		t.Fatal(err)
	}
	var products gateway.ProductPage
	s.get("/products?category=kitchen").want(http.StatusOK).into(&products)
	if has() || products.Total != 0 {
		t.Errorf("got %d products and %v, want neither the category nor a list by it", products.Total, has())
	}
	s.get("/products/" + mug).want(http.StatusOK)
}
