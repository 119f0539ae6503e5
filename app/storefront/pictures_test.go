package storefront_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/app/demo"
	"galleria/app/pictures"
	"galleria/app/storefront"
)

// painting is a picture file in one colour.
func painting(t testing.TB, width, height int, c color.NRGBA) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range len(m.Pix) / 4 {
		copy(m.Pix[4*i:], []byte{c.R, c.G, c.B, c.A})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	red  = color.NRGBA{200, 0, 0, 255}
	blue = color.NRGBA{0, 0, 200, 255}
)

// withPictures opens a shop whose pictures another program may add to. Its demo names
// a picture of each product.
func withPictures(t testing.TB, change ...func(*storefront.Options)) (*shop, *pictures.Store) {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	change = append([]func(*storefront.Options){func(o *storefront.Options) { o.Store = pictures.New(dir, log) }}, change...)
	return open(t, demo.CSV(), change...), pictures.New(dir, log)
}

func addPicture(t testing.TB, s *pictures.Store, name string, file []byte) {
	t.Helper()
	if _, err := s.Add(t.Context(), name, file); err != nil {
		t.Fatal(err)
	}
}

// sources are the addresses of a page's pictures, of all their sizes.
func (p *page) sources() (all []string) {
	for _, n := range p.all("img") {
		all = append(all, attr(n, "src"))
		for size := range strings.SplitSeq(attr(n, "srcset"), ", ") {
			if at, _, ok := strings.Cut(size, " "); ok {
				all = append(all, at)
			}
		}
	}
	return all
}

// TestAShopShowsItsOwnPictures in each page that shows the product, with addresses
// that may be kept for good, and in sizes to choose from.
func TestAShopShowsItsOwnPictures(t *testing.T) {
	s, store := withPictures(t)
	addPicture(t, store, "lamp-arc.svg", painting(t, 700, 700, red))
	v := s.visitor(t)
	v.put("LMP-ARC-01", 1)
	for path, want := range map[string]bool{"/": false, lamp: true, "/c/lighting": true, "/search?q=arc": true, "/cart": true, "/checkout": true} {
		shown := slices.DeleteFunc(v.get(path).want(http.StatusOK).sources(), func(at string) bool { return !strings.HasSuffix(at, "/lamp-arc.png") })
		if (len(shown) == 0) == want {
			t.Errorf("%s shows %v", path, shown)
		}
		for _, at := range shown {
			p := v.get(at).want(http.StatusOK)
			m, err := png.Decode(strings.NewReader(p.body))
			if err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			if got := color.NRGBAModel.Convert(m.At(5, 5)); got != red {
				t.Errorf("%s is %v", at, got)
			}
		}
	}
	first := v.get(lamp).all("img")[0]
	if set := attr(first, "srcset"); strings.Count(set, "w") < 3 || !strings.Contains(set, " 320w, ") || !strings.HasSuffix(set, " 700w") || attr(first, "sizes") == "" {
		t.Errorf("the sizes are %q for %q", set, attr(first, "sizes"))
	}
	if data := v.get(lamp).data(); !strings.Contains(data, "https://shop.example/pictures/") || strings.Contains(data, "lamp-arc.svg") {
		t.Errorf("search engines are told %s", data)
	}
}

func TestPicturesAreKeptForGoodByTheirContent(t *testing.T) {
	s, store := withPictures(t)
	addPicture(t, store, "lamp-arc.svg", painting(t, 700, 700, red))
	v := s.visitor(t)
	at := attr(v.get(lamp).all("img")[0], "src")
	p := v.get(at).want(http.StatusOK)
	tag := p.header.Get("ETag")
	if p.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || p.header.Get("Content-Type") != "image/png" || len(tag) < 10 ||
		!strings.Contains(p.header.Get("Content-Security-Policy"), "sandbox") || p.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(at, strings.Trim(tag, `"`)) {
		t.Errorf("%s: got %v", at, p.header)
	}
	v.header.Set("If-None-Match", tag)
	if again := v.get(at).want(http.StatusNotModified); again.body != "" {
		t.Errorf("what did not change was sent again")
	}
	v.header.Del("If-None-Match")
	if head := v.head(at).want(http.StatusOK); head.body != "" {
		t.Errorf("HEAD got a body")
	}
	// By its name alone it can be had too, and is not kept: it may change.
	if p := v.get("/pictures/lamp-arc.svg").want(http.StatusOK); p.header.Get("Content-Type") != "image/png" || strings.Contains(p.header.Get("Cache-Control"), "immutable") {
		t.Errorf("by name: got %v", p.header)
	}
	hash := strings.Trim(tag, `"`)
	for _, wrong := range []string{"/pictures/" + hash + "/lamp-arc.jpg", "/pictures/" + hash + "/lamp", "/pictures/" + hash + "/..%2f..%2flock.png", "/pictures/..%2fnames/lamp-arc.svg.json", "/pictures/" + strings.Repeat("0", 32) + "/a.png"} {
		p := v.get(wrong).want(http.StatusNotFound)
		if strings.Contains(p.header.Get("Cache-Control"), "public") {
			t.Errorf("%s: that nothing is there is kept: %v", wrong, p.header)
		}
	}
}

// TestPagesShowAChangedPictureWithoutARestart, though they are kept for a moment.
func TestPagesShowAChangedPictureWithoutARestart(t *testing.T) {
	s, store := withPictures(t)
	v := s.visitor(t)
	shown := func() string { return attr(v.get(lamp).all("img")[0], "src") }
	seen := []string{shown()}
	for _, change := range []func(){
		func() { addPicture(t, store, "lamp-arc.svg", painting(t, 40, 40, red)) },
		func() { addPicture(t, store, "lamp-arc.svg", painting(t, 40, 40, blue)) },
		func() {
			if _, err := store.Remove("lamp-arc.svg"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		change()
		for shown() == seen[len(seen)-1] { // until the test is given up
			time.Sleep(20 * time.Millisecond)
			s.clock.pass(time.Second)
		}
		seen = append(seen, shown())
	}
	if seen[3] != seen[0] || seen[1] == seen[2] {
		t.Errorf("the page showed %v", seen)
	}
}

// TestANameWithoutAPictureGetsADrawingOrAPlainOne: the first with the demo.
func TestANameWithoutAPictureGetsADrawingOrAPlainOne(t *testing.T) {
	bare := func(o *storefront.Options) { o.Pictures, o.Placeholder = nil, nil }
	s, _ := withPictures(t, bare)
	v := s.visitor(t)
	var bodies []string
	for _, at := range append(v.get("/c/lighting").want(http.StatusOK).sources()[:2], "/pictures/none.jpg") {
		p := v.get(at).want(http.StatusOK)
		if p.header.Get("Content-Type") != "image/svg+xml" || strings.Contains(p.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: got %v", at, p.header)
		}
		bodies = append(bodies, p.body)
	}
	if len(slices.Compact(bodies)) != 1 {
		t.Error("plain pictures differ")
	}
	drawn, _ := withPictures(t)
	if p := drawn.visitor(t).get("/pictures/none.jpg?c=lighting").want(http.StatusOK); p.body == bodies[0] {
		t.Error("the demo has no drawing")
	}
}

// TestAStoreThatCanNotBeReadStopsTheStart rather than showing drawings.
func TestAStoreThatCanNotBeReadStopsTheStart(t *testing.T) {
	s := newShop(t)
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/names", nil, 0o600); err != nil { // where a directory should be
		t.Fatal(err)
	}
	_, err := storefront.New(s.needs, storefront.Options{Store: pictures.New(dir, slog.New(slog.NewTextHandler(io.Discard, nil)))})
	if err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want it to name %s", err, dir)
	}
}
