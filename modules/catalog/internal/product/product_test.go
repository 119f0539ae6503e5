package product_test

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"galleria/modules/catalog/internal/product"
)

func TestFoldMakesTextComparable(t *testing.T) {
	for text, want := range map[string]string{
		"Plain ASCII":     "plain ascii",
		"Crème BRÛLÉE":    "creme brulee",
		"Straße Ærø Łódź": "strasse aero lodz",
		"İstanbul":        "istanbul",
		"ﬁne ½":           "fine 1⁄2",
		"漢字":              "漢字",
	} {
		if got := product.Fold(text); got != want {
			t.Errorf("fold %q: got %q, want %q", text, got, want)
		}
	}
}

func TestEveryNameMakesASlug(t *testing.T) {
	valid := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	rapid.Check(t, func(t *rapid.T) {
		name, sku := rapid.String().Draw(t, "name"), rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`).Draw(t, "sku")
		if got := product.SlugFor(name, sku); !valid.MatchString(got) || len(got) > 80 {
			t.Errorf("slug of %q: got %q", name, got)
		}
	})
}

func TestLongNamesMakeSlugsOfWholeWords(t *testing.T) {
	name := "a very long name of a thing that nobody would ever want to read in the address of a page"
	if got, want := product.SlugFor(name, "S"), "a-very-long-name-of-a-thing-that-nobody-would-ever-want-to-read-in-the-address"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCategoriesNobodyNamed(t *testing.T) {
	for slug, want := range map[string]string{"garden-tools": "Garden Tools", "tv": "Tv", "2-go": "2 Go", "--": "--"} {
		if got := product.Unnamed(slug).Name(); got != want {
			t.Errorf("name of %q: got %q, want %q", slug, got, want)
		}
	}
}

func TestAProductKeepsNothingOfWhatItWasMadeOf(t *testing.T) {
	facts := product.Facts{
		Name: " A ", Category: "c", Tags: []string{"one"}, Pictures: []product.Picture{{Name: "a.svg"}},
		Variants: []product.Variant{{SKU: "A", Prices: []product.Price{{Currency: "EUR"}}}},
	}
	p, problems := product.New(facts)
	if problems != nil {
		t.Fatal(problems)
	}
	facts.Tags[0], facts.Pictures[0].Name, facts.Variants[0].Prices[0].Currency = "changed", "changed", "changed"
	if got := p.Facts(); got.Tags[0] != "one" || got.Pictures[0].Name != "a.svg" || got.Name != "A" || got.Variants[0].Prices[0].Currency != "EUR" {
		t.Errorf("got %+v, want what it was made of, the name trimmed", got)
	}
}

func TestATextOfAPictureMakesAnotherVersion(t *testing.T) {
	version := func(alts ...string) string {
		f := product.Facts{Name: "A", Category: "c", Variants: []product.Variant{{SKU: "A"}}}
		for i, alt := range alts {
			f.Pictures = append(f.Pictures, product.Picture{Name: string(rune('a' + i)), Alt: alt})
		}
		p, problems := product.New(f)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return p.Version()
	}
	seen := map[string]bool{}
	for _, alts := range [][]string{{"", ""}, {"x", ""}, {"", "x"}, {"x", "x"}} {
		if v := version(alts...); seen[v] {
			t.Errorf("%q has the version of another product", alts)
		} else {
			seen[v] = true
		}
	}
}
