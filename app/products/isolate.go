package products

import (
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
)

// isolate sends rows, or what rows come to, in one call that takes all of them or none, and, when it
// takes none because of some, finds those and sends the others. list is the
// request's field the rows are in, which violations name: products[3].price.
//
// Where the refusal does not say which row is to blame, the rows are halved
// until it is clear: for one bad row among n that takes about 2·log2(n) calls. They are
// halved as well when the time of the call is not enough for all, as on a busy machine.
//
// An error is not about rows: the module could not be asked, or ctx ended.
func isolate[T any](rows []T, list string, refused func(T, reasons) []BadRow, send func([]T) ([]T, error)) (taken []T, bad []BadRow, err error) {
	if len(rows) == 0 {
		return nil, nil, nil
	}
	rows, err = send(rows)
	if err == nil {
		return rows, nil, nil
	}
	isTooMany := status.Code(err) == codes.DeadlineExceeded && len(rows) > fewRows
	if !aboutRows(err) && !isTooMany || len(rows) == 0 {
		return nil, nil, err
	}
	if blamed := blame(err, list, len(rows)); len(blamed) > 0 {
		var rest []T
		for i, r := range rows {
			if why, is := blamed[i]; is {
				bad = append(bad, refused(r, why)...)
			} else {
				rest = append(rest, r)
			}
		}
		taken, more, err := isolate(rest, list, refused, send)
		return taken, append(bad, more...), err
	}
	if len(rows) == 1 {
		return nil, refused(rows[0], reasons{whole: status.Convert(err).Message()}), nil
	}
	for _, half := range [][]T{rows[:len(rows)/2], rows[len(rows)/2:]} {
		good, more, err := isolate(half, list, refused, send)
		taken, bad = append(taken, good...), append(bad, more...)
		if err != nil {
			return taken, bad, err
		}
	}
	return taken, bad, nil
}

// fewRows can't be too many for one call: a module that has no time for them hangs, and is
// not waited for again and again.
const fewRows = 100

// aboutRows tells refusals of what was sent from failures to send it.
func aboutRows(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.AlreadyExists, codes.FailedPrecondition, codes.OutOfRange:
		return true
	}
	return false
}

var element = regexp.MustCompile(`^([a-z_]+)\[(\d+)\](?:\.(.+))?$`)

// inFile are the columns whose names in the contract differ.
var inFile = map[string]string{"currency_code": "currency", "amount_minor": "price", "compare_at_minor": "compare_at", "pictures": "image", "picture": "image",
	"option_values": "options", "slug": "product", "on_hand": "stock"}

// reasons are why a row, or what rows come to, is refused.
type reasons struct {
	whole    string
	variants map[int]string // of one variant, by its index
}

var ofVariant = regexp.MustCompile(`^variants\[(\d+)\]\.`)

// add notes what a violation says of a field, such as variants[0].prices[0].amount_minor.
func (r *reasons) add(field, message string) {
	found := ofVariant.FindStringSubmatch(field)
	if found != nil {
		field = field[strings.LastIndex(field, ".")+1:]
	}
	column, _, _ := strings.Cut(field, "[")
	if name, differs := inFile[column]; differs {
		column = name
	}
	text := strings.TrimPrefix(column+": "+message, ": ")
	if found == nil {
		r.whole = strings.TrimPrefix(r.whole+"; "+text, "; ")
		return
	}
	if r.variants == nil {
		r.variants = map[int]string{}
	}
	of, _ := strconv.Atoi(found[1]) // one that is too large is of no variant
	r.variants[of] = strings.TrimPrefix(r.variants[of]+"; "+text, "; ")
}

// blame is what the violations say of each row, by index.
func blame(err error, list string, n int) map[int]reasons {
	said := map[int]reasons{}
	for _, v := range contract.Violations(err) {
		found := element.FindStringSubmatch(v.Field)
		if found == nil || found[1] != list {
			continue
		}
		i, err := strconv.Atoi(found[2])
		if err != nil || i >= n {
			continue
		}
		why := said[i]
		why.add(found[3], v.Message)
		said[i] = why
	}
	return said
}
