package shoptest

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"galleria/app/demo"
)

// Product is something the shop sells.
type Product struct {
	SKU, Name string
	Price     string // decimal, in euros
	Stock     int64
}

// slug is the product's address, as the catalog makes it from the name.
func (p Product) slug() string {
	return strings.ReplaceAll(strings.ToLower(p.Name), " ", "-")
}

// The goods of the test shop.
var (
	Mug    = Product{SKU: "MUG-1", Name: "Blue Mug", Price: "12.50", Stock: 100000}
	Teapot = Product{SKU: "POT-1", Name: "Round Teapot", Price: "39.90", Stock: 100000}
	Tray   = Product{SKU: "TRAY-1", Name: "Oak Tray", Price: "24.00", Stock: 100000}
	// Scarce things are for races: each test takes one for itself.
	Vase = Product{SKU: "VASE-1", Name: "Only Vase", Price: "120.00", Stock: 1}
	Lamp = Product{SKU: "LAMP-1", Name: "Rare Lamp", Price: "80.00", Stock: 10}
	Bowl = Product{SKU: "BOWL-1", Name: "Sold Out Bowl", Price: "18.00", Stock: 0}
)

var goods = []Product{Mug, Teapot, Tray, Vase, Lamp, Bowl}

// Fill imports the goods as an operator does.
func (s *Shop) Fill(t testing.TB) {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"sku", "name", "description", "category", "tags", "price", "currency", "stock", "image"})
	for _, p := range goods {
		w.Write([]string{p.SKU, p.Name, p.Name + ", for tests.", "kitchen", "test|clay", p.Price, "EUR", fmt.Sprint(p.Stock), "none.svg"})
	}
	w.Flush()
	file := filepath.Join(s.dir, "goods.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := s.Run(t, "import", "products", file); code != 0 {
		t.Fatalf("the import ended with %d: %s", code, out)
	}
	s.ledger.stocked(goods)
	visitor := s.Guest(t, "somebody early")
	s.Await(t, "the goods are on the pages", func() bool { return visitor.try("GET", "/products/"+goods[len(goods)-1].slug(), nil).Status == 200 })
}

// demoGoods are what a shop has that filled itself.
func demoGoods(t testing.TB) []Product {
	t.Helper()
	rows, err := csv.NewReader(demo.CSV()).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns := demo.Columns()
	var all []Product
	for _, row := range rows[1:] {
		p := Product{SKU: row[slices.Index(columns, "sku")], Name: row[slices.Index(columns, "name")]}
		if _, err := fmt.Sscan(row[slices.Index(columns, "stock")], &p.Stock); err != nil {
			t.Fatalf("the stock of %s: %v", p.SKU, err)
		}
		all = append(all, p)
	}
	return all
}
