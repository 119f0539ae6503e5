package demo_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"galleria/app/demo"
)

func TestGeneratedCatalogueIsRealistic(t *testing.T) {
	const n = 2500
	all := rows(t, demo.Generate(1, n))
	if len(all) != n {
		t.Fatalf("rows: got %d, want %d", len(all), n)
	}
	skus, names, categories := map[string]bool{}, map[string]bool{}, map[string]int{}
	prices := map[string]int{}
	soldOut := 0
	for _, p := range all {
		checkFields(t, p)
		if got := utf8.RuneCountInString(p["description"]); got < 150 || got > 400 {
			t.Errorf("%s: description of %d characters, want 150 to 400", p["sku"], got)
		}
		skus[p["sku"]], names[p["name"]] = true, true
		categories[p["category"]]++
		prices[p["price"]]++
		if p["stock"] == "0" {
			soldOut++
		}
	}
	if len(skus) != n || len(names) != n {
		t.Errorf("different skus %d and names %d, want %d of each", len(skus), len(names), n)
	}
	if len(categories) != 20 {
		t.Errorf("categories: got %d, want 20: %v", len(categories), categories)
	}
	for slug, count := range categories {
		if count < 20 {
			t.Errorf("category %s: got %d products, want a page full", slug, count)
		}
	}
	if len(prices) < 100 {
		t.Errorf("different prices: got %d, want a spread", len(prices))
	}
	if soldOut == 0 || soldOut > n/10 {
		t.Errorf("sold out: got %d of %d, want some but not many", soldOut, n)
	}
}

func TestGeneratedCategoriesIncludeThoseOfTheDemo(t *testing.T) {
	got := map[string]bool{}
	for _, p := range rows(t, demo.Generate(2, 1000)) {
		got[p["category"]] = true
	}
	for _, c := range demo.Categories() {
		if !got[c.Slug] {
			t.Errorf("no generated product in %s", c.Slug)
		}
	}
}

func TestGenerateRepeatsForASeed(t *testing.T) {
	read := func(seed uint64, n int, slowly bool) []byte {
		r := demo.Generate(seed, n)
		if slowly {
			r = iotest.OneByteReader(r)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := read(7, 300, false)
	if got := read(7, 300, true); !bytes.Equal(got, want) {
		t.Error("seed 7 read byte by byte differs from seed 7 read at once")
	}
	if got := read(8, 300, false); bytes.Equal(got, want) {
		t.Error("seeds 7 and 8 gave the same catalogue")
	}
	if got := read(7, 400, false); !bytes.HasPrefix(got, want) {
		t.Error("a longer catalogue does not begin with the shorter one of its seed")
	}
}

func TestGenerateNothingIsAHeader(t *testing.T) {
	for _, n := range []int{0, -1} {
		if got := rows(t, demo.Generate(1, n)); len(got) != 0 {
			t.Errorf("Generate(1, %d): got %d rows, want none", n, len(got))
		}
	}
}

func TestGenerateStaysUniqueInALargeCatalogue(t *testing.T) {
	const n = 30_000
	names := make(map[string]bool, n)
	r := csv.NewReader(demo.Generate(3, n))
	r.ReuseRecord = true
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"sku " + record[0], "name " + record[1]} {
			if names[key] {
				t.Fatalf("%s appears twice", key)
			}
			names[key] = true
		}
	}
	if got, want := len(names), 2*(n+1); got != want {
		t.Errorf("different skus and names: got %d, want %d", got, want)
	}
}

func TestGenerateHoldsOnlyWhatIsBeingRead(t *testing.T) {
	r := bufio.NewReader(demo.Generate(4, 1<<40))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	lines := 0
	for ; lines < 20_000; lines++ {
		if _, err := r.ReadSlice('\n'); err != nil {
			t.Fatalf("line %d: %v", lines, err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("after %d rows %d bytes are held, want less than 1 MiB", lines, grown)
	}
	runtime.KeepAlive(r)
}
