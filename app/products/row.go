package products

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/platform/money"
)

// Bounds of the contracts of catalog and inventory, which check them again:
// here they make a reason that speaks of the file.
const (
	maxName        = 200
	maxDescription = 5000
	maxCategory    = 200
	maxSlug        = 64
	maxTags        = 20
	maxTag         = 50
	maxValue       = 200 // of an attribute
	maxImage       = 128 // of the storefront: it serves no longer names
	maxAlt         = 512
	maxStock       = 1_000_000_000
	maxWeight      = 1_000_000_000
)

// Row is a product of the file.
type Row struct {
	// Line is where the row begins, counted from 1; the header is line 1 as a
	// rule.
	Line                   int
	SKU, Name, Description string
	// Category is the slug, CategoryName the text it was made of.
	Category, CategoryName string
	Tags                   []string
	Price                  money.Money
	Stock                  int64
	// Image is the name of its picture, without a path; "" when it has none.
	Image string
	// Product is the slug of the product that it is a variant of; "" when the file
	// does not say.
	Product string
	Options []OptionValue
	// CompareAt is in minor units, 0 for none.
	CompareAt   int64
	WeightGrams int32
	TaxClass    string
	Active      bool
	// Attributes are facts about the product, Pictures all of its pictures, and
	// Choices its options' values in the order its page offers them.
	Attributes, Choices []OptionValue
	Pictures            []string
	// Alts are what pictures show in words, by their names.
	Alts          []OptionValue
	ProductActive bool
	// Prices are those of the columns named for a currency, beside Price.
	Prices []CurrencyPrice
	// Counts are the cells that say how many there are, Stock among them.
	Counts  []Count
	columns map[string]int // of the file
	// describes tells whether the row says what its product is: it is the first one of
	// it in the file. Cells of others may be empty for that.
	describes bool
	// apart tells that the shop has the sku in another product than Product. The row
	// changes its variant there, but for its options, and says nothing of either product.
	apart bool
}

// CurrencyPrice is the cell of a column such as "price in USD".
type CurrencyPrice struct {
	Currency string
	// Sold tells whether it has a price there: the cell is not empty.
	Sold              bool
	Amount, CompareAt int64 // in minor units
}

// Count is how many pieces there are at a location.
type Count struct {
	Location string
	Pieces   int64
}

// OptionValue is a cell's part such as Size=M.
type OptionValue struct{ Name, Value string }

// has tells whether the file has a column. What it has no column for stays as it is.
func (r Row) has(column string) bool { _, has := r.columns[column]; return has }

// BadRow is a row that can't be imported, as an error.
type BadRow struct {
	Line int
	// SKU is what the row says it is; "" when it does not get that far.
	SKU string
	// Reason is for the person who made the file, and begins with the column
	// where one is to blame: "price: …".
	Reason string
	// Swallowed is how many lines behind it were taken for a part of it, as those behind
	// a quote that is not closed are, and are left out with it.
	Swallowed int
}

func (b *BadRow) Error() string { return fmt.Sprintf("line %d: %s", b.Line, b.Reason) }

var skuPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// parse makes a row of the cells; its problems say all that is wrong.
func (h *heading) parse(line int, cell func(column string) string) (Row, problems) {
	r := Row{
		Line: line, SKU: cell("sku"), Name: cell("name"), Description: cell("description"),
		CategoryName: cell("category"), columns: h.columns,
	}
	var found problems
	if !skuPattern.MatchString(r.SKU) {
		found.add("sku", "%q has not 1 to 64 letters, digits, '-', '_' or '.'", short(r.SKU))
	}
	if r.has("name") {
		found.text("name", r.Name, 1, maxName)
	}
	found.text("description", r.Description, 0, maxDescription)
	r.Image = found.image("image", cell("image"))
	if r.has("category") {
		found.text("category", r.CategoryName, 1, maxCategory)
	}
	if r.Category = address(r.CategoryName); r.CategoryName != "" && (r.Category == "" || len(r.Category) > maxSlug) {
		found.add("category", "%q makes no address of 1 to %d letters or digits from a to z", short(r.CategoryName), maxSlug)
	}
	if name := cell("category_name"); name != "" {
		found.text("category_name", name, 1, maxCategory)
		r.CategoryName = name
	}
	r.Tags = found.tags(cell("tags"))
	if r.has("price") {
		r.Price = found.price("price", cell("price"), strings.ToUpper(cell("currency")))
	}
	for _, currency := range h.currencies {
		r.Prices = append(r.Prices, found.priceIn(currency, cell))
	}
	for _, location := range h.locations {
		column := stockColumn(location)
		if text := cell(column); text != "" {
			r.Counts = append(r.Counts, Count{Location: location, Pieces: found.whole(column, text, 0, maxStock)})
		}
	}
	if len(r.Counts) > 0 && r.Counts[0].Location == mainLocation {
		r.Stock = r.Counts[0].Pieces
	}
	r.Options = found.pairs("options", cell("options"), maxTag, maxTag)
	r.Choices = found.choices(cell("choices"), r.Options)
	r.Attributes = found.pairs("attributes", cell("attributes"), maxTag, maxValue)
	for _, picture := range splitCell(cell("pictures")) {
		name := found.image("pictures", picture)
		if slices.Contains(r.Pictures, name) {
			found.add("pictures", "%q is in it twice", short(name))
		}
		r.Pictures = append(r.Pictures, name)
	}
	r.Alts = found.alts(cell("picture_alts"), r)
	r.WeightGrams = int32(found.whole("weight_grams", cell("weight_grams"), 0, maxWeight))
	r.TaxClass = cell("tax_class")
	r.Active = found.active("active", cell("active"))
	r.ProductActive = found.active("product_active", cell("product_active"))
	if text := cell("compare_at"); text != "" && r.Price.Currency() != "" {
		r.CompareAt = found.price("compare_at", text, r.Price.Currency()).Minor()
	}
	if text := cell("product"); text != "" {
		if r.Product = address(text); r.Product == "" {
			found.add("product", "%q makes no address of letters or digits from a to z", short(text))
		}
	}
	return r, found
}

// problems are what is wrong with a row, by column.
type problems []string

func (p *problems) add(column, format string, args ...any) {
	*p = append(*p, column+": "+fmt.Sprintf(format, args...))
}

func (p *problems) text(column, text string, least, most int) {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		p.add(column, "is not UTF-8 text")
	case n < least:
		p.add(column, "is empty")
	case n > most:
		p.add(column, "has %d characters, at most %d are allowed", n, most)
	}
}

// picturesAt is where the storefront serves pictures by their names.
const picturesAt = "/pictures/"

// A name needs no ending: for one without a file the storefront draws a picture.
var pictureName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// image is the name of a picture of the shop's own, given as such or as its
// address. A picture of another site is refused: pages show none, by their
// Content-Security-Policy, and a product must not seem to have one.
func (p *problems) image(column, text string) string {
	name := strings.TrimPrefix(text, picturesAt)
	before := len(*p)
	p.text(column, name, 0, maxImage)
	lower := strings.ToLower(name)
	switch {
	case name == "" && text == "" || len(*p) > before:
	case strings.HasPrefix(lower, "http:"), strings.HasPrefix(lower, "https:"), strings.HasPrefix(lower, "//"):
		p.add(column, "%q is on another site, and pages show the shop's own pictures only: give a name such as mug.jpg", short(text))
	case !pictureName.MatchString(name):
		p.add(column, "%q is not the name of a picture such as mug.jpg, nor its address %smug.jpg", short(text), picturesAt)
	}
	return name
}

func (p *problems) tags(text string) []string {
	var tags []string
	for _, tag := range splitCell(text) {
		p.text("tags", tag, 1, maxTag)
		tags = append(tags, tag)
	}
	if len(tags) > maxTags {
		p.add("tags", "there are %d, at most %d are allowed", len(tags), maxTags)
	}
	return tags
}

// priceIn reads the columns that are named for a currency.
func (p *problems) priceIn(currency string, cell func(string) string) CurrencyPrice {
	price := CurrencyPrice{Currency: currency}
	column, before := priceColumn(currency)
	if text := cell(column); text != "" {
		price.Sold, price.Amount = true, p.price(column, text, currency).Minor()
	}
	if text := cell(before); text != "" {
		price.CompareAt = p.price(before, text, currency).Minor()
	}
	return price
}

func (p *problems) price(column, text, currency string) money.Money {
	if _, err := money.New(currency, 0); err != nil {
		p.add("currency", "%q is not a currency of ISO 4217", short(currency))
		return money.Money{}
	}
	amount, err := money.Parse(text, currency)
	switch {
	case err != nil:
		p.add(column, "%q is not an amount in %s such as %s", short(text), currency, example(currency))
	case amount.Negative():
		p.add(column, "%s is below zero", text)
	case amount.Minor()%money.Step(currency) != 0:
		p.add(column, "%s can't be paid by card: the last of the three decimals in %s is 0", text, currency)
	}
	return amount
}

// example is an amount as a person would write it in that currency.
func example(currency string) string {
	m, err := money.New(currency, 1290)
	if err != nil {
		return "12.90"
	}
	return m.Decimal()
}

// whole is a whole number; an empty cell is 0.
func (p *problems) whole(column, text string, least, most int64) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		p.add(column, "%q is not a whole number", short(text))
	case n < least:
		p.add(column, "%d is below zero", n)
	case n > most:
		p.add(column, "%d is more than %d", n, most)
	}
	return n
}

// pairs are a cell such as Size=M|Colour=Red, with names and values of so many
// characters at most.
func (p *problems) pairs(column, text string, mostName, mostValue int) (pairs []OptionValue) {
	for _, part := range splitAt(text, '|') {
		sides := splitAt(part, '=')
		name := plainText(sides[0])
		value := plainText(strings.Join(sides[1:], "="))
		switch {
		case strings.TrimSpace(part) == "":
		case name == "" || value == "":
			p.add(column, "%q is not a name and its value, such as Size=M", short(part))
		default:
			p.text(column, name, 1, mostName)
			p.text(column, value, 1, mostValue)
			pairs = append(pairs, OptionValue{Name: name, Value: value})
		}
	}
	return pairs
}

// alts are texts of the row's pictures.
func (p *problems) alts(text string, r Row) []OptionValue {
	alts := p.pairs("picture_alts", text, maxImage+len(picturesAt), maxAlt)
	for i := range alts {
		alts[i].Name = strings.TrimPrefix(alts[i].Name, picturesAt)
		if r.has("pictures") && !slices.Contains(r.Pictures, alts[i].Name) {
			p.add("picture_alts", "%q is no picture of the row: the column pictures has %q", short(alts[i].Name), strings.Join(r.Pictures, ", "))
		}
	}
	return alts
}

// choices are values of the options the row has.
func (p *problems) choices(text string, options []OptionValue) []OptionValue {
	choices := p.pairs("choices", text, maxTag, maxTag)
	for _, c := range choices {
		if !slices.Contains(names(options), c.Name) {
			p.add("choices", "%q is no option of the row: the column options has %q", short(c.Name), strings.Join(names(options), ", "))
		}
	}
	return choices
}

// active is whether a variant or product is sold; what the file does not withdraw is.
func (p *problems) active(column, text string) bool {
	switch strings.ToLower(text) {
	case "", "yes", "true", "1":
		return true
	case "no", "false", "0":
		return false
	}
	p.add(column, "%q is not yes or no", short(text))
	return false
}

// short keeps a reason readable whatever stands in a cell.
func short(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}
