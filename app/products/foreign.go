package products

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// foreign turns the rows of another shop program's file into rows of a product file.
type foreign interface {
	// take gets a row and answers those that are complete with it.
	take(record) []translated
	// rest are those that are complete with the end of the file.
	rest() []translated
	// notices say what could not be carried over.
	notices() []string
}

// record is a row of another program's file.
type record struct {
	line int
	cell func(column string) string // "" for a column that is not there
}

// translated is a row with the columns of a product file.
type translated struct {
	line  int
	cells map[string]string
	// bad is why there is no row, "" as a rule.
	bad string
}

// origin is the header line of another program's file.
type origin struct {
	columns  map[string]int // in lower case
	currency string
	said     *tally
}

func (o origin) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { _, has := o.columns[name]; return has })
}

// heading has the columns that are made of the file's own: from says which of ours is
// made of which of theirs, any of them. What the file does not tell is left as it is.
func (o origin) heading(from map[string][]string) *heading {
	h := newHeading()
	for name, theirs := range from {
		if len(theirs) == 0 || o.has(theirs...) {
			_ = h.add(len(h.columns), name) // each comes once
		}
	}
	h.locations = []string{mainLocation} // their cells are empty where they have none
	return h
}

// recognise finds out by the header line which program wrote the file, and sets foreign;
// of none that is known, it leaves the file as it is.
func (f *file) recognise(names []string) error {
	o := origin{columns: map[string]int{}, currency: f.currency, said: &tally{}}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := o.columns[name]; !twice {
			o.columns[name] = i
		}
	}
	var whose string
	switch {
	case isShopify(o):
		whose = "Shopify"
		f.foreign, f.heading = newShopify(o)
	case isWooCommerce(o):
		whose = "WooCommerce"
		f.foreign, f.heading = newWooCommerce(o)
	default:
		return nil
	}
	f.theirs = o.columns
	if f.currency == "" {
		return fmt.Errorf("the file is a product export of %s, which does not name the currency of its prices: say it with --currency", whose)
	}
	f.notices = append(f.notices, fmt.Sprintf("a product export of %s: prices are read in %s", whose, f.currency))
	return nil
}

// tally counts what is not carried over, in the order it was met.
type tally struct {
	what   []string
	counts map[string]int
}

func (t *tally) note(what string) { t.add(what, 1) }

func (t *tally) add(what string, n int) {
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	if n > 0 && t.counts[what] == 0 {
		t.what = append(t.what, what)
	}
	t.counts[what] += n
}

func (t *tally) notices() (all []string) {
	for _, what := range t.what {
		all = append(all, fmt.Sprintf("%d × %s", t.counts[what], what))
	}
	return all
}

// What is noted of both programs' files.
const (
	notFetched = "picture on another site: it is named in the product by the end of its address, and not fetched; add it with galleria pictures add"
	unnamed    = "picture whose address has no name of a file at its end: left out"
	tooMany    = "picture beyond the 10 that a product has: left out"
	formatted  = "description with HTML: its text is kept, its formatting and pictures are not"
	madeSKU    = "variant without a sku: one is made of its product and options"
	underOther = "category below others: only its own name is kept"
)

const maxPictures = 10

// pictures makes names of the addresses of pictures. Alts are their texts, where the
// file has them.
func (t *tally) pictures(addresses, alts []string) (names []string, texts []OptionValue) {
	for i, address := range addresses {
		name := t.picture(address)
		switch {
		case name == "" || slices.Contains(names, name):
		case len(names) == maxPictures:
			t.note(tooMany)
		default:
			t.note(notFetched)
			names = append(names, name)
			if i < len(alts) && alts[i] != "" {
				texts = append(texts, OptionValue{Name: name, Value: alts[i]})
			}
		}
	}
	return names, texts
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// picture is a name for the picture at an address: mug.jpg for
// https://cdn.example/files/mug.jpg?v=1. It is empty when there is none.
func (t *tally) picture(address string) string {
	if address == "" {
		return ""
	}
	at, err := url.Parse(address)
	if err != nil {
		t.note(unnamed)
		return ""
	}
	name := strings.TrimLeft(notInNames.ReplaceAllString(path.Base(at.Path), "-"), ".-_")
	if name == "" || len(name) > maxImage {
		t.note(unnamed)
		return ""
	}
	return name
}

// category is the last name of "Clothing > Men > Shirts".
func (t *tally) category(text string) string {
	parts := strings.Split(text, ">")
	if len(parts) > 1 {
		t.note(underOther)
	}
	return strings.TrimSpace(parts[len(parts)-1])
}

// sku is made for a variant that has none.
func (t *tally) sku(product string, values []string) string {
	t.note(madeSKU)
	sku := Slug(strings.Join(append([]string{product}, values...), " "))
	return sku[:min(len(sku), 64)]
}

// text is HTML as plain text. With lines the ends of lines in it mean something.
func (t *tally) text(source string, lines bool) string {
	var b strings.Builder
	formatting, hidden := false, 0
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end: nothing is refused
			if formatting {
				t.note(formatted)
			}
			return tidyLines(b.String())
		case html.TextToken:
			text := string(z.Text())
			if !lines && formatting {
				text = spaced(text)
			}
			if hidden == 0 {
				b.WriteString(html.UnescapeString(text))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			formatting = true
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				hidden++
			case "br", "tr":
				b.WriteByte('\n')
			case "li":
				b.WriteString("\n- ")
			case "p", "div", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6":
				b.WriteString("\n\n")
			case "td", "th":
				b.WriteByte(' ')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				hidden = max(hidden-1, 0)
			case "p", "div", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6":
				b.WriteString("\n\n")
			}
		}
	}
}

// spaced makes one space of each run of space.
func spaced(text string) string {
	if strings.TrimSpace(text) == "" {
		return " "
	}
	joined := strings.Join(strings.Fields(text), " ")
	if strings.TrimLeft(text, " \t\r\n") != text {
		joined = " " + joined
	}
	if strings.TrimRight(text, " \t\r\n") != text {
		joined += " "
	}
	return joined
}

// tidyLines drops space around lines, and all but one of empty lines in a row.
func tidyLines(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		line = strings.TrimSpace(line)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// list are the parts of a cell with commas between; `\,` is a comma of a part.
func list(cell string) (parts []string) {
	for _, part := range splitAt(cell, ',') {
		if part = strings.TrimSpace(strings.ReplaceAll(part, `\,`, ",")); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// weights in grams, by the unit in the name of a column.
var gramsIn = map[string]float64{"g": 1, "kg": 1000, "lbs": 453.59237, "oz": 28.349523125}

// grams is a weight in whole grams; what is no number is left to be refused.
func grams(text, unit string) string {
	if text == "" {
		return ""
	}
	weight, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || weight < 0 || weight > maxWeight {
		return text
	}
	return strconv.FormatInt(int64(weight*gramsIn[unit]+0.5), 10)
}

// amountText is a price with a decimal point; a program may write a comma, and a table
// program that saves the file does.
func amountText(text string) string {
	if !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	return text
}

// isNo tells whether a cell says no.
func isNo(text string) bool {
	return slices.Contains([]string{"false", "0", "no", "-1"}, strings.ToLower(strings.TrimPrefix(text, "'")))
}

// count is how many there are; who has sold more than there were has none.
func count(text string) string {
	text = strings.TrimPrefix(text, "'")
	if isOversold(text) {
		return "0"
	}
	whole, decimals, _ := strings.Cut(text, ".")
	if strings.Trim(decimals, "0") != "" {
		return text // refused
	}
	return whole
}

// isOversold tells that more was promised than there is.
func isOversold(text string) bool { return strings.HasPrefix(strings.TrimPrefix(text, "'"), "-") }
