package products_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"galleria/app/products"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
)

// shopifyExport is a small file as Shopify writes it: a shirt with variants and a row
// for a picture alone, a mug without options, and a draft without a sku.
const shopifyExport = `Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Taxable,Image Src,Image Position,Image Alt Text,Variant Image,Gift Card,Status
linen-shirt,Linen shirt,"<p>Cool &amp; <b>light</b>.</p>
<ul><li>Washes at 40°</li><li>Buttons of shell</li></ul>",Øst & Co,Apparel & Accessories > Clothing > Shirts,,"linen, summer",true,Size,S,Colour,White,SHIRT-S-W,210.0,shopify,4,49.00,59.00,true,https://cdn.example/s/files/1/front.jpg?v=17,1,A shirt = linen,https://cdn.example/s/files/1/front.jpg?v=17,false,active
linen-shirt,,,,,,,,,M,,White,SHIRT-M-W,220.0,shopify,-2,49.00,,true,https://cdn.example/s/files/1/back%20side.jpg?v=17,2,,https://cdn.example/s/files/1/back%20side.jpg?v=17,,
linen-shirt,,,,,,,,,M,,Blue,'0012,220.0,,,52.00,,true,,,,,,
linen-shirt,,,,,,,,,,,,,,,,,,,https://cdn.example/s/files/1/side.jpg,3,From the side,,,
mug,Mug,Holds tea.,,,Kitchen,,true,Title,Default Title,,,MUG,300.0,shopify,12,9.50,,true,,,,,false,active
gift,Gift card,,,,Gifts,,false,Title,Default Title,,,,0.0,,,25.00,,false,,,,,true,draft
lamp,Lamp,,,,Lighting,,true,Title,Default Title,,,LAMP,0.0,shopify,3,cheap,,true,,,,,false,active
`

const wooExport = `ID,Type,SKU,Name,Published,"Is featured?","Visibility in catalog","Short description",Description,"Date sale price starts","Date sale price ends","Tax status","Tax class","In stock?",Stock,"Weight (kg)","Sale price","Regular price",Categories,Tags,Images,Parent,Position,"Attribute 1 name","Attribute 1 value(s)","Attribute 1 visible","Attribute 1 global","Attribute 2 name","Attribute 2 value(s)","Attribute 2 visible","Attribute 2 global"
17,variable,HOODIE,Hoodie,1,0,visible,,"Warm.\n\n<strong>Two</strong> pockets.",,,taxable,reduced-rate,1,,0.5,,,"Clothing > Hoodies, Sale","warm, cosy\, soft",https://shop.example/wp-content/uploads/2024/05/hoodie.jpg,,0,Size,"S, M",1,1,Material,"Cotton, Wool",1,0
20,simple,MUG,Mug,1,0,visible,Holds tea.,,,,taxable,,1,12,.3,7.5,9.5,Kitchen,,,,0,Colour,Blue,1,1,,,,
18,variation,HOODIE-S,Hoodie - S,1,0,visible,,,,,taxable,parent,1,5,,,45,,,https://shop.example/wp-content/uploads/2024/05/hoodie-s.jpg,HOODIE,1,Size,S,,1,,,,
19,variation,,Hoodie - M,'-1,0,visible,,,2026-01-01,2026-02-01,taxable,parent,0,,0.55,40,"45,50",,,,id:17,2,Size,M,,1,,,,
21,grouped,SET,Tea set,1,0,visible,,,,,taxable,,1,,,,,Kitchen,,,,0,,,,,,,,
22,variation,ORPHAN,Nothing,1,0,visible,,,,,taxable,parent,1,1,,,45,,,,NONE,1,Size,S,,1,,,,
23,variation,ANY,Hoodie,1,0,visible,,,,,taxable,parent,1,1,,,45,,,,HOODIE,1,Size,,,1,,,,
`

func (s shop) wantNotices(t *testing.T, got products.Result, want ...string) {
	t.Helper()
	if !slices.Equal(got.Notices, want) {
		t.Errorf("notices: got\n%s\nwant\n%s", strings.Join(got.Notices, "\n"), strings.Join(want, "\n"))
	}
}

func TestAShortDescriptionThatIsLeftOutIsSaid(t *testing.T) {
	const file = "Type,SKU,Name,Regular price,Short description,Description\n" +
		"simple,MUG,Mug,9,Holds tea.,Of clay.\nsimple,JAR,Jar,9,Holds jam.,\nsimple,CUP,Cup,9,Of glass.,Of glass.\n"
	inEveryShop(t, func(t *testing.T, s shop) {
		result := s.takeWith(t, strings.NewReader(file), products.Options{Currency: "EUR"})
		s.wantResult(t, result, 3, 0, 0)
		if n := slices.Index(result.Notices, "1 × short description beside the description: left out"); n < 0 {
			t.Errorf("notices: got %q, want one about a short description", result.Notices)
		}
		for sku, want := range map[string]string{"MUG": "Of clay.", "JAR": "Holds jam."} {
			if got := s.product(t, sku).GetDescription(); got != want {
				t.Errorf("%s: got %q, want %q", sku, got, want)
			}
		}
	})
}

func TestAmountsOfAnotherProgramMayHaveADecimalComma(t *testing.T) {
	// As a table program saves it again, where commas are decimal.
	const again = "Handle;Title;Type;Option1 Name;Option1 Value;Variant SKU;Variant Grams;Variant Inventory Qty;Variant Price;Variant Compare At Price\n" +
		"mug;Mug;Kitchen;Title;Default Title;MUG;300,5;12;49,00;59,9\n"
	inEveryShop(t, func(t *testing.T, s shop) {
		s.wantResult(t, s.takeWith(t, strings.NewReader(again), products.Options{Currency: "EUR"}), 1, 0, 0)
		if v := s.product(t, "MUG").GetVariants()[0]; v.GetPrices()[0].GetAmountMinor() != 4900 || v.GetPrices()[0].GetCompareAtMinor() != 5990 {
			t.Errorf("got %v, want 49.00 and before 59.90", v)
		}
	})
}

func TestProductsOfShopifyAreImported(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		in := products.Options{Currency: "EUR"}
		dry := in
		dry.DryRun = true
		s.wantResult(t, s.takeWith(t, strings.NewReader(shopifyExport), dry), 5, 0, 0, 9)
		s.wantStock(t, "MUG", -1)
		result := s.takeWith(t, strings.NewReader(shopifyExport), in)
		s.wantResult(t, result, 5, 0, 0, 9)
		if want := `price: "cheap" is not an amount in EUR such as 12.90`; result.Bad[0].Reason != want {
			t.Errorf("bad row: got %q, want %q", result.Bad[0].Reason, want)
		}
		s.wantNotices(t, result,
			"a product export of Shopify: prices are read in EUR",
			"3 × picture on another site: it is named in the product by the end of its address, and not fetched; add it with galleria pictures add",
			"1 × description with HTML: its text is kept, its formatting and pictures are not",
			"1 × category below others: only its own name is kept",
			"1 × variant that was sold more often than it was there: its stock is 0 here",
			"2 × variant whose stock is not counted there: none is written, so it is sold out until some is",
			"1 × gift card: it is taken for a product like others",
			"1 × variant without a sku: one is made of its product and options",
			"1 × variant without tax there: it has the usual taxes here; its tax_class can say otherwise",
		)
		price := func(minor, before int64) []*catalogv1.Price {
			return []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: minor, CompareAtMinor: before}}
		}
		shirt := s.product(t, "SHIRT-S-W")
		wantProduct(t, shirt, &catalogv1.Product{
			Id: shirt.GetId(), CreatedAt: shirt.GetCreatedAt(), Slug: "linen-shirt", Name: "Linen shirt", Category: "shirts", Active: true,
			Description: "Cool & light.\n\n- Washes at 40°\n- Buttons of shell", Tags: []string{"linen", "summer"},
			Attributes: []*catalogv1.Attribute{{Name: "Brand", Value: "Øst & Co"}}, Pictures: []*catalogv1.Picture{{Name: "front.jpg", Alt: "A shirt = linen"}, {Name: "back-side.jpg"}, {Name: "side.jpg", Alt: "From the side"}},
			Options: []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M"}}, {Name: "Colour", Values: []string{"White", "Blue"}}},
			Variants: []*catalogv1.Variant{
				{Sku: "SHIRT-S-W", OptionValues: []string{"S", "White"}, Prices: price(4900, 5900), WeightGrams: 210, Picture: "front.jpg", Active: true},
				{Sku: "SHIRT-M-W", OptionValues: []string{"M", "White"}, Prices: price(4900, 0), WeightGrams: 220, Picture: "back-side.jpg", Active: true},
				{Sku: "0012", OptionValues: []string{"M", "Blue"}, Prices: price(5200, 0), WeightGrams: 220, Active: true},
			},
		})
		if p := s.product(t, "MUG"); p.GetSlug() != "mug" || p.GetCategory() != "kitchen" || len(p.GetOptions()) > 0 || !p.GetActive() {
			t.Errorf("got %v, want a mug without options", p)
		}
		if p := s.product(t, "gift"); p.GetActive() {
			t.Errorf("got %v, want the draft withdrawn", p)
		}
		for sku, want := range map[string]int64{"SHIRT-S-W": 4, "SHIRT-M-W": 0, "0012": -1, "MUG": 12} {
			s.wantStock(t, sku, want)
		}
		s.wantResult(t, s.takeWith(t, strings.NewReader(shopifyExport), in), 0, 0, 5, 9)
	})
}

func TestTheNewerHeaderLineOfShopifyIsRecognised(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		file := "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Option1 name,Option1 value,Price,Compare-at price,Charge tax,Inventory quantity,Weight value (grams),Product image URL,Variant image URL\n" +
			"Lamp,lamp,Bright.,,,Lighting,,TRUE,Active,LAMP-S,Size,S,30,,TRUE,2,900,https://cdn.example/lamp.png,\n,lamp,,,,,,,,LAMP-L,,L,40,,TRUE,1,1200,,\n"
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), products.Options{Currency: "JPY"}), 2, 0, 0)
		p := s.product(t, "LAMP-L")
		if len(p.GetVariants()) != 2 || p.GetVariants()[1].GetPrices()[0].GetAmountMinor() != 40 || p.GetVariants()[1].GetWeightGrams() != 1200 || p.GetPictures()[0].GetName() != "lamp.png" {
			t.Errorf("got %v, want two variants", p)
		}
	})
}

func TestProductsOfWooCommerceAreImported(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		in := products.Options{Currency: "EUR"}
		dry := in
		dry.DryRun = true
		s.wantResult(t, s.takeWith(t, strings.NewReader(wooExport), dry), 3, 0, 0, 7, 8)
		s.wantStock(t, "MUG", -1)
		result := s.takeWith(t, strings.NewReader(wooExport), in)
		s.wantResult(t, result, 3, 0, 0, 7, 8)
		for i, want := range []string{`Parent: "NONE" is no product of type variable above it`, "Size: the variation is for any value of it"} {
			if !strings.HasPrefix(result.Bad[i].Reason, want) {
				t.Errorf("bad row: got %q, want %q", result.Bad[i].Reason, want)
			}
		}
		s.wantNotices(t, result,
			"a product export of WooCommerce: prices are read in EUR",
			"1 × category beyond a product's first one: left out",
			"1 × category below others: only its own name is kept",
			"1 × description with HTML: its text is kept, its formatting and pictures are not",
			"2 × picture on another site: it is named in the product by the end of its address, and not fetched; add it with galleria pictures add",
			"1 × variant without a sku: one is made of its product and options",
			"1 × sale price for a time: the regular price is taken; galleria promotions add makes a promotion for a time",
			"1 × product of type grouped, which can't be sold here: left out",
		)
		price := func(minor, before int64) []*catalogv1.Price {
			return []*catalogv1.Price{{CurrencyCode: "EUR", AmountMinor: minor, CompareAtMinor: before}}
		}
		hoodie := s.product(t, "HOODIE-S")
		wantProduct(t, hoodie, &catalogv1.Product{
			Id: hoodie.GetId(), CreatedAt: hoodie.GetCreatedAt(), Slug: "hoodie", Name: "Hoodie", Category: "hoodies", Active: true,
			Description: "Warm.\n\nTwo pockets.", Tags: []string{"warm", "cosy, soft"}, Pictures: catalogtest.Pictures("hoodie.jpg"),
			Attributes: []*catalogv1.Attribute{{Name: "Material", Value: "Cotton, Wool"}}, Options: []*catalogv1.Option{{Name: "Size", Values: []string{"S", "M"}}},
			Variants: []*catalogv1.Variant{
				{Sku: "HOODIE-S", OptionValues: []string{"S"}, Prices: price(4500, 0), WeightGrams: 500, TaxClass: "reduced", Picture: "hoodie-s.jpg", Active: true},
				{Sku: "hoodie-m", OptionValues: []string{"M"}, Prices: price(4550, 0), WeightGrams: 550, TaxClass: "reduced"},
			},
		})
		mug := s.product(t, "MUG")
		if v := mug.GetVariants()[0]; mug.GetDescription() != "Holds tea." || v.GetPrices()[0].GetAmountMinor() != 750 || v.GetPrices()[0].GetCompareAtMinor() != 950 || v.GetWeightGrams() != 300 || mug.GetAttributes()[0].GetValue() != "Blue" {
			t.Errorf("got %v, want a mug on sale", mug)
		}
		for sku, want := range map[string]int64{"HOODIE-S": 5, "hoodie-m": 0, "MUG": 12} {
			s.wantStock(t, sku, want)
		}
		s.wantResult(t, s.takeWith(t, strings.NewReader(wooExport), in), 0, 0, 3, 7, 8)
	})
}

func TestProductsOfWooCommerceWithOneNameStayApart(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		heading := "ID,Type,SKU,Name,Published,Stock,Regular price,Categories,Parent,Attribute 1 name,Attribute 1 value(s)\n"
		file := heading + `1,simple,MUG-1,Mug,1,3,9,Kitchen,,,
2,simple,MUG-2,Mug,1,4,12,Kitchen,,,
3,simple,,Mug,1,5,15,Kitchen,,,
4,variable,MUGS,Mug,1,,,Kitchen,,Size,"S, L"
5,variation,MUG-S,Mug - S,1,6,20,,MUGS,Size,S
6,variation,MUG-L,Mug - L,1,7,25,,id:4,Size,L
`
		in := products.Options{Currency: "EUR"}
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), in), 5, 0, 0)
		for sku, want := range map[string]string{"MUG-1": "mug", "MUG-2": "mug-mug-2", "mug-3": "mug-3", "MUG-S": "mug-mugs", "MUG-L": "mug-mugs"} {
			variants := 1
			if want == "mug-mugs" {
				variants = 2
			}
			if p := s.product(t, sku); p.GetSlug() != want || p.GetName() != "Mug" || len(p.GetVariants()) != variants {
				t.Errorf("%s: got %v, want a product %s with %d variants", sku, p, want, variants)
			}
		}
		s.wantResult(t, s.takeWith(t, strings.NewReader(file), in), 0, 0, 5)
	})
}

func TestFilesOfOtherProgramsNeedACurrency(t *testing.T) {
	inEveryShop(t, func(t *testing.T, s shop) {
		for whose, file := range map[string]string{"Shopify": shopifyExport, "WooCommerce": wooExport} {
			_, err := products.Import(context.Background(), s.catalog, s.inventory, strings.NewReader(file), products.Options{})
			if err == nil || !strings.Contains(err.Error(), whose) || !strings.Contains(err.Error(), "--currency") {
				t.Errorf("got %v, want an error that names %s and --currency", err, whose)
			}
		}
	})
}
