package products_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"galleria/app/demo"
	"galleria/app/products"
)

const header = "sku,name,description,category,tags,price,currency,stock,image\n"

// read gives a file's good rows, its bad ones, and what is wrong with it.
func read(r io.Reader) (good []products.Row, bad []products.BadRow, err error) {
	for row, e := range products.Read(r) {
		var b *products.BadRow
		switch {
		case errors.As(e, &b):
			bad = append(bad, *b)
		case e != nil:
			err = e
		default:
			good = append(good, row)
		}
	}
	return good, bad, err
}

func TestRowsAreReadByTheNamesOfTheirColumns(t *testing.T) {
	file := "\ufeffStock, currency ,SKU,colour,price,Name,category,image,tags,description\r\n" +
		"7,eur,MUG-1,red,12.9,Mug,Home & Décor,mug.svg,blue| stoneware ||,\"Holds tea.\r\nAnd coffee.\"\r\n\r\n" +
		"0,JPY,MUG-2,red,1290,\"Mug \"\"Two\"\"\",kitchen,,,\n"
	good, bad, err := read(strings.NewReader(file))
	if err != nil || len(bad) != 0 || len(good) != 2 {
		t.Fatalf("got %d rows, bad %v, error %v; want 2 good ones", len(good), bad, err)
	}
	got := []string{}
	for _, r := range good {
		text, _, _ := strings.Cut(fmt.Sprintf("%+v", r), " Product:")
		got = append(got, text)
	}
	want := []string{
		"{Line:2 SKU:MUG-1 Name:Mug Description:Holds tea.\nAnd coffee. Category:home-and-decor CategoryName:Home & Décor Tags:[blue stoneware] Price:12.90 EUR Stock:7 Image:mug.svg",
		"{Line:5 SKU:MUG-2 Name:Mug \"Two\" Description: Category:kitchen CategoryName:kitchen Tags:[] Price:1290 JPY Stock:0 Image:",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBadRowsSayWhyAndStopNoOther(t *testing.T) {
	long := strings.Repeat("ö", 6000)
	for _, c := range []struct{ row, want string }{
		{"a b,Mug,,kitchen,,1,EUR,1,", `sku: "a b" has not`},
		{",Mug,,kitchen,,1,EUR,1,", `sku: "" has not`},
		{"A,,,kitchen,,1,EUR,1,", "name: is empty"},
		{"A," + long + ",,kitchen,,1,EUR,1,", "name: has 6000 characters, at most 200"},
		{"A,Mug," + long + ",kitchen,,1,EUR,1,", "description: has 6000 characters"},
		{"A,Mug,,,,1,EUR,1,", "category: is empty"},
		{"A,Mug,,家具,,1,EUR,1,", "category: \"家具\" makes no address"},
		{"A,Mug,,kitchen," + long + ",1,EUR,1,", "tags: has 6000 characters"},
		{"A,Mug,,kitchen," + strings.Repeat("x|", 21) + ",1,EUR,1,", "tags: there are 21"},
		{"A,Mug,,kitchen,,,EUR,1,", `price: "" is not an amount in EUR such as 12.90`},
		{"A,Mug,,kitchen,,12.999,EUR,1,", "price: "},
		{"A,Mug,,kitchen,,\"1,290\",EUR,1,", "price: "},
		{"A,Mug,,kitchen,,12.50,JPY,1,", "price: \"12.50\" is not an amount in JPY such as 1290"},
		{"A,Mug,,kitchen,,-1,EUR,1,", "price: -1 is below zero"},
		{"A,Mug,,kitchen,,1.005,KWD,1,", "price: 1.005 can't be paid by card: the last of the three decimals in KWD is 0"},
		{"A,Mug,,kitchen,,99999999999999999999,EUR,1,", "price: "},
		{"A,Mug,,kitchen,,1,XXQ,1,", `currency: "XXQ" is not`},
		{"A,Mug,,kitchen,,1,EUR,-1,", "stock: -1 is below zero"},
		{"A,Mug,,kitchen,,1,EUR,1.5,", `stock: "1.5" is not a whole number`},
		{"A,Mug,,kitchen,,1,EUR,1000000001,", "stock: 1000000001 is more than"},
		{"A,Mug,,kitchen,,1,EUR,1," + long, "image: has 6000 characters"},
		{"A,Mug,,kitchen,,1,EUR,1,https://elsewhere.example/mug.jpg", `image: "https://elsewhere.example/mug.jpg" is on another site`},
		{"A,Mug,,kitchen,,1,EUR,1,//elsewhere.example/mug.jpg", "image: "},
		{"A,Mug,,kitchen,,1,EUR,1,javascript:alert(1)", `image: "javascript:alert(1)" is not the name of a picture such as mug.jpg`},
		{"A,Mug,,kitchen,,1,EUR,1,a blue mug", "image: "},
		{"A,Mug,,kitchen,,1,EUR,1,.mug.jpg", "image: "},
		{"A,Mug,,kitchen,,1,EUR,1,../mug.jpg", "image: "},
		{"A,Mug,,kitchen,,1,EUR,1,/pictures/../mug.jpg", "image: "},
		{"A,Mug,,kitchen,,1,EUR,1,/pictures/", "image: "},
		{"A,Mug,,kitchen,,1,EUR,1,/assets/mug.jpg", "image: "},
		{"GOOD-1,Mug,,kitchen,,1,EUR,1,", "sku: GOOD-1 is already on line 2"},
		{"A,Mug,,kitchen,,1,EUR", "has 7 columns, the header line has 9"},
		{"A,Mug,,kitchen,,1,EUR,1,,", "has 10 columns"},
		{`A,5" Mug,,kitchen,,1,EUR,1,`, `a " stands inside a cell`},
		{`A,"Mug" x,,kitchen,,1,EUR,1,`, "a quoted cell is not closed"},
		{"A,,,kitchen,,x,EUR,-1,", "name: is empty; price: \"x\" is not an amount in EUR such as 12.90; stock: -1"},
	} {
		file := header + "GOOD-1,Mug,,kitchen,,1,EUR,1,\n" + c.row + "\nGOOD-2,Mug,,kitchen,,1,EUR,1,\n"
		good, bad, err := read(strings.NewReader(file))
		if err != nil || len(good) != 2 || len(bad) != 1 {
			t.Errorf("%.60q: got %d good rows, bad %v, error %v; want 2, one and none", c.row, len(good), bad, err)
			continue
		}
		if bad[0].Line != 3 || !strings.HasPrefix(bad[0].Reason, c.want) {
			t.Errorf("%.60q: got %q, want line 3: %s…", c.row, bad[0].Error(), c.want)
		}
		if len(bad[0].Reason) > 300 {
			t.Errorf("%.60q: the reason has %d bytes", c.row, len(bad[0].Reason))
		}
	}
}

func TestPicturesAreNamedAloneOrByTheirAddress(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "mug.svg": "mug.svg", "/pictures/mug.webp": "mug.webp", "6579c22f-be2bjpg": "6579c22f-be2bjpg", "Mug_2.v1.JPEG": "Mug_2.v1.JPEG",
	} {
		good, bad, err := read(strings.NewReader(header + "A,Mug,,kitchen,,1,EUR,1," + cell + "\n"))
		if err != nil || len(good) != 1 {
			t.Errorf("%q: got %d rows, bad %v, error %v; want one good row", cell, len(good), bad, err)
			continue
		}
		if good[0].Image != want {
			t.Errorf("%q: got the picture %q, want %q", cell, good[0].Image, want)
		}
	}
}

func TestLinesAreThoseAnEditorShows(t *testing.T) {
	file := header + "A,Mug,\"one\ntwo\n\nthree\",kitchen,,1,EUR,1,\n\n" + // lines 2 to 5, and an empty one
		"B,Mug,,kitchen,,x,EUR,1,\n" + // 7
		"C,Mug,\"one\r\ntwo\",kitchen,,1,EUR,x,\n" + // 8 and 9
		"A,Mug,,kitchen,,1,EUR,1,\n" + // 10
		"D,Mug,\"never closed,kitchen,,1,EUR,1,\nE,Mug,,kitchen,,1,EUR,1,\n" // 11
	_, bad, err := read(strings.NewReader(file))
	var lines []int
	for _, b := range bad {
		lines = append(lines, b.Line)
	}
	if want := []int{7, 8, 10, 11}; !slices.Equal(lines, want) || err != nil {
		t.Fatalf("bad rows: got lines %v and error %v; want %v", lines, err, want)
	}
	if last := bad[3]; !strings.HasPrefix(last.Reason, "a quoted cell is not closed") || !strings.Contains(last.Reason, "those behind it, up to line 12, were left out") || last.Swallowed != 1 {
		t.Errorf("a cell that is never closed: got %+v, want that it took one line with it", last)
	}
}

func TestFilesThatAreNoProductFilesAreRefusedAtOnce(t *testing.T) {
	for file, want := range map[string]string{
		"":       "the file is empty",
		"\ufeff": "the file is empty",
		header[:len(header)-1] + "\rA,Mug,,kitchen,,1,EUR,1,\r": "line 1: the lines of the file end with CR only",
		"sku:name:category:price\n1:2:3":                        "lacks sku (columns are separated by commas); of the usual ones it has no name, category, price, currency, stock either",
		"sku\nA\n":                                              "has the column sku and no other one",
		"sku,price\n":                                           "has one of the columns price and currency, and lacks the other",
		"sku,compare_at\n":                                      "has the column compare_at and lacks price",
		"sku,name,category,price,currency,stock,SKU\n":          "the column sku twice",
		"\"sku\n": "read the header line",
	} {
		good, bad, err := read(strings.NewReader(file))
		if err == nil || !strings.Contains(err.Error(), want) || len(good)+len(bad) > 0 {
			t.Errorf("%q: got %d rows, error %v; want none and %q", file, len(good)+len(bad), err, want)
		}
	}
	broken := io.MultiReader(strings.NewReader(header+"A,Mug,,kitchen,,1,EUR,1,\n"), iotest.ErrReader(errors.New("the disk is gone")))
	if good, _, err := read(broken); len(good) != 1 || err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("a file that breaks: got %d rows, error %v; want 1 and the reader's", len(good), err)
	}
}

func TestTheDemoCatalogueAndGeneratedOnesAreGoodFiles(t *testing.T) {
	for name, r := range map[string]io.Reader{"demo": demo.CSV(), "generated": demo.Generate(7, 3000)} {
		good, bad, err := read(r)
		if err != nil || len(bad) > 0 || len(good) == 0 {
			t.Errorf("%s: got %d rows, bad %v, error %v; want rows and nothing else", name, len(good), bad, err)
		}
	}
}

func TestReadingStopsWhenNobodyListens(t *testing.T) {
	n := 0
	for range products.Read(demo.Generate(1, 100)) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("got %d rows, want 3", n)
	}
}

func TestSlugs(t *testing.T) {
	for text, want := range map[string]string{
		"kitchen": "kitchen", "Home & Décor": "home-and-decor", "Bags / Travel": "bags-travel", "Łóżka": "lozka", "Große Straße": "grosse-strasse",
		"Men's": "mens", " -x- ": "x", "１２": "12", "家具": "", "İstanbul": "istanbul", "K\u212a": "kk", "Освещение": "osveshchenie", "Йод": "yod", "Φώτα": "fota", "": "",
	} {
		if got := products.Slug(text); got != want {
			t.Errorf("slug of %q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(header + "A,Mug,\"x\ny\",kitchen,a|b,12.90,EUR,3,a.svg\n"))
	f.Add([]byte("\xef\xbb\xbf" + header + "\"A\"\"\",,,\n,\r\n\r\r\n\"\n"))
	f.Add([]byte("stock,currency,price,category,name,sku\n1,JPY,1,x,y,z\n1,JPY,1,x,y,z"))
	f.Fuzz(func(t *testing.T, file []byte) {
		lines := 1 + strings.Count(string(file), "\n")
		last := 1
		skus := map[string]bool{}
		for row, err := range products.Read(strings.NewReader(string(file))) {
			var bad *products.BadRow
			line := row.Line
			switch {
			case errors.As(err, &bad):
				line = bad.Line
				if bad.Reason == "" {
					t.Errorf("line %d is bad without a reason", line)
				}
			case err != nil:
				continue
			case skus[row.SKU]:
				t.Errorf("%s comes twice", row.SKU)
			case row.Price.Negative() || row.Stock < 0 || row.Name == "" || row.Category == "" || len(row.Category) > 64:
				t.Errorf("got a row that breaks the rules: %+v", row)
			}
			skus[row.SKU] = err == nil || skus[row.SKU]
			if line <= last && last > 1 || line > lines {
				t.Errorf("line %d comes after line %d of %d", line, last, lines)
			}
			last = line
		}
	})
}
