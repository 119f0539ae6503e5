// Package request reads the contract's requests into the domain, or says which
// of their fields are wrong, and writes the answers.
package request

import (
	"fmt"

	"galleria/modules/payments/internal/card"
	"galleria/platform/contract"
)

// maxKey bounds ids and keys, in bytes, which keeps rows small.
const maxKey = 200

// maxAmount keeps sums of amounts far from overflowing: 10^15 minor units.
const maxAmount = 1_000_000_000_000_000

// Refused is the error of a card that can't be one; nil without problems.
func Refused(problems []card.Problem) error {
	var bad violations
	for _, p := range problems {
		bad.add("card."+p.Field, "%s", p.Message)
	}
	return bad.err()
}

// OrderID is that of a request about one order.
func OrderID(r interface{ GetOrderId() string }) (string, error) {
	var bad violations
	bad.key("order_id", r.GetOrderId())
	return r.GetOrderId(), bad.err()
}

type violations []contract.Violation

func (v violations) err() error { return contract.Invalid(v...) }

func (v *violations) add(field, format string, args ...any) {
	*v = append(*v, contract.Violation{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (v *violations) amount(field string, minor int64) {
	if minor <= 0 || minor > maxAmount {
		v.add(field, "must be more than 0, and at most %d", int64(maxAmount))
	}
}

func (v *violations) key(field, key string) {
	if key == "" || len(key) > maxKey {
		v.add(field, "must have 1 to %d bytes", maxKey)
		return
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			v.add(field, "must be printable ASCII without spaces")
			return
		}
	}
}

func currency(code string) bool {
	ok := len(code) == 3
	for _, c := range []byte(code) {
		ok = ok && c >= 'A' && c <= 'Z'
	}
	return ok
}
