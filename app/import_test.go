package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

const productColumns = "sku,name,description,category,tags,price,currency,stock,image\n"

// TestProductsAreImportedIntoAnOpenShop: an operator imports while customers
// look, and pages show it at once; bad rows are named and stop no other; the
// same file again changes nothing.
func TestProductsAreImportedIntoAnOpenShop(t *testing.T) {
	for name, layout := range map[string]shoptest.Layout{
		"one process": {}, "catalog and inventory apart": {Apart: []string{"catalog", "inventory"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Open(t, layout)
			crowd := shop.Crowd(t, 2, shoptest.LooksAround)
			ana := shop.Guest(t, "Ana")
			ana.Get("/products/tin-whistle").Want(http.StatusNotFound) // and so a page somebody may have kept

			file := csvFile(t, `WHISTLE-1,Tin Whistle,Plays in D.,music,wind|brass,7.50,EUR,3,
DRUM-1,Frame Drum,,music,,cheap,EUR,3,
LYRE-1,Small Lyre,,music,,140,EUR,-1,lyre.svg
LUTE-1,Old Lute,,music,,90,EUR,1,https://elsewhere.example/lute.jpg
HARP-1,Lap Harp,,music,,210.00,EUR,0,harp.svg
`)
			wantImport(t, shop, file, 1, file+":3: price: ", file+":4: stock: -1 is below zero", file+":5: image: ",
				"5 rows: 2 new, 0 changed, 0 unchanged, 3 left out")
			awaitOnPage(t, shop, ana, "/products/tin-whistle", "7.50", "Only 3 left")
			awaitOnPage(t, shop, ana, "/products/lap-harp", "Sold out")
			awaitOnPage(t, shop, ana, "/c/music", "Tin Whistle", "Lap Harp")
			awaitOnPage(t, shop, ana, "/search?q=whistle", "Tin Whistle")
			ana.Get("/pictures/harp.svg").Want(http.StatusOK)
			ana.Get("/products/frame-drum").Want(http.StatusNotFound)

			wantImport(t, shop, file, 1, "5 rows: 0 new, 0 changed, 2 unchanged, 3 left out")
			dearer := csvFile(t, "WHISTLE-1,Tin Whistle,Plays in D.,music,wind|brass,8.25,EUR,40,\n")
			wantImport(t, shop, dearer, 0, "0 new, 1 changed")
			awaitOnPage(t, shop, ana, "/products/tin-whistle", "8.25", "Only 3 left") // what was sold since is not put back
			if out, code := shop.Run(t, "import", "products", dearer, "--stock", "set"); code != 0 {
				t.Errorf("the import ended with %d: %s", code, out)
			}
			awaitOnPage(t, shop, ana, "/products/tin-whistle", "8.25", "In stock")

			wantImport(t, shop, csvFile(t, "DRUM-1,Frame Drum,,music,,cheap,EUR,3,\n"), 1, ":2: price: ", "1 left out")
			wantImport(t, shop, filepath.Join(t.TempDir(), "none.csv"), 1, "none.csv")
			crowd.Leave(t)
		})
	}
}

// TestProductsImportedIntoAClosedShopAreThereWhenItOpens, and those imported
// before are not lost by it.
func TestProductsImportedIntoAClosedShopAreThereWhenItOpens(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	shop.Main().Stop(t)
	file := csvFile(t, "WHISTLE-1,Tin Whistle,Plays in D.,music,,7.50,EUR,3,\nDRUM-1,,,music,,5,EUR,3,\n")
	wantImport(t, shop, file, 1, file+":3: name: is empty", "2 rows: 1 new, 0 changed, 0 unchanged, 1 left out")
	shop.Restart(t)
	ana := shop.Guest(t, "Ana")
	ana.Get("/products/tin-whistle").Want(http.StatusOK).Says("7.50", "Only 3 left")
	ana.Adds(1, shoptest.Mug)
	ana.Pays(shoptest.Visa)
	wantImport(t, shop, file, 1, "0 new, 0 changed, 1 unchanged, 1 left out")
	shop.Books(t)
}

func csvFile(t *testing.T, rows string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "products.csv")
	if err := os.WriteFile(file, []byte(productColumns+rows), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func wantImport(t *testing.T, shop *shoptest.Shop, file string, code int, says ...string) {
	t.Helper()
	out, got := shop.Run(t, "import", "products", file)
	if got != code {
		t.Errorf("the import ended with %d, want %d: %s", got, code, out)
	}
	for _, want := range says {
		if !strings.Contains(out, want) {
			t.Errorf("the import does not say %q:\n%s", want, out)
		}
	}
}

// awaitOnPage waits until a page says all of it, which is a matter of a second.
func awaitOnPage(t *testing.T, shop *shoptest.Shop, guest *shoptest.Guest, path string, words ...string) {
	t.Helper()
	shop.AwaitFor(t, shoptest.BackInUse, fmt.Sprintf("%s says %q", path, words), func() bool {
		page := guest.Get(path)
		for _, w := range words {
			if !strings.Contains(page.Text(), w) {
				return false
			}
		}
		return page.Status == http.StatusOK
	})
}
