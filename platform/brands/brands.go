// Package brands names the networks by which people pay, such as Visa, as people know
// them. Providers and contracts spell them in small letters: "amex".
package brands

import "cmp"

var names = map[string]string{
	"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover",
	"diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay", "maestro": "Maestro",
}

// Name is what people call a brand; otherwise for one that is not known.
func Name(brand, otherwise string) string { return cmp.Or(names[brand], otherwise) }
