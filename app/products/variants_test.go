package products_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"galleria/app/products"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
)

// shirt puts a product with two variants into the catalog.
func (s shop) shirt(t *testing.T) *catalogv1.Product {
	t.Helper()
	p := catalogtest.Product("SHIRT-S")
	p.Name, p.Category, p.Description, p.Tags, p.Pictures = "Shirt", "clothes", "Of linen.", []string{"linen"}, catalogtest.Pictures("shirt.svg", "back.svg")
	p.Options = []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M"}}}
	price := func(minor int64) []*catalogv1.Price {
		return []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: minor, CompareAtMinor: 9900}, {CurrencyCode: "USD", AmountMinor: minor}}
	}
	p.Variants = []*catalogv1.Variant{
		{Sku: "SHIRT-S", OptionValues: []string{"S"}, Prices: price(4900), WeightGrams: 200, TaxClass: "reduced", Active: true},
		{Sku: "SHIRT-M", OptionValues: []string{"M"}, Prices: price(5900), WeightGrams: 220, Picture: "m.svg", Active: false},
	}
	if _, err := s.catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{p}}); err != nil {
		t.Fatal(err)
	}
	return s.product(t, "SHIRT-S")
}

func wantProduct(t *testing.T, got, want *catalogv1.Product) {
	t.Helper()
	got, want = proto.CloneOf(got), proto.CloneOf(want)
	got.Version, want.Version = "", "" // it follows from the rest
	if !proto.Equal(got, want) {
		t.Errorf("product: got\n%v\nwant\n%v", got, want)
	}
}

func TestARowOfOneVariantLeavesTheOthersAndTheProductAlone(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		want := s.shirt(t)
		file := "sku,name,category,price,currency,stock\nSHIRT-M,Shirt in M,sale,39,EUR,4\n"
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 1, 0)
		want.Variants[1].Prices[0].AmountMinor = 3900
		wantProduct(t, s.product(t, "SHIRT-S"), want)
		s.wantStock(t, "SHIRT-M", 4)
		s.wantStock(t, "SHIRT-S", -1)
	})
}

func TestAColumnThatIsAbsentLeavesThingsAndAnEmptyCellClears(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(header+"MUG,Mug,For tea.,kitchen,blue,12.90,EUR,7,mug.svg\n"))
		absent := "sku,name,category,price,currency,stock\nMUG,Cup,kitchen,12.90,EUR,7\n"
		s.wantResult(t, s.take(t, strings.NewReader(absent)), 0, 1, 0)
		if p := s.product(t, "MUG"); p.GetName() != "Cup" || p.GetDescription() != "For tea." || !slices.Equal(p.GetTags(), []string{"blue"}) || !pictured(p, "mug.svg") {
			t.Errorf("absent columns: got %v, want description, tags and picture kept", p)
		}
		s.wantResult(t, s.take(t, strings.NewReader(header+"MUG,Cup,,kitchen,,12.90,EUR,7,\n")), 0, 1, 0)
		if p := s.product(t, "MUG"); p.GetDescription() != "" || len(p.GetTags()) > 0 || len(p.GetPictures()) > 0 {
			t.Errorf("empty cells: got %v, want description, tags and picture cleared", p)
		}
	})
}

func TestTextsOfPicturesComeInByAColumnAndStayWithoutIt(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		const columns = "sku,name,category,price,currency,stock,pictures"
		alts := func(want ...string) {
			t.Helper()
			var got []string
			for _, picture := range s.product(t, "MUG").GetPictures() {
				got = append(got, picture.GetName()+" "+picture.GetAlt())
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		s.take(t, strings.NewReader(columns+",picture_alts\nMUG,Mug,kitchen,1,EUR,7,a.svg|/pictures/b.svg,/pictures/b.svg=A mug\\=blue\n"))
		alts("a.svg ", "b.svg A mug=blue")
		s.take(t, strings.NewReader(columns+"\nMUG,Mug,kitchen,1,EUR,7,b.svg|c.svg\n"))
		alts("b.svg A mug=blue", "c.svg ")
		s.take(t, strings.NewReader("sku,name,category,price,currency,stock,image\nMUG,Mug,kitchen,1,EUR,7,c.svg\n"))
		alts("c.svg ")
		s.take(t, strings.NewReader("sku,name,category,price,currency,stock,picture_alts\nMUG,Mug,kitchen,1,EUR,7,c.svg=Its handle\n"))
		alts("c.svg Its handle")
		s.take(t, strings.NewReader("sku,name,category,price,currency,stock,picture_alts\nMUG,Mug,kitchen,1,EUR,7,\n"))
		alts("c.svg ")
		if got := s.take(t, strings.NewReader(columns+",picture_alts\nMUG,Mug,kitchen,1,EUR,7,a.svg|a.svg,b.svg=A mug\n")); len(got.Bad) != 1 || !strings.Contains(got.Bad[0].Reason, "in it twice") || !strings.Contains(got.Bad[0].Reason, "no picture of the row") {
			t.Errorf("a picture twice and a text of none: got %v, want both refused", got.Bad)
		}
	})
}

func TestRowsOfOneProductAreItsVariants(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := "product,sku,name,category,price,currency,stock,image,options,compare_at,weight_grams,tax_class,active\n" +
			"shirt,S-R,Shirt,clothes,49,EUR,1,shirt.svg,Size=S|Colour=Red,59.90,200,reduced,yes\n" +
			"shirt,M-R,Shirt,clothes,49,EUR,2,m.svg,Size=M|Colour=Red,,210,,no\n" +
			"shirt,M-X,Shirt,clothes,49,EUR,2,,Size=M,,,,\n" +
			",MUG,Mug,kitchen,9,EUR,3,,,,,,no\n"
		s.wantResult(t, s.take(t, strings.NewReader(file)), 3, 0, 0, 4)
		p := s.product(t, "M-R")
		want := &catalogv1.Product{
			Id: p.GetId(), CreatedAt: p.GetCreatedAt(), Slug: "shirt", Name: "Shirt", Category: "clothes", Pictures: catalogtest.Pictures("shirt.svg"), Active: true,
			Options: []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M"}}, {Name: "Colour", Values: []string{"Red"}}},
			Variants: []*catalogv1.Variant{
				{Sku: "S-R", OptionValues: []string{"S", "Red"}, WeightGrams: 200, TaxClass: "reduced", Active: true, Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 4900, CompareAtMinor: 5990}}},
				{Sku: "M-R", OptionValues: []string{"M", "Red"}, WeightGrams: 210, Picture: "m.svg", Prices: []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: 4900}}},
			},
		}
		wantProduct(t, p, want)
		if s.product(t, "MUG").GetActive() {
			t.Error("the mug is active, and the file says no")
		}
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 0, 3, 4)
		more := "product,sku,name,category,price,currency,stock,options\nshirt,L-R,Shirt,clothes,49,EUR,1,Size=L|Colour=Red\n"
		s.wantResult(t, s.take(t, strings.NewReader(more)), 1, 0, 0)
		if p := s.product(t, "L-R"); len(p.GetVariants()) != 3 || !slices.Equal(p.GetOptions()[0].GetValues(), []string{"S", "M", "L"}) {
			t.Errorf("one more variant: got %v, want three variants in S, M and L", p)
		}
	})
}

func TestAProductThatGotAnotherAddressStaysOne(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		const columns, shirt = "product,sku,name,category,price,currency,options\n", "shirt,SHIRT-S,Shirt,clothes,49,EUR,Size=S\nshirt,SHIRT-M,Shirt,clothes,49,EUR,Size=M\n"
		s.take(t, strings.NewReader(columns+shirt))
		renamed := s.product(t, "SHIRT-S")
		renamed.Slug = "linen-shirt"
		if _, err := s.catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{renamed}}); err != nil {
			t.Fatal(err)
		}
		usual := columns + "new,NEW,New,clothes,5,EUR,\n" + shirt + "shirt,SHIRT-XL,Shirt,clothes,49,EUR,Size=XL\n"
		s.wantResult(t, s.take(t, strings.NewReader(usual)), 2, 1, 1) // one more value of an option is said with the first row
		s.wantResult(t, s.take(t, strings.NewReader(usual)), 0, 0, 4)
		if p := s.product(t, "SHIRT-XL"); p.GetSlug() != "linen-shirt" || len(p.GetVariants()) != 3 {
			t.Errorf("one more variant: got %v, want three of linen-shirt", p)
		}
		found, err := s.catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Slugs: []string{"shirt"}})
		if err != nil || len(found.GetProducts()) != 1 || found.GetProducts()[0].GetId() != renamed.GetId() {
			t.Errorf("the former address: got %v, %v; want that it leads to the product still", found, err)
		}
	})
}

func TestRowsOfAProductThatOneOfThemFindsBySKUAreOfIt(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader("sku,name,category,price,currency\nMUG,Mug,kitchen,9,EUR\n"))
		var file strings.Builder
		file.WriteString("product,sku,name,category,price,currency,options\nmug-set,MUG-RED,Mug,kitchen,9,EUR,Colour=Red\nmug-set,MUG,Mug,kitchen,9,EUR,Colour=White\n")
		for n := range 1000 {
			fmt.Fprintf(&file, ",OTHER-%d,Other,kitchen,9,EUR,\n", n)
		}
		file.WriteString("mug-set,MUG-BLUE,Mug,kitchen,9,EUR,Colour=Blue\n") // in another batch
		s.wantResult(t, s.take(t, strings.NewReader(file.String())), 1002, 1, 0)
		s.wantResult(t, s.take(t, strings.NewReader(file.String())), 0, 0, 1003)
		if p := s.product(t, "MUG-BLUE"); p.GetSlug() != "mug" || len(p.GetVariants()) != 3 {
			t.Errorf("got %v, want three variants of mug", p)
		}
	})
}

func TestWhichProductRowsAreOfDoesNotDependOnWhereBatchesEnd(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader("sku,name,category,price,currency\nRED,Red mug,kitchen,9,EUR\nBLUE,Blue mug,kitchen,9,EUR\n"))
		var file strings.Builder
		file.WriteString("product,sku,name,category,price,currency,options\nmug,RED,Mug,kitchen,10,EUR,Colour=Red\n")
		for n := range 1000 {
			fmt.Fprintf(&file, ",OTHER-%d,Other,kitchen,9,EUR,\n", n)
		}
		file.WriteString("mug,BLUE,Mug,kitchen,11,EUR,Colour=Blue\nmug,WHITE,Mug,kitchen,12,EUR,Colour=White\n") // in another batch
		result := s.take(t, strings.NewReader(file.String()))
		s.wantResult(t, result, 1001, 2, 0)
		s.wantNotices(t, result, "line 1003: BLUE is a variant of blue-mug in the shop, not of mug, and stays there: to have it in mug, delete blue-mug and import the file again")
		if p := s.product(t, "WHITE"); p.GetSlug() != "red-mug" || len(p.GetVariants()) != 2 {
			t.Errorf("got %v, want a variant of the product that the first row found", p)
		}
	})
}

func TestRowsOfOneProductThatAreSeparateInTheShopAreUpdatedWhereTheyAre(t *testing.T) {
	const columns = "product,sku,name,category,price,currency,options,description,stock\n"
	price := func(t *testing.T, s shop, sku string) int64 {
		t.Helper()
		for _, v := range s.product(t, sku).GetVariants() {
			if v.GetSku() == sku {
				return v.GetPrices()[0].GetAmountMinor()
			}
		}
		t.Fatalf("%s is not in its product", sku)
		return 0
	}
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader("sku,name,category,price,currency\nRED,Red mug,kitchen,9,EUR\nBLUE,Blue mug,kitchen,9,EUR\nGREEN,Green mug,kitchen,9,EUR\n"))
		file := columns + "mug,RED,Mug,kitchen,10,EUR,Colour=Red,Of clay.,1\nmug,BLUE,Mug,kitchen,11,EUR,Colour=Blue,,2\nmug,WHITE,Mug,kitchen,12,EUR,Colour=White,,3\n" +
			"green-mug,GREEN,Green mug,kitchen,13,EUR,Colour=Green,As grass.,4\n"
		for _, dry := range []bool{true, false} {
			result := s.takeWith(t, strings.NewReader(file), products.Options{DryRun: dry})
			s.wantResult(t, result, 1, 3, 0)
			s.wantNotices(t, result, "line 3: BLUE is a variant of blue-mug in the shop, not of mug, and stays there: to have it in mug, delete blue-mug and import the file again")
		}
		red, blue := s.product(t, "RED"), s.product(t, "BLUE")
		if red.GetSlug() != "red-mug" || red.GetName() != "Mug" || red.GetDescription() != "Of clay." || len(red.GetVariants()) != 2 {
			t.Errorf("the product that the first row finds: got %v, want it described, with another variant", red)
		}
		if blue.GetSlug() != "blue-mug" || blue.GetName() != "Blue mug" || len(blue.GetVariants()) != 1 || len(blue.GetOptions()) > 0 {
			t.Errorf("the other product: got %v, want its variant changed only", blue)
		}
		for sku, want := range map[string]int64{"RED": 1000, "BLUE": 1100, "WHITE": 1200, "GREEN": 1300} {
			if got := price(t, s, sku); got != want {
				t.Errorf("%s costs %d, want %d", sku, got, want)
			}
		}
		s.wantStock(t, "BLUE", 2)
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 0, 4)

		// The first row of a product that has the address is elsewhere, and before the
		// row that describes the product it is in.
		other := columns + "blue-mug,GREEN,Mug,kitchen,14,EUR,Colour=Green,Wrong.,\nblue-mug,BLUE,Mug,kitchen,15,EUR,Colour=Blue,,\ngreen-mug,LIME,Lime mug,kitchen,16,EUR,Colour=Lime,As limes.,\n"
		result := s.take(t, strings.NewReader(other))
		s.wantResult(t, result, 1, 2, 0)
		s.wantNotices(t, result, "line 2: GREEN is a variant of green-mug in the shop, not of blue-mug, and stays there: to have it in blue-mug, remove it from green-mug and import the file again. What the row says of the product is passed over")
		if p := s.product(t, "GREEN"); p.GetDescription() != "As limes." || price(t, s, "GREEN") != 1400 || len(p.GetVariants()) != 2 {
			t.Errorf("got %v, want it described by its own row, and GREEN for 14.00", p)
		}
		s.wantResult(t, s.take(t, strings.NewReader(other[:strings.LastIndex(other, "green-mug,")])), 0, 0, 2)
		if p := s.product(t, "GREEN"); p.GetDescription() != "As limes." {
			t.Errorf("without its own row: got %v, want its description kept", p)
		}
		if p := s.product(t, "BLUE"); p.GetDescription() != "" || p.GetName() != "Blue mug" || price(t, s, "BLUE") != 1500 {
			t.Errorf("got %v, want its description kept, and BLUE for 15.00", p)
		}
	})
}

func TestOnlyTheFirstRowOfAProductDescribesIt(t *testing.T) {
	const columns = "product,sku,name,category,price,currency,options,description,tags,image,attributes,product_active,active,stock\n"
	const first = "shirt,SHIRT-S,Shirt,clothes,49,EUR,Size=S,Of linen.,linen,shirt.svg,Care=Wash,no,yes,1\n"
	const second = "shirt,SHIRT-M,Shirt,clothes,49,EUR,Size=M,,,,,,yes,1\n"
	others := &strings.Builder{}
	for n := range 1001 {
		fmt.Fprintf(others, ",OTHER-%d,Other,kitchen,9,EUR,,,,,,,yes,1\n", n)
	}
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(columns+first+second))
		want := s.product(t, "SHIRT-S")
		if want.GetDescription() != "Of linen." || want.GetActive() {
			t.Fatalf("got %v, want it described by the first row", want)
		}
		for name, file := range map[string]string{
			"the first row's price is wrong":     strings.Replace(first, "49,EUR", "4x9,EUR", 1) + second,
			"the first row has one cell more":    strings.Replace(first, "linen,shirt", "li,nen,shirt", 1) + second,
			"the first row has a lone quote":     strings.Replace(first, "Of linen.", `24" long`, 1) + second,
			"the first row's sku was mistyped":   strings.Replace(first, "SHIRT-S,", "SHIRT S,", 1) + second,
			"the first row swallows another one": strings.Replace(",JAR,Jar,kitchen,9,EUR,,,,,,,yes,1\n", "Jar", `"Jar`, 1) + strings.Replace(first, "Of linen.", `24" long`, 1) + second,
			"a batch is between them":            first + others.String() + second,
		} {
			s.take(t, strings.NewReader(columns+file))
			if got := s.product(t, "SHIRT-S"); !proto.Equal(got, want) {
				t.Errorf("%s: got\n%v\nwant the product as it was:\n%v", name, got, want)
			}
		}
		s.wantResult(t, s.take(t, strings.NewReader(columns+strings.Replace(first, "Of linen.", "", 1)+second)), 0, 1, 1)
		if got := s.product(t, "SHIRT-S"); got.GetDescription() != "" {
			t.Errorf("got %v, want it cleared by the first row", got)
		}
	})
}

func TestYesterdaysFileDoesNotPutBackWhatWasSold(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := rows(10)
		s.take(t, strings.NewReader(file))
		_, err := s.inventory.Adjust(t.Context(), &inventoryv1.AdjustRequest{Sku: "MUG-9", By: -4, Reason: inventoryv1.AdjustReason_ADJUST_REASON_LOSS, IdempotencyKey: "k"})
		if err != nil {
			t.Fatal(err)
		}
		s.wantResult(t, s.take(t, strings.NewReader(file)), 0, 0, 10)
		s.wantStock(t, "MUG-9", 5)
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), products.Options{Stock: products.StockIgnore}), 0, 0, 10)
		s.wantStock(t, "MUG-9", 5)
		var shown []string
		dry := products.Options{Stock: products.StockSet, DryRun: true, Show: func(_ int, sku string, what []string) {
			shown = append(shown, sku+" "+strings.Join(what, "; "))
		}}
		changed := strings.Replace(file, "Mug 7,,kitchen,blue,12.90", "Mug 7,,kitchen,blue,13", 1) + "NEW,New,,new,,1,EUR,1,\n"
		s.wantResult(t, s.takeWith(t, strings.NewReader(changed), dry), 1, 2, 8)
		if want := []string{`MUG-7 price "12.90 EUR" → "13.00 EUR"`, "MUG-9 stock 5 → 9", "NEW new; stock 0 → 1"}; !slices.Equal(shown, want) {
			t.Errorf("dry run: got %q, want %q", shown, want)
		}
		s.wantStock(t, "MUG-9", 5)
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), products.Options{Stock: products.StockSet}), 0, 1, 9)
		s.wantStock(t, "MUG-9", 9)
	})
}

func TestADeliveryIsTakenInOnce(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		s.take(t, strings.NewReader(rows(3)))
		for _, delivery := range []string{"a", "a", "b"} {
			s.takeWith(t, strings.NewReader(rows(3)), products.Options{Stock: products.StockAdd, Delivery: delivery})
		}
		s.wantStock(t, "MUG-2", 6)
	})
}

// pictured tells whether a product has one picture, of this name.
func pictured(p *catalogv1.Product, name string) bool {
	return len(p.GetPictures()) == 1 && p.GetPictures()[0].GetName() == name
}

// A product is written as a whole, so all of its rows are left out for a bad one: each says
// which that is.
func TestRowsOfAProductSayWhichOfThemIsBad(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := "sku,name,category,price,currency,stock,product,options\n" +
			"C1,Cup,kitchen,9,EUR,1,cup,Size=M\nC2,Cup,kitchen,9,EUR,1,cup,Size=M\nC3,Cup,kitchen,9,EUR,1,cup,Size=L\n"
		result := s.take(t, strings.NewReader(file))
		s.wantResult(t, result, 0, 0, 0, 2, 3, 4)
		for i, want := range []string{
			"left out with C2: options: are those of a variant before it",
			"options: are those of a variant before it",
			"left out with C2: options: are those of a variant before it",
		} {
			if got := result.Bad[i].Reason; got != want {
				t.Errorf("line %d: got %q, want %q", result.Bad[i].Line, got, want)
			}
		}
	})
}
