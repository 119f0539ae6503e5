package demo_test

import (
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"galleria/app/demo"
)

// row is a product of a catalogue file, by column name.
type row map[string]string

func rows(t *testing.T, r io.Reader) []row {
	t.Helper()
	records, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatalf("reading the catalogue: %v", err)
	}
	if got, want := records[0], demo.Columns(); len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Fatalf("header: got %v, want %v first", got, want)
	}
	var all []row
	for _, record := range records[1:] {
		p := row{}
		for i, column := range records[0] {
			p[column] = record[i]
		}
		all = append(all, p)
	}
	return all
}

// products are the first rows of each product.
func products(all []row) []row {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(p row) bool {
		known := p["product"] != "" && seen[p["product"]]
		seen[p["product"]] = true
		return known
	})
}

func TestSomeProductsComeInSizesAndColours(t *testing.T) {
	byProduct, names := map[string][]row{}, map[string]int{}
	for _, p := range rows(t, demo.CSV()) {
		if (p["product"] == "") != (p["options"] == "") {
			t.Errorf("%s: has one of product and options, want both or none", p["sku"])
		}
		if p["product"] != "" {
			byProduct[p["product"]] = append(byProduct[p["product"]], p)
		}
	}
	for product, variants := range byProduct {
		if len(variants) < 2 {
			t.Errorf("%s: got %d variants, want a choice", product, len(variants))
		}
		for _, p := range variants {
			for _, column := range []string{"name", "description", "category", "tags", "price", "image"} {
				if p[column] != variants[0][column] {
					t.Errorf("%s: %s is %q, and %q of %s", p["sku"], column, p[column], variants[0][column], variants[0]["sku"])
				}
			}
			for _, option := range strings.Split(p["options"], "|") {
				name, _, _ := strings.Cut(option, "=")
				names[name]++
			}
		}
	}
	if names["Size"] == 0 || names["Colour"] == 0 {
		t.Errorf("options: got %v, want sizes and colours", names)
	}
}

func TestCatalogueFillsEveryCategory(t *testing.T) {
	perCategory := map[string]int{}
	all := products(rows(t, demo.CSV()))
	for _, p := range all {
		perCategory[p["category"]]++
	}
	if got, want := len(all), 56; got < want {
		t.Errorf("products: got %d, want at least %d", got, want)
	}
	if got, want := len(demo.Categories()), 8; got != want {
		t.Errorf("categories: got %d, want %d", got, want)
	}
	for _, c := range demo.Categories() {
		if got, want := perCategory[c.Slug], 7; got < want {
			t.Errorf("products in %s: got %d, want at least %d", c.Slug, got, want)
		}
		if c.Name == "" || !strings.HasSuffix(c.Intro, ".") {
			t.Errorf("category %s: want a name and a sentence, got %q and %q", c.Slug, c.Name, c.Intro)
		}
		delete(perCategory, c.Slug)
	}
	if len(perCategory) > 0 {
		t.Errorf("products in categories that Categories does not list: %v", perCategory)
	}
}

func TestTheSizeOfTheCatalogueTellsProductsFromVariants(t *testing.T) {
	all := rows(t, demo.CSV())
	count, variants := demo.Size()
	if count != len(products(all)) || variants != len(all) || count >= variants {
		t.Errorf("got %d products and %d variants, want %d and %d", count, variants, len(products(all)), len(all))
	}
}

func TestCategoriesBelongToTheCaller(t *testing.T) {
	demo.Categories()[0].Slug = "changed"
	if got := demo.Categories()[0].Slug; got == "changed" {
		t.Errorf("a caller's change reached the next caller: got %q", got)
	}
}

func TestProductsAreFitToBeImported(t *testing.T) {
	seen := map[string]string{}
	soldOut, low := 0, 0
	for _, p := range rows(t, demo.CSV()) {
		for _, column := range []string{"sku", "name", "image"} {
			key := column + " " + p[column]
			owner := p["sku"]
			if column != "sku" && p["product"] != "" {
				owner = p["product"]
			}
			if other, taken := seen[key]; taken && (other != owner || column == "sku") {
				t.Errorf("%s: %s is also that of %s", p["sku"], key, other)
			}
			seen[key] = owner
		}
		checkFields(t, p)
		if n := utf8.RuneCountInString(p["description"]); n < 100 || n > 260 {
			t.Errorf("%s: description of %d characters, want 100 to 260", p["sku"], n)
		}
		switch stock, _ := strconv.Atoi(p["stock"]); {
		case stock == 0:
			soldOut++
		case stock <= 3:
			low++
		}
	}
	if soldOut != 2 || low < 2 {
		t.Errorf("sold out: got %d, want a product and a size; nearly sold out: got %d, want at least 2", soldOut, low)
	}
}

var (
	skuForm   = regexp.MustCompile(`^[A-Z]{3}-[A-Z]{3}-[0-9]{2,5}$`)
	priceForm = regexp.MustCompile(`^[1-9][0-9]*\.[0-9]{2}$`)
	slugForm  = regexp.MustCompile(`^[a-z]+$`)
	imageForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.svg$`)
)

// checkFields holds for our own catalogue and for generated ones.
func checkFields(t *testing.T, p row) {
	t.Helper()
	for column, form := range map[string]*regexp.Regexp{"sku": skuForm, "price": priceForm, "category": slugForm, "image": imageForm} {
		if !form.MatchString(p[column]) {
			t.Errorf("%s: %s is %q, want %s", p["sku"], column, p[column], form)
		}
	}
	if p["currency"] != "EUR" {
		t.Errorf("%s: currency is %q, want EUR", p["sku"], p["currency"])
	}
	if stock, err := strconv.Atoi(p["stock"]); err != nil || stock < 0 || stock > 200 {
		t.Errorf("%s: stock is %q, want 0 to 200", p["sku"], p["stock"])
	}
	for text, value := range map[string]string{"name": p["name"], "description": p["description"]} {
		if value == "" || value != strings.TrimSpace(value) || strings.ContainsAny(value, "{}\n<>") {
			t.Errorf("%s: %s is not clean text: %q", p["sku"], text, value)
		}
	}
	tags := strings.Split(p["tags"], "|")
	unique := slices.Compact(slices.Sorted(slices.Values(tags)))
	if len(tags) < 2 || len(unique) != len(tags) || slices.Contains(tags, "") || p["tags"] != strings.ToLower(p["tags"]) {
		t.Errorf("%s: tags are %q, want two or more different ones in lower case", p["sku"], p["tags"])
	}
}

func TestEveryProductHasADrawingAndNoDrawingIsLeftOver(t *testing.T) {
	held, err := fs.Glob(demo.Pictures(), "*")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, p := range products(rows(t, demo.CSV())) {
		named = append(named, p["image"])
	}
	slices.Sort(named)
	if !slices.Equal(held, named) {
		t.Errorf("drawings held: %v\nnamed by products: %v", held, named)
	}
}

func TestReadersOfTheCatalogueAreIndependent(t *testing.T) {
	first, _ := io.ReadAll(demo.CSV())
	second, _ := io.ReadAll(demo.CSV())
	if len(first) == 0 || string(first) != string(second) {
		t.Errorf("second reading gave %d bytes, want the same %d", len(second), len(first))
	}
}

func Example() {
	for _, c := range demo.Categories()[:2] {
		fmt.Println(c.Slug, "-", c.Intro)
	}
	records, _ := csv.NewReader(demo.CSV()).ReadAll()
	_, err := fs.Stat(demo.Pictures(), records[1][8])
	fmt.Println(records[1][1], records[1][5], err)
	// Output:
	// lighting - Lamps for reading, for dining and for leaving on when you go out.
	// kitchen - Pots, blades and cups that earn their place on the counter.
	// Aria Arc Floor Lamp 289.00 <nil>
}
