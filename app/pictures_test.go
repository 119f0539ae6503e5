package app_test

import (
	"archive/zip"
	"bytes"
	"image"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestAShopIsGivenItsOwnPictures: an operator brings them with the products, adds and
// removes others while customers look, and what is no picture is named.
func TestAShopIsGivenItsOwnPictures(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	ana := shop.Guest(t, "Ana")
	products := csvFile(t, "WHISTLE-1,Tin Whistle,Plays in D.,music,,7.50,EUR,3,whistle.jpg\n")
	pictures := filepath.Join(t.TempDir(), "pictures.zip")
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for name, data := range map[string][]byte{"photographs/whistle.jpg": pngFile(t, 700, 500), "logo.svg": []byte("<svg/>"), "READ ME.txt": []byte("Hello")} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(data)
	}
	w.Close()
	if err := os.WriteFile(pictures, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(code int, want string, args ...string) {
		t.Helper()
		if out, got := shop.Run(t, args...); got != code || !strings.Contains(out, want) {
			t.Errorf("galleria %v: exit %d and %q, want %d and %q", args, got, out, code, want)
		}
	}
	run(1, "2 pictures: 1 new, 0 replaced, 0 unchanged; 1 refused; 1 other files left out", "import", "products", products, "--pictures", pictures)
	awaitOnPage(t, shop, ana, "/products/tin-whistle", "7.50")
	first := pictureOf(t, ana)
	if p := ana.Get(first).Want(http.StatusOK); !strings.Contains(p.Header.Get("Cache-Control"), "immutable") || p.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%s: got %v", first, p.Header)
	}
	run(1, "logo.svg: it is an SVG", "pictures", "add", pictures)
	run(0, "1 pictures: 0 new, 0 replaced, 1 unchanged; 0 refused", "pictures", "add", fileOf(t, "whistle.jpg", pngFile(t, 700, 500)))
	run(0, "1 pictures: 0 new, 1 replaced, 0 unchanged; 0 refused", "pictures", "add", fileOf(t, "whistle.jpg", pngFile(t, 300, 200)))
	shop.AwaitFor(t, shoptest.BackInUse, "the page shows the other picture", func() bool { return pictureOf(t, ana) != first })
	ana.Get(first).Want(http.StatusOK) // for pages that were drawn before
	second := pictureOf(t, ana)
	run(0, "300 × 200", "pictures", "list")
	run(0, `"name": "whistle.jpg"`, "pictures", "list", "--json")
	run(1, `there is no picture "drum.jpg"`, "pictures", "remove", "drum.jpg", "whistle.jpg")
	ana.Get(second).Want(http.StatusNotFound)
	shop.AwaitFor(t, shoptest.BackInUse, "the page shows a drawing", func() bool { return strings.Contains(pictureOf(t, ana), "whistle.jpg") })
	run(1, "nothing.png", "pictures", "add", "nothing.png")
	run(2, "wants files", "pictures", "add")
}

var source = regexp.MustCompile(`<img src="([^"?]+)[^"]*"`)

// pictureOf is the address of the picture that the page of the whistle shows.
func pictureOf(t *testing.T, guest *shoptest.Guest) string {
	t.Helper()
	found := source.FindStringSubmatch(guest.Get("/products/tin-whistle").Want(http.StatusOK).Body)
	if found == nil {
		t.Fatal("the page shows no picture")
	}
	return found[1]
}

func pngFile(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fileOf(t *testing.T, name string, data []byte) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(at, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}
