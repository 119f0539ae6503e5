package products

import (
	"fmt"
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
func isolate[T any](rows []T, list string, refused func(T, string) []BadRow, send func([]T) ([]T, error)) (taken []T, bad []BadRow, err error) {
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
			if reason, is := blamed[i]; is {
				bad = append(bad, refused(r, reason)...)
			} else {
				rest = append(rest, r)
			}
		}
		taken, more, err := isolate(rest, list, refused, send)
		return taken, append(bad, more...), err
	}
	if len(rows) == 1 {
		return nil, refused(rows[0], status.Convert(err).Message()), nil
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

// blame is what the violations say of each row, by index.
func blame(err error, list string, n int) map[int]string {
	said := map[int][]string{}
	for _, v := range contract.Violations(err) {
		found := element.FindStringSubmatch(v.Field)
		if found == nil || found[1] != list {
			continue
		}
		i, err := strconv.Atoi(found[2])
		if err != nil || i >= n {
			continue
		}
		column := found[3] // such as variants[0].prices[0].amount_minor
		if strings.HasPrefix(column, "variants[") {
			column = column[strings.LastIndex(column, ".")+1:]
		}
		column, _, _ = strings.Cut(column, "[")
		if name, differs := inFile[column]; differs {
			column = name
		}
		said[i] = append(said[i], strings.TrimPrefix(fmt.Sprintf("%s: %s", column, v.Message), ": "))
	}
	blamed := make(map[int]string, len(said))
	for i, reasons := range said {
		blamed[i] = strings.Join(reasons, "; ")
	}
	return blamed
}
