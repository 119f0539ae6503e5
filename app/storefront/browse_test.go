package storefront_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/storefront"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/module/moduletest"
)

const lamp = "/products/aria-arc-floor-lamp"

func TestTheFrontDoorShowsDepartmentsAndNewThings(t *testing.T) {
	p := newShop(t).visitor(t).get("/").want(http.StatusOK)
	p.says("Lighting", "Textiles", "8 things", "Porcino Table Lamp", "€72.00")
}

func TestACategoryCanBeNarrowedAndSorted(t *testing.T) {
	v := newShop(t).visitor(t)
	v.get("/c/lighting").want(http.StatusOK).says("Lamps for reading", "8 things", "Aria Arc Floor Lamp").saysNot("Moka Pot")
	v.get("/c/lighting?min=100&max=200").want(http.StatusOK).says("2 things", "Draughtsman Desk Lamp", "Campana Pendant").saysNot("Aria Arc")
	v.get("/c/lighting?max=100,50").want(http.StatusOK).says("Full Moon").saysNot("Aria Arc")
	v.get("/c/lighting?tag=brass").want(http.StatusOK).says("2 things", "remove this filter", "Aria Arc").saysNot("Full Moon")

	cheap := v.get("/c/lighting?sort=price").want(http.StatusOK)
	if got := cheap.names(); got[0] != "Brass Chamberstick" || got[7] != "Aria Arc Floor Lamp" {
		t.Errorf("by price: got %q", got)
	}
	if p := v.get("/c/lighting?min=lots").want(http.StatusOK); p.wrong("min") != "Prices look like 25 or 12.50." {
		t.Errorf("a price nobody can read: the page says %q", p.wrong("min"))
	}
	v.get("/c/lighting?min=20&max=10").want(http.StatusOK).says("The lower price is above the higher one.")
	v.get("/c/lighting?tag=nothing-has-this").want(http.StatusOK).says("Nothing fits these filters")
	v.get("/c/furniture").want(http.StatusNotFound)
}

// names are the products of a list, in order.
func (p *page) names() []string {
	var all []string
	for _, n := range p.all("h3") {
		all = append(all, inner(n))
	}
	return all
}

func TestALongListGoesOnPageByPage(t *testing.T) {
	s := newShop(t)
	for i := range 60 {
		p := catalogtest.Product(fmt.Sprintf("MANY-%03d", i))
		p.Category = "garden"
		s.catalog.Put(p)
	}
	v := s.visitor(t)
	seen := map[string]bool{}
	pages := 0
	for at := "/c/garden?sort=name&min=1"; at != ""; pages++ {
		p := v.get(at).want(http.StatusOK)
		for _, name := range p.names() {
			if seen[name] {
				t.Errorf("%s stands on two pages", name)
			}
			seen[name] = true
		}
		at = ""
		for _, a := range p.all("a") {
			if attr(a, "rel") == "next" {
				at = attr(a, "href")
			}
		}
		if at != "" && !strings.Contains(at, "min=1") {
			t.Errorf("the next page %s forgets the filter", at)
		}
	}
	if len(seen) != 68 || pages != 3 {
		t.Errorf("got %d products on %d pages, want 68 on 3", len(seen), pages)
	}
	if p := v.get("/c/garden?cursor=nonsense").want(http.StatusFound); p.header.Get("Location") != "/c/garden" {
		t.Errorf("a bad cursor leads to %q, want the first page", p.header.Get("Location"))
	}
}

func TestSearchFinds(t *testing.T) {
	v := newShop(t).visitor(t)
	v.get("/search?q=turntable").want(http.StatusOK).says("Passacaglia Turntable", "1 thing")
	v.get("/search?q=zzzz").want(http.StatusOK).says("Nothing here answers to “zzzz”")
	v.get("/search").want(http.StatusOK).says("What are you looking for?")
}

func TestASearchIsTidiedBeforeItIsShownAgain(t *testing.T) {
	v := newShop(t).visitor(t)
	for query, want := range map[string]string{
		"%00":                          "",
		"%ff%00%fe":                    "",
		"moka%00%1b%7f%c2%85+pot":      "moka pot",
		"++moka%09%0d%0a+++pot%00++":   "moka pot",
		"%e2%80%aemoka%e2%80%8f":       "moka", // turned right to left
		strings.Repeat("abcd+", 500):   strings.TrimSpace(strings.Repeat("abcd ", 20)),
		strings.Repeat("%c3%b6", 4000): strings.Repeat("ö", 100),
	} {
		p := v.get("/search?q=" + query).want(http.StatusOK)
		if got := attr(p.field("q"), "value"); got != want {
			t.Errorf("/search?q=%.40s: the page asks again for %q, want %q", query, got, want)
		}
		if at := strings.IndexFunc(p.body, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); at >= 0 {
			t.Errorf("/search?q=%.40s: the page holds %q", query, p.body[at])
		}
	}
	v.get("/search?q=%00moka%09%09pot").says("Moka Pot")
}

func TestAProductPageSellsAndTellsTheStock(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	p := v.get(lamp).want(http.StatusOK).says("Aria Arc Floor Lamp", "€289.00", "In stock", "solid marble foot")
	if got := attr(p.field("sku"), "value"); got != "LMP-ARC-01" {
		t.Errorf("the form's sku is %q", got)
	}
	s.setStock(t, "LMP-ARC-01", 3)
	s.clock.pass(time.Second)
	v.get(lamp).want(http.StatusOK).says("Only 3 left")
	s.setStock(t, "LMP-ARC-01", 0)
	s.clock.pass(time.Second)
	v.get(lamp).want(http.StatusOK).says("Sold out")
	if b := v.get(lamp).buyButton(); !has(b, "disabled") {
		t.Error("a sold-out product can be put into the cart")
	}
	v.get("/products/no-such-thing").want(http.StatusNotFound)
}

func TestAProductNoLongerSoldHasNoPage(t *testing.T) {
	s := newShop(t)
	gone := catalogtest.Product("GONE-1")
	gone.Slug, gone.Active = "gone", false
	s.catalog.Put(gone)
	s.visitor(t).get("/products/gone").want(http.StatusNotFound)
}

func TestWithoutInventoryProductsAreShownAndSold(t *testing.T) {
	s := newShop(t)
	s.inventory.Fail("GetLevels", moduletest.Unavailable("inventory"))
	p := s.visitor(t).get(lamp).want(http.StatusOK).says("Aria Arc", "Add to cart").saysNot("In stock", "Sold out", "left")
	if strings.Contains(p.body, "schema.org/InStock") {
		t.Error("the data for search engines guesses a stock nobody knows")
	}
	s.inventory.Heal()
	s.clock.pass(time.Second)
	s.visitor(t).get(lamp).want(http.StatusOK).says("In stock")
}

func TestWithoutCatalogThePagesSaySoAndComeBack(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	s.catalog.Fail(status.Error(codes.Unavailable, "away"))
	for _, path := range []string{"/", "/c/lighting", lamp, "/search?q=oak", "/sitemap.xml"} {
		p := v.get(path).want(http.StatusServiceUnavailable).says("Closed for a moment", "your cart is kept")
		if p.header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to come back", path)
		}
	}
	s.catalog.Fail(nil)
	v.get("/").want(http.StatusOK)
}

func TestAFaultOfOursIsA500PageWithAnID(t *testing.T) {
	s := newShop(t)
	s.catalog.Fail(status.Error(codes.Internal, "the shelf broke"))
	p := s.visitor(t).get("/").want(http.StatusInternalServerError).saysNot("shelf broke")
	p.says(p.header.Get("X-Request-Id"))
	if !strings.Contains(s.log.String(), p.header.Get("X-Request-Id")) {
		t.Error("the log has no line with the request's id")
	}
}

func TestAChangeIsVisibleWithinTheTTL(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.get(lamp).says("€289.00")
	v.get("/c/lighting").says("€289.00")
	before, err := s.catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Skus: []string{"LMP-ARC-01"}})
	if err != nil {
		t.Fatal(err)
	}
	p := before.GetProducts()[0]
	catalogtest.SetPrice(p, "EUR", 19900)
	s.catalog.Put(p)
	s.setStock(t, "LMP-ARC-01", 2)
	v.get(lamp).says("€289.00") // still the kept page: this is what keeping means
	s.clock.pass(500 * time.Millisecond)
	v.get(lamp).says("€199.00", "Only 2 left").saysNot("€289.00")
	v.get("/c/lighting").says("€199.00")
}

func TestANeighboursChangeIsVisibleWithinTheTTL(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.get(lamp).says("In the same arcade").saysNot("Product NEW-1")
	added := catalogtest.Product("NEW-1")
	added.Category = "lighting"
	s.catalog.Put(added)
	s.clock.pass(500 * time.Millisecond)
	v.get(lamp).says("Product NEW-1")
}

func TestAHangingInventoryIsNotAskedByEveryPage(t *testing.T) {
	s := newShop(t)
	var asked atomic.Int32
	s.inventory.Before("GetLevels", func(context.Context) error { asked.Add(1); return moduletest.Unavailable("inventory") })
	v := s.visitor(t)
	for _, path := range productPaths(t, s) {
		v.get(path).want(http.StatusOK)
	}
	if got := asked.Load(); got != 1 {
		t.Errorf("inventory was asked %d times while it was silent, want once", got)
	}
}

func TestBrowsersAreToldWhenNothingChanged(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	for _, path := range []string{"/", "/c/lighting", lamp} {
		first := v.get(path).want(http.StatusOK)
		v.header.Set("If-None-Match", first.header.Get("Etag"))
		if p := v.get(path).want(http.StatusNotModified); p.body != "" {
			t.Errorf("%s: 304 with a body", path)
		}
		s.clock.pass(time.Minute)
		v.get(path).want(http.StatusNotModified)
		v.header.Del("If-None-Match")
	}
	tag := v.get("/").header.Get("Etag")
	v.put("LMP-ARC-01", 2)
	v.header.Set("If-None-Match", tag)
	v.get("/").want(http.StatusOK) // the badge changed
}

func TestTheBadgeIsEachVisitorsOwn(t *testing.T) {
	s := newShop(t)
	ana, ben := s.visitor(t), s.visitor(t)
	ana.put("LMP-ARC-01", 3)
	for range 2 { // drawn, then kept
		if got := ana.get("/").badge(); got != "3" {
			t.Errorf("Ana's badge: got %q, want 3", got)
		}
		if got := ben.get("/").badge(); got != "" {
			t.Errorf("Ben's badge: got %q, want none", got)
		}
	}
	ben.jar.SetCookies(ben.at, []*http.Cookie{{Name: "__Host-cart_count", Value: "<script>"}})
	if got := ben.get("/").badge(); got != "" {
		t.Errorf("a forged count: got badge %q, want none", got)
	}
	ben.jar.SetCookies(ben.at, []*http.Cookie{{Name: "__Host-cart_count", Value: "250"}})
	if got := ben.get("/").badge(); got != "99+" {
		t.Errorf("a full cart: got badge %q, want 99+", got)
	}
}

// badge is the number beside "Cart"; "" when it is hidden.
func (p *page) badge() string {
	p.t.Helper()
	for _, n := range p.all("span") {
		if has(n, "data-cart-count") {
			if has(n, "hidden") {
				return ""
			}
			return inner(n)
		}
	}
	p.t.Error("the page has no badge")
	return ""
}

func TestPicturesSayWhatTheyShow(t *testing.T) {
	s := newShop(t)
	p := catalogtest.Product("LAMP-1")
	p.Slug, p.Name, p.Category = "two-lamps", "Two lamps", "garden"
	p.Pictures = []*catalogv1.Picture{{Name: "one.svg", Alt: "Two lamps on a wall"}, {Name: "two.svg"}, {Name: "three.svg", Alt: "A switch"}}
	bare := catalogtest.Product("LAMP-2")
	bare.Slug, bare.Name, bare.Category = "bare-lamp", "Bare lamp", "garden"
	s.catalog.Put(p, bare)
	v := s.visitor(t)
	for path, want := range map[string][]string{
		"/products/two-lamps": {"Two lamps on a wall", "Another view of Two lamps", "A switch"}, "/products/bare-lamp": {"Bare lamp"},
	} {
		var got []string
		for _, n := range v.get(path).want(http.StatusOK).all("img") {
			if alt := attr(n, "alt"); alt != "" { // those of lists stand beside their names
				got = append(got, alt)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: pictures say %q, want %q", path, got, want)
		}
	}
}

func TestWhatAProductIsCalledIsNeverCode(t *testing.T) {
	s := newShop(t)
	const evil = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'`
	p := catalogtest.Product("EVIL-1")
	p.Slug, p.Name, p.Description, p.Category = "evil", evil, evil, "garden"
	p.Tags, p.Pictures = []string{`"><script>alert(3)</script>`}, []*catalogv1.Picture{{Name: "x.jpg", Alt: `"><script>alert(5)</script>`}}
	s.catalog.Put(p)
	v := s.visitor(t)
	for _, path := range []string{"/products/evil", "/c/garden", "/search?q=" + url.QueryEscape(evil), "/c/garden?tag=" + url.QueryEscape(evil) + "&min=" + url.QueryEscape(`"><b>`)} {
		got := v.get(path).want(http.StatusOK)
		got.harmless(path)
	}
	v.get("/products/evil").says(`<img src=x onerror=alert(2)>`)
	v.put("EVIL-1", 1)
	v.get("/cart").want(http.StatusOK).harmless("/cart")
	var data map[string]any
	if err := json.Unmarshal([]byte(v.get("/products/evil").data()), &data); err != nil {
		t.Errorf("the data for search engines is broken: %v", err)
	}
}

func TestAddressesThatLeadNowhere(t *testing.T) {
	v := newShop(t).visitor(t)
	for _, path := range []string{"/nowhere", "/c", "/products", "/orders", "/pictures", "/assets/galleria.css", "/assets/..%2fgalleria.css", "/.git/config", "/pictures/..%2f..%2fetc%2fpasswd", "/sitemaps/1", "/sitemaps/0.xml", "/sitemaps/9.xml"} {
		v.get(path).want(http.StatusNotFound).says("This niche is empty")
	}
	if p := v.post("/", url.Values{}).want(http.StatusMethodNotAllowed); !strings.Contains(p.header.Get("Allow"), "GET") {
		t.Errorf("405 without Allow: %v", p.header)
	}
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.put("LMP-ARC-01", 1)
	for _, path := range []string{"/", "/c/lighting", lamp, "/search?q=oak", "/cart", "/checkout", "/robots.txt", "/sitemap.xml", "/pictures/lamp-arc.svg", "/favicon.svg"} {
		get, head := v.get(path), v.head(path)
		if head.status != get.status || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("%s: HEAD got %d %s, GET %d %s", path, head.status, head.header.Get("Content-Type"), get.status, get.header.Get("Content-Type"))
		}
		if path != "/checkout" && head.header.Get("Content-Length") != get.header.Get("Content-Length") {
			t.Errorf("%s: HEAD says %s bytes, GET %s", path, head.header.Get("Content-Length"), get.header.Get("Content-Length"))
		}
	}
}

func TestEveryNeedIsAskedFor(t *testing.T) {
	if _, err := storefront.New(storefront.Needs{}, storefront.Options{}); err == nil {
		t.Error("a storefront without clients was made")
	}
}

func (p *page) buyButton() *html.Node {
	p.t.Helper()
	for _, n := range p.all("button") {
		if text := inner(n); text == "Add to cart" || text == "Sold out" {
			return n
		}
	}
	p.t.Fatal("the page has no button to buy with")
	return nil
}

// shirt is a product in two sizes, at two prices, and one that is not sold in the
// shop's currency.
func shirt() *catalogv1.Product {
	p := catalogtest.Product("SHIRT-S")
	p.Name, p.Slug, p.Category = "Linen shirt", "linen-shirt", "textiles"
	p.Options = []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M", "L"}}}
	p.Variants = nil
	for i, size := range []string{"S", "M", "L"} {
		p.Variants = append(p.Variants, &catalogv1.Variant{
			Sku: "SHIRT-" + size, OptionValues: []string{size}, Active: true,
			Prices: []*catalogv1.Price{{CurrencyCode: []string{"EUR", "EUR", "JPY"}[i], AmountMinor: int64(4900 + 500*i), CompareAtMinor: 5900}},
		})
	}
	return p
}

func TestVariantsAreAChoiceOfThePage(t *testing.T) {
	s := newShop(t)
	s.catalog.Put(shirt())
	s.setStock(t, "SHIRT-S", 0)
	s.setStock(t, "SHIRT-M", 7)
	v := s.visitor(t)
	p := v.get("/products/linen-shirt").says("from", "€49.00", "€59.00", "S, €49.00 (sold out)", "M, €54.00")
	for _, want := range []string{`value="SHIRT-M" selected`, `value="SHIRT-S" disabled`} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the choice lacks %s", want)
		}
	}
	if strings.Contains(p.body, "SHIRT-L") {
		t.Error("the choice has SHIRT-L, which is not sold in the shop's currency")
	}
	v.get("/c/textiles").says("Linen shirt", "€49.00").saysNot("5900")
	v.post("/cart/items", url.Values{"sku": {"SHIRT-M"}, "quantity": {"2"}}).want(http.StatusSeeOther)
	v.get("/cart").says("Linen shirt, M", "€108.00")
}

func TestAFormerAddressLeadsToTheProduct(t *testing.T) {
	s := newShop(t)
	s.catalog.Put(shirt())
	moved := shirt()
	moved.Slug = "summer-shirt"
	s.catalog.Put(moved)
	got := s.visitor(t).get("/products/linen-shirt").want(http.StatusMovedPermanently).header.Get("Location")
	if want := "/products/summer-shirt"; got != want {
		t.Errorf("the former address leads to %q, want %q", got, want)
	}
}

// Prices in another currency are neither shown nor filtered as if they were the
// shop's.
func TestOtherCurrenciesAreNotTakenForTheShops(t *testing.T) {
	s := newShop(t)
	yen := catalogtest.Product("YEN-1")
	yen.Category, yen.Name = "lighting", "Paper lantern"
	catalogtest.SetPrice(yen, "JPY", 2000)
	s.catalog.Put(yen)
	v := s.visitor(t)
	v.get("/c/lighting?min=1&max=10000").saysNot("Paper lantern")
	v.get("/c/lighting").says("Paper lantern").saysNot("2,000", "€20.00")
	v.get("/products/product-yen-1").want(http.StatusNotFound)
	v.get("/products/paper-lantern").says("Not sold just now").saysNot("€20.00", "2,000")
}

func TestPagesOfTheCatalogueAreCompressedForThoseWhoReadThat(t *testing.T) {
	v := newShop(t).visitor(t)
	v.put("LMP-ARC-01", 2)
	for _, path := range []string{"/", "/c/lighting", lamp, "/search?q=lamp"} {
		v.header.Del("Accept-Encoding")
		plain := v.get(path).want(http.StatusOK)
		for _, refused := range []string{"br", "gzip;q=0", "gzip;q=0.0, br"} {
			v.header.Set("Accept-Encoding", refused)
			if p := v.get(path).want(http.StatusOK); p.header.Get("Content-Encoding") != "" || p.body != plain.body {
				t.Errorf("%s: %q got an answer that is compressed, or another one", path, refused)
			}
		}
		v.header.Set("Accept-Encoding", "br, gzip;q=0.8")
		zipped := v.get(path).want(http.StatusOK)
		if got := zipped.header; got.Get("Content-Encoding") != "gzip" || got.Get("Vary") != "Accept-Encoding" || got.Get("Etag") == plain.header.Get("Etag") {
			t.Fatalf("%s: got %v, want gzip, said in Vary, under a tag of its own", path, got)
		}
		if len(zipped.body) > len(plain.body)/2 || zipped.header.Get("Content-Length") != strconv.Itoa(len(zipped.body)) {
			t.Errorf("%s: %d bytes became %d, said to be %s", path, len(plain.body), len(zipped.body), zipped.header.Get("Content-Length"))
		}
		r, err := gzip.NewReader(strings.NewReader(zipped.body))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(r); err != nil || string(text) != plain.body {
			t.Errorf("%s: unzipped it is another page: %v", path, err)
		}
		v.header.Set("If-None-Match", zipped.header.Get("Etag"))
		v.get(path).want(http.StatusNotModified)
		v.header.Del("If-None-Match")
	}
	// What is one person's may hold secrets, whose length compression tells.
	if p := v.get("/cart").want(http.StatusOK); p.header.Get("Content-Encoding") != "" {
		t.Error("a page of one person was compressed")
	}
}
