package rules

import (
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// nouns are words of the business, and the product's name, singular; their
// plurals are meant too. Some have a plain meaning as well (in order, a sum's
// product): those count in compounds only, see ambiguous.
var nouns = words("basket buyer card cart catalog catalogue category checkout customer galleria inventory invoice merchant " +
	"order payment product purchase refund reservation sale seller shipment shipping shop shopper sku stock storefront supplier vendor voucher warehouse")

// ambiguous nouns also have a plain meaning: to sort is to order, and to
// multiply makes a product. They count in the plural, and beside one of these
// in a name: PlaceOrder, order_id.
var (
	ambiguous = words("order product")
	telling   = words("buy cancel client confirm event get id ids item items key line lines list name number paid pay place price service ship sku status token total")
)

// allowed are the import paths of this repository, and words of the platform's
// own trade that contain a noun:
//
//   - GALLERIA_TEST_POSTGRES tells this repository's tests where their server is.
//   - GALLERIA is the name of the stream in brokers that exist.
var allowed = regexp.MustCompile(`\b(galleria/(platform|migrations|modules|app)|GALLERIA_TEST_POSTGRES|GALLERIA)\b`)

func TestRulePlatformHasNoBusinessNoun(t *testing.T) {
	for _, f := range files(t, "platform") {
		if f.generated() {
			continue // from a .proto, which is looked at
		}
		for _, found := range businessNouns(f) {
			t.Errorf("%s: the platform could be lifted into another product as it is, so it speaks of no business; say it without the word, or with an example from elsewhere", found)
		}
	}
}

// businessNouns lists the places of a file that use one, as path:line: word.
func businessNouns(f file) []string {
	var found []string
	check := func(line int, text string) {
		for _, noun := range nounsIn(text) {
			found = append(found, f.path+":"+strconv.Itoa(line)+": "+noun)
		}
	}
	if !f.isGo() {
		for i, line := range strings.Split(f.text, "\n") {
			check(i+1, line)
		}
		return found
	}
	set := token.NewFileSet()
	source := set.AddFile(f.path, -1, len(f.text))
	var s scanner.Scanner
	s.Init(source, []byte(f.text), nil, scanner.ScanComments)
	for {
		pos, tok, literal := s.Scan()
		switch tok {
		case token.EOF:
			return found
		case token.IDENT, token.STRING, token.COMMENT:
			for i, line := range strings.Split(literal, "\n") {
				check(set.Position(pos).Line+i, line)
			}
		}
	}
}

var name = regexp.MustCompile(`[\pL\pN_]+`)

// nounsIn finds the names in a text that are, or have as a part, a noun.
func nounsIn(text string) []string {
	text = allowed.ReplaceAllString(text, "")
	var found []string
	for _, whole := range name.FindAllString(text, -1) {
		parts := split(whole)
		for i, part := range append(parts, strings.ToLower(whole)) {
			if !isNoun(part) {
				continue
			}
			if ambiguous[part] && !(i > 0 && telling[parts[i-1]]) && !(i+1 < len(parts) && telling[parts[i+1]]) {
				continue
			}
			found = append(found, whole)
			break
		}
	}
	return found
}

func isNoun(word string) bool {
	if nouns[word] || nouns[strings.TrimSuffix(word, "s")] {
		return true
	}
	stem, ok := strings.CutSuffix(word, "ies")
	return ok && nouns[stem+"y"]
}

// version is the end of a generated package's name, or of a file's.
var version = regexp.MustCompile(`(.)(v?[0-9]+|test)$`)

// split takes a name apart: PlaceOrder and place_order hold order, ordersv1
// holds orders.
func split(whole string) []string {
	var parts []string
	var part []rune
	end := func() {
		if len(part) > 0 {
			parts = append(parts, strings.ToLower(string(part)))
		}
		part = nil
	}
	runes := []rune(whole)
	for i, r := range runes {
		switch {
		case r == '_':
			end()
			continue
		case unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			end()
		}
		part = append(part, r)
	}
	end()
	for i, p := range parts {
		parts[i] = version.ReplaceAllString(p, "$1")
	}
	return parts
}

func TestRulePlatformHasNoBusinessNounSeesOffenders(t *testing.T) {
	for text, want := range map[string]int{
		"commitInOrder of racing writers": 0,
		"in the order of the stream":      0,
		"SELECT id FROM x ORDER BY id":    0,
		"the product of two numbers":      0,
		"authors rely on this":            0,
		`"galleria/platform/route"`:       0,
		"what a payment card looks like":  2,
		"PlaceOrder":                      1,
		"order_id":                        1,
		"ordersv1.Reason":                 1,
		"the orders of a day":             1,
		"a shop's cart":                   2,
		"productID":                       1,
		"SKUs":                            1,
		"catalogtest categories":          2,
		"CustomerHTTPServer":              1,
		"galleria.yaml":                   1,
	} {
		if got := nounsIn(text); len(got) != want {
			t.Errorf("nouns in %q: got %v, want %d", text, got, want)
		}
	}
	code := "package p\n\n// Cart is\n// a stock.\ntype Cart struct{ a string }\n\nconst s = `one\nsku`\n"
	got := businessNouns(file{path: path.Join("platform", "p.go"), text: code})
	want := "platform/p.go:3: Cart platform/p.go:4: stock platform/p.go:5: Cart platform/p.go:8: sku"
	if strings.Join(got, " ") != want {
		t.Errorf("places: got %v, want %v", got, want)
	}
}
