package storefront_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"

	"galleria/app/storefront"
	catalogv1 "galleria/modules/catalog/v1"
)

// addressesIn are the paths of a sitemap that begin with prefix.
func addressesIn(t testing.TB, sitemap, prefix string) []string {
	t.Helper()
	var parsed struct {
		URLs []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	if err := xml.Unmarshal([]byte(sitemap), &parsed); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, u := range parsed.URLs {
		path, ok := strings.CutPrefix(u.Loc, "https://shop.example")
		if !ok {
			t.Fatalf("%s is not at the shop's address", u.Loc)
		}
		if strings.HasPrefix(path, prefix) {
			all = append(all, path)
		}
	}
	return all
}

func TestTheSitemapLeadsToEveryPage(t *testing.T) {
	v := newShop(t).visitor(t)
	p := v.get("/sitemap.xml").want(http.StatusOK)
	all := addressesIn(t, p.body, "/")
	if got := len(addressesIn(t, p.body, "/products/")); got != 64 || len(all) != 64+8+1 {
		t.Errorf("got %d products in %d addresses, want 64 in 73", got, len(all))
	}
	for _, path := range all {
		v.get(path).want(http.StatusOK)
	}
	v.get("/robots.txt").want(http.StatusOK).says("Sitemap: https://shop.example/sitemap.xml", "Disallow: /orders/")
}

// huge is a catalog that lists more products than a fake can be filled with in
// a test's time.
type huge struct {
	catalogv1.CatalogServiceClient
	count int
}

func (h huge) ListProducts(_ context.Context, r *catalogv1.ListProductsRequest, _ ...grpc.CallOption) (*catalogv1.ListProductsResponse, error) {
	from, _ := strconv.Atoi(r.GetPageToken())
	to := min(from+int(r.GetPageSize()), h.count)
	answer := &catalogv1.ListProductsResponse{}
	for i := from; i < to; i++ {
		answer.Products = append(answer.Products, &catalogv1.Product{Slug: fmt.Sprintf("thing-%d", i)})
	}
	if to < h.count {
		answer.NextPageToken = strconv.Itoa(to)
	}
	return answer, nil
}

func TestAHugeCatalogueHasSeveralSitemaps(t *testing.T) {
	s := newShop(t)
	needs := s.needs
	needs.Catalog = huge{needs.Catalog, 50_001}
	var err error
	if s.front, err = storefront.New(needs, storefront.Options{BaseURL: "https://shop.example"}); err != nil {
		t.Fatal(err)
	}
	v := s.visitor(t)
	var index struct {
		Files []struct {
			Loc string `xml:"loc"`
		} `xml:"sitemap"`
	}
	if err := xml.Unmarshal([]byte(v.get("/sitemap.xml").want(http.StatusOK).body), &index); err != nil {
		t.Fatal(err)
	}
	if len(index.Files) != 2 {
		t.Fatalf("got %d files, want 2", len(index.Files))
	}
	seen := map[string]bool{}
	for _, f := range index.Files {
		path := strings.TrimPrefix(f.Loc, "https://shop.example")
		for _, a := range addressesIn(t, v.get(path).want(http.StatusOK).body, "/") {
			seen[a] = true
		}
	}
	if want := 50_001 + 8 + 1; len(seen) != want {
		t.Errorf("got %d addresses, want %d", len(seen), want)
	}
	v.get("/sitemaps/3.xml").want(http.StatusNotFound)
}

func TestWithoutABaseURLLinksNameTheHostAsked(t *testing.T) {
	s := newShop(t, func(o *storefront.Options) { o.BaseURL = "" })
	v := s.visitor(t)
	v.get("/robots.txt").says("Sitemap: http://localhost:8080/sitemap.xml")
	if p := v.get(lamp); strings.Contains(p.body, "localhost") {
		t.Error("a page everybody gets names the host one visitor asked")
	}
}

func TestSearchEnginesLearnWhatIsSold(t *testing.T) {
	v := newShop(t).visitor(t)
	var doc struct {
		Context string `json:"@context"`
		Graph   []struct {
			Type   string   `json:"@type"`
			Name   string   `json:"name"`
			SKU    string   `json:"sku"`
			Image  []string `json:"image"`
			Offers struct {
				Price, PriceCurrency, Availability, URL string
			} `json:"offers"`
			Items []struct {
				Position int
				Name     string
				Item     string
			} `json:"itemListElement"`
		} `json:"@graph"`
	}
	read := func(path string) {
		t.Helper()
		if err := json.Unmarshal([]byte(v.get(path).want(http.StatusOK).data()), &doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	read(lamp)
	p, crumbs := doc.Graph[0], doc.Graph[1]
	if doc.Context != "https://schema.org" || p.Type != "Product" || p.SKU != "LMP-ARC-01" || p.Name != "Aria Arc Floor Lamp" || len(p.Image) != 1 {
		t.Errorf("got %+v", p)
	}
	if o := p.Offers; o.Price != "289.00" || o.PriceCurrency != "EUR" || o.Availability != "https://schema.org/InStock" || o.URL != "https://shop.example"+lamp {
		t.Errorf("got offer %+v", o)
	}
	if crumbs.Type != "BreadcrumbList" || len(crumbs.Items) != 3 || crumbs.Items[1].Item != "https://shop.example/c/lighting" || crumbs.Items[2].Position != 3 {
		t.Errorf("got crumbs %+v", crumbs)
	}
	read("/")
	if doc.Graph[0].Type != "Organization" {
		t.Errorf("the front door says %+v", doc.Graph[0])
	}
}

func TestPicturesAreServedAndDrawn(t *testing.T) {
	v := newShop(t).visitor(t)
	address := attr(v.get(lamp).all("img")[0], "src")
	p := v.get(address).want(http.StatusOK)
	if p.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(p.header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(p.body, "<svg") {
		t.Errorf("%s: got %v", address, p.header)
	}
	if got := p.header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") || !strings.Contains(got, "sandbox") {
		t.Errorf("a picture's policy is %q", got)
	}
	if p := v.get("/pictures/lamp-arc.svg"); strings.Contains(p.header.Get("Cache-Control"), "immutable") {
		t.Error("a picture without its mark is kept for good")
	}
	blue, green := v.get("/pictures/nobody-has-it.jpg?c=stationery").want(http.StatusOK), v.get("/pictures/nobody-has-it.jpg?c=garden").want(http.StatusOK)
	if blue.header.Get("Content-Type") != "image/svg+xml" || blue.body == green.body {
		t.Error("a placeholder has not the colours of its category")
	}
}

func TestTheStylesheetIsKeptForGood(t *testing.T) {
	v := newShop(t).visitor(t)
	home := v.get("/")
	var sheet string
	for _, l := range home.all("link") {
		if attr(l, "rel") == "stylesheet" {
			sheet = attr(l, "href")
		}
	}
	p := v.get(sheet).want(http.StatusOK)
	if !strings.Contains(p.header.Get("Cache-Control"), "immutable") || p.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("got %v", p.header)
	}
	if strings.Contains(p.body, "url(") || strings.Contains(p.body, "@import") {
		t.Error("the stylesheet loads something")
	}
	v.header.Set("Accept-Encoding", "gzip")
	if z := v.get(sheet).want(http.StatusOK); z.header.Get("Content-Encoding") != "gzip" || len(z.body) >= len(p.body)/2 {
		t.Errorf("compressed: got %q, %d bytes of %d", z.header.Get("Content-Encoding"), len(z.body), len(p.body))
	}
	v.get("/favicon.svg").want(http.StatusOK)
}

// slowCatalog counts its lists, and answers them when it is let.
type slowCatalog struct {
	catalogv1.CatalogServiceClient
	asked chan struct{}
	let   chan struct{}
}

func (c *slowCatalog) ListProducts(ctx context.Context, r *catalogv1.ListProductsRequest, o ...grpc.CallOption) (*catalogv1.ListProductsResponse, error) {
	c.asked <- struct{}{}
	<-c.let
	return c.CatalogServiceClient.ListProducts(ctx, r, o...)
}

func TestManyWhoAskForTheSitemapCauseOneWalk(t *testing.T) {
	needs := newShop(t).needs
	slow := &slowCatalog{CatalogServiceClient: needs.Catalog, asked: make(chan struct{}, 1000), let: make(chan struct{})}
	needs.Catalog = slow
	open := func() (ask func()) {
		front, err := storefront.New(needs, storefront.Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			w := httptest.NewRecorder()
			front.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sitemap.xml", nil))
			if w.Code != http.StatusOK {
				t.Errorf("got status %d", w.Code)
			}
		}
	}
	ask := open()
	var all sync.WaitGroup
	all.Go(ask)
	<-slow.asked // and waits now
	for range 20 {
		all.Go(ask)
	}
	close(slow.let)
	all.Wait()
	ask()
	got := 1 + len(slow.asked)
	for len(slow.asked) > 0 {
		<-slow.asked
	}
	open()()
	if want := len(slow.asked); got != want || want == 0 {
		t.Errorf("got %d calls of ListProducts for 22 sitemaps, want the %d of one walk", got, want)
	}
}
