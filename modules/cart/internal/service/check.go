package service

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"galleria/modules/cart/internal/cart"
	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/contract"
)

var (
	cartPattern    = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)
	countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)
	skuPattern     = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	// Keys and orders' ids are their makers' business, within reason.
	namePattern = regexp.MustCompile(`^[\x21-\x7E]{1,128}$`)
)

const badCart = "has 22 to 64 letters, digits, '-' or '_'"

func checkCart(bad []contract.Violation, id string) []contract.Violation {
	// The message does not repeat the id: whoever knows it holds the cart.
	return check(bad, cartPattern.MatchString(id), "cart_id", badCart)
}

func checkSKU(bad []contract.Violation, field, sku string) []contract.Violation {
	return check(bad, skuPattern.MatchString(sku), field, "has 1 to 64 letters, digits, '-', '_' or '.'")
}

func checkQuantity(bad []contract.Violation, quantity, least int64) []contract.Violation {
	return check(bad, quantity >= least && quantity <= cart.MaxQuantity, "quantity", fmt.Sprintf("is between %d and %d", least, cart.MaxQuantity))
}

func checkName(bad []contract.Violation, field, name string) []contract.Violation {
	return check(bad, namePattern.MatchString(name), field, "has 1 to 128 printable characters without spaces")
}

func checkCodes(bad []contract.Violation, field string, codes []string) []contract.Violation {
	bad = check(bad, len(codes) <= cart.MaxCodes, field, fmt.Sprintf("has up to %d entries", cart.MaxCodes))
	for i, code := range codes {
		bad = check(bad, isCode(code), fmt.Sprintf("%s[%d]", field, i), "has 1 to 64 characters, without white space between them")
	}
	return bad
}

func isCode(code string) bool {
	code = strings.TrimSpace(code)
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }
	return code != "" && utf8.ValidString(code) && utf8.RuneCountInString(code) <= 64 && !strings.ContainsFunc(code, odd)
}

// checkChoice is for the id of a delivery option or of a customer, or none.
func checkChoice(bad []contract.Violation, field, id string) []contract.Violation {
	return check(bad, id == "" || len(id) <= 64 && namePattern.MatchString(id), field, "has up to 64 printable characters without spaces")
}

func checkDestination(bad []contract.Violation, to cart.Destination) []contract.Violation {
	bad = check(bad, to.Country == "" || countryPattern.MatchString(to.Country), "destination.country", "has 2 capital letters, as DE")
	for _, part := range []struct {
		field, text string
		most        int
	}{{"region", to.Region, 64}, {"postal_code", to.PostalCode, 20}} {
		good := utf8.ValidString(part.text) && utf8.RuneCountInString(part.text) <= part.most && !strings.ContainsFunc(part.text, unicode.IsControl)
		bad = check(bad, good, "destination."+part.field, fmt.Sprintf("has up to %d characters, without control characters", part.most))
	}
	return bad
}

func checkItems(bad []contract.Violation, items []*cartv1.TakeItemsRequest_Item) []contract.Violation {
	bad = check(bad, len(items) <= cart.MaxLines, "items", fmt.Sprintf("has up to %d entries", cart.MaxLines))
	for i, item := range items {
		bad = checkSKU(bad, fmt.Sprintf("items[%d].sku", i), item.GetSku())
		bad = check(bad, item.GetQuantity() > 0, fmt.Sprintf("items[%d].quantity", i), "is at least 1")
	}
	return bad
}

func check(bad []contract.Violation, good bool, field, message string) []contract.Violation {
	if good {
		return bad
	}
	return append(bad, contract.Violation{Field: field, Message: message})
}
