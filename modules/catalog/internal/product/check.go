package product

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/platform/money"
)

// MaxPriceMinor bounds a price so that a full cart of the dearest product can
// still be summed with room to spare: 9,900 times this is a hundredth of an
// int64.
const MaxPriceMinor = 10_000_000_000_000

// Bounds of a product's lists.
const (
	maxTags       = 20
	maxAttributes = 30
	maxPictures   = 10
	maxAlt        = 512 // characters, as other shops' programs allow it
	maxOptions    = 3
	maxVariants   = 100
	maxPrices     = 20
	maxWeight     = 100_000_000 // grams: a hundred tons
)

var (
	idPattern   = regexp.MustCompile(`^[a-z0-9]{26}$`)
	skuPattern  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	slugPattern = regexp.MustCompile(`^[a-z0-9-]{1,200}$`)
	taxPattern  = regexp.MustCompile(`^[a-z0-9-]{0,32}$`)
	// picturePattern is of names that pages, files of products and addresses can bear.
	picturePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
)

// Problem says what is wrong with one field, named as in the contract.
type Problem struct{ Field, Message string }

// check says all that is wrong with a product.
func check(f *Facts) problems {
	var found problems
	found.when(f.ID != "" && !idPattern.MatchString(f.ID), "id", "has 26 lower-case letters and digits, or none")
	found.when(f.Slug != "" && !slugPattern.MatchString(f.Slug), "slug", "has up to 200 lower-case letters, digits and '-'")
	found.text("name", f.Name, 1, 200, false)
	found.text("description", f.Description, 0, 5000, true)
	found.when(!categoryPattern.MatchString(f.Category), "category", "has 1 to 64 lower-case letters, digits and '-'")
	found.texts("tags", f.Tags, maxTags, 50)
	found.count("attributes", len(f.Attributes), 0, maxAttributes)
	for i, a := range f.Attributes {
		found.text(fmt.Sprintf("attributes[%d].name", i), a.Name, 1, 50, false)
		found.text(fmt.Sprintf("attributes[%d].value", i), a.Value, 1, 200, false)
	}
	found.pictures(f.Pictures)
	found.options(f.Options)
	found.variants(f.Options, f.Variants)
	return found
}

func (p *problems) pictures(pictures []Picture) {
	p.count("pictures", len(pictures), 0, maxPictures)
	names := map[string]bool{}
	for i, picture := range pictures {
		field := fmt.Sprintf("pictures[%d]", i)
		p.picture(field+".name", picture.Name)
		p.when(names[picture.Name] && picture.Name != "", field+".name", "is the name of a picture before it")
		names[picture.Name] = true
		p.text(field+".alt", picture.Alt, 0, maxAlt, false)
	}
}

func (p *problems) options(options []Option) {
	p.count("options", len(options), 0, maxOptions)
	names := map[string]bool{}
	for i, o := range options {
		field := fmt.Sprintf("options[%d]", i)
		p.text(field+".name", o.Name, 1, 50, false)
		p.when(names[o.Name], field+".name", "is the name of an option before it")
		names[o.Name] = true
		p.count(field+".values", len(o.Values), 1, maxVariants)
		values := map[string]bool{}
		for j, v := range o.Values {
			p.text(fmt.Sprintf("%s.values[%d]", field, j), v, 1, 50, false)
			p.when(values[v], fmt.Sprintf("%s.values[%d]", field, j), "is a value before it")
			values[v] = true
		}
	}
}

func (p *problems) variants(options []Option, variants []Variant) {
	p.count("variants", len(variants), 1, maxVariants)
	p.when(len(options) == 0 && len(variants) > 1, "options", "are needed to tell the variants apart")
	skus, choices := map[string]bool{}, map[string]bool{}
	for i := range variants {
		v, field := &variants[i], fmt.Sprintf("variants[%d]", i)
		p.when(!skuPattern.MatchString(v.SKU), field+".sku", "has 1 to 64 letters, digits, '-', '_' or '.'")
		p.when(skus[v.SKU], field+".sku", "is the sku of a variant before it")
		skus[v.SKU] = true
		choice := strings.Join(v.OptionValues, "\n")
		switch {
		case len(v.OptionValues) != len(options):
			p.when(true, field+".option_values", fmt.Sprintf("has a value for each of the %d options", len(options)))
		case choices[choice] && len(options) > 0:
			p.when(true, field+".option_values", "are those of a variant before it")
		default:
			for j, value := range v.OptionValues {
				p.when(!slices.Contains(options[j].Values, value), fmt.Sprintf("%s.option_values[%d]", field, j), fmt.Sprintf("is none of the values of %s", options[j].Name))
			}
		}
		choices[choice] = true
		p.prices(field, v.Prices)
		p.when(v.WeightGrams < 0 || v.WeightGrams > maxWeight, field+".weight_grams", fmt.Sprintf("is between 0 and %d", maxWeight))
		p.when(!taxPattern.MatchString(v.TaxClass), field+".tax_class", "has up to 32 lower-case letters, digits and '-'")
		if v.Picture != "" {
			p.picture(field+".picture", v.Picture)
		}
	}
}

func (p *problems) prices(variant string, prices []Price) {
	p.count(variant+".prices", len(prices), 0, maxPrices)
	currencies := map[string]bool{}
	for i, price := range prices {
		field := fmt.Sprintf("%s.prices[%d]", variant, i)
		_, err := money.New(price.Currency, 0)
		p.when(err != nil, field+".currency_code", "is not a currency of ISO 4217")
		p.when(err == nil && currencies[price.Currency], field+".currency_code", "is that of a price before it")
		currencies[price.Currency] = true
		p.when(price.Amount < 0 || price.Amount > MaxPriceMinor, field+".amount_minor", fmt.Sprintf("is between 0 and %d", int64(MaxPriceMinor)))
		p.when(price.Amount%money.Step(price.Currency) != 0, field+".amount_minor", fmt.Sprintf("is a multiple of %d in %s", money.Step(price.Currency), price.Currency))
		p.when(price.CompareAt < 0 || price.CompareAt > MaxPriceMinor, field+".compare_at_minor", fmt.Sprintf("is between 0 and %d", int64(MaxPriceMinor)))
	}
}

type problems []Problem

func (p *problems) when(bad bool, field, message string) {
	if bad {
		*p = append(*p, Problem{field, message})
	}
}

// text refuses control characters: NUL cannot be stored in PostgreSQL, and
// none of them belongs into a name.
func (p *problems) text(field, text string, least, most int, lines bool) {
	n := utf8.RuneCountInString(text)
	p.when(n < least || n > most, field, fmt.Sprintf("has %d to %d characters", least, most))
	control := strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\r' || r == '\t'))
	})
	p.when(control, field, "has control characters")
}

func (p *problems) picture(field, name string) {
	p.when(!picturePattern.MatchString(name), field, "has 1 to 128 letters, digits, '-', '_' or '.', and begins with a letter or digit")
}

func (p *problems) texts(field string, texts []string, count, most int) {
	p.count(field, len(texts), 0, count)
	for i, text := range texts {
		p.text(fmt.Sprintf("%s[%d]", field, i), text, 1, most, false)
	}
}

func (p *problems) count(field string, n, least, most int) {
	p.when(n < least || n > most, field, fmt.Sprintf("has %d to %d entries", least, most))
}
