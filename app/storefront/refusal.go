package storefront

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
)

// failure is why a checkout did not become an order, for the person who tried.
type failure struct {
	status      int
	title, text string
	fields      map[string]string // what is wrong, by field
	sku         string            // what there is too little of
	left        int64             // how much of it
	most        bool              // there is more of it, but left is what one order may have
	changed     bool              // the total is another one than was shown
	links       []page.Point      // where to go on

	// settled: this order will never be, so the next try is another one and
	// needs another key. When it is not settled nobody knows whether the order
	// exists: only the same key makes sure that there is one at most.
	settled bool
	// unsent: it was not sent to orders, and what is wrong with it has to be mended first.
	unsent bool
	err    error // for the log, when an operator should look
}

const notPlaced = "Your order was not placed"

func invalid(wrong map[string]string) failure {
	return failure{status: http.StatusUnprocessableEntity, title: "Please look at this again", fields: wrong}
}

// tooManyAtOnce is for a checkout whose turn did not come. Nothing was begun, so the
// key stays good.
func tooManyAtOnce(err error) failure {
	return failure{
		status: http.StatusServiceUnavailable, title: "Many people are paying just now",
		text: "Your turn did not come in time. Nothing was charged; your cart is kept. Please send the form again.", err: err,
	}
}

// tooManyOfOne is for a client that tries to pay too often.
func tooManyOfOne(wait time.Duration) failure {
	return failure{
		status: http.StatusTooManyRequests, title: "Too many attempts",
		text: "There were too many attempts to order from your network. Nothing was charged; your cart is kept. Please send the form again in " + edge.InWords(wait) + ".",
	}
}

// earlierPaid is for a cart of which an earlier order turned out to be paid.
func earlierPaid(address string) failure {
	return failure{
		status: http.StatusConflict, settled: true, title: "Your earlier order is paid",
		text:  "It stands as you ordered it, so nothing new was ordered, and nothing more was charged. What you see here can be ordered besides it.",
		links: []page.Point{{Text: "See the order that is paid", Href: address}},
	}
}

// orderFailed explains why orders did not sell.
func orderFailed(err error) failure {
	is := func(r ordersv1.Reason) bool { return contract.Is(err, r) }
	switch {
	case is(ordersv1.Reason_REASON_OUT_OF_STOCK):
		// An amount that can't be read is shown as sold out.
		left, _ := strconv.ParseInt(contract.Metadata(err, "available"), 10, 64)
		if contract.Metadata(err, "held") == "true" {
			return failure{
				status: http.StatusConflict, settled: true, title: notPlaced, sku: contract.Metadata(err, "sku"), left: left, most: true,
				text: "That is more than one order can have of it just now. Nothing was charged.",
			}
		}
		return failure{
			status: http.StatusConflict, settled: true, title: notPlaced, sku: contract.Metadata(err, "sku"), left: left,
			text: "There is less of it than you want. Nothing was charged.",
		}
	case is(ordersv1.Reason_REASON_QUOTE_CHANGED):
		return failure{
			status: http.StatusConflict, settled: true, changed: true, title: "The total has changed",
			text: "What you see now is not what you saw before. Nothing was charged: please look at the new total, and order again if you agree.",
		}
	case is(ordersv1.Reason_REASON_NO_DELIVERY):
		return failure{
			status: http.StatusConflict, settled: true, title: notPlaced, fields: map[string]string{"country": "We do not deliver to this country."},
			text: "Nothing was charged.",
		}
	case is(ordersv1.Reason_REASON_CODE_USED_UP):
		return failure{
			status: http.StatusConflict, settled: true, changed: true, title: notPlaced, fields: map[string]string{"code": "This code is used up."},
			text: "Nothing was charged. The total is now without the code.",
		}
	case is(ordersv1.Reason_REASON_TOO_MANY_ORDERS):
		return failure{
			status: http.StatusTooManyRequests, settled: true, title: "Please pay what you ordered first",
			text: "There are several orders from your network that are not paid. Pay or cancel one of them, or wait until they end. Nothing was charged.",
		}
	case is(ordersv1.Reason_REASON_CANCELLED), is(ordersv1.Reason_REASON_NOT_PAID_IN_TIME):
		return failure{
			status: http.StatusConflict, settled: true, title: "This order has ended",
			text: "It was cancelled, not paid in time, or a newer order took its place. Nothing was charged for it: order again if you like.",
		}
	case is(ordersv1.Reason_REASON_CART_EMPTY):
		return failure{status: http.StatusConflict, settled: true, title: notPlaced, text: "Your cart is empty. Nothing was charged."}
	case is(ordersv1.Reason_REASON_PAYMENT_REFUSED):
		return failure{
			status: http.StatusConflict, settled: true, title: "This payment can't be taken", err: err,
			text: "The payment service refuses it, and would again: the total may be too small to be paid by card. Nothing was charged; your cart is kept.",
		}
	case is(ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE):
		return failure{
			status: http.StatusServiceUnavailable, settled: true, title: "Payment was unavailable",
			// In the past tense: a form that is sent once more has the same answer, when payment may be back.
			text: "It did not answer when you sent the form. Nothing was charged; your cart is kept. Please try again in a little while.", err: err,
		}
	case is(ordersv1.Reason_REASON_UNAVAILABLE):
		return failure{
			status: http.StatusServiceUnavailable, settled: true, title: "A part of the shop is not answering",
			text: "Nothing was charged; your cart is kept. Please try again in a little while.", err: err,
		}
	case is(ordersv1.Reason_REASON_KEY_REUSED):
		return failure{
			status: http.StatusConflict, settled: true, title: "This form was sent before, with other details",
			text: "If the order that was sent before is paid, its confirmation is in your mail. If not, send this form again: the new order takes its place.",
		}
	}
	if status.Code(err) == codes.InvalidArgument {
		return misspelt(err)
	}
	return failure{
		status: http.StatusServiceUnavailable, title: "We have not heard whether your order went through", err: err,
		text: "Please send the form again: it is the same order, and you are charged once at most. If there is no order yet, your cart is kept.",
	}
}

// misspelt are the fields orders would not take. It wrote nothing down.
func misspelt(err error) failure {
	wrong := violated(err, map[string]string{
		"contact.email": "email", "contact.name": "name", "address.line1": "line1", "address.line2": "line2",
		"address.city": "city", "address.postal_code": "postal_code", "address.country": "country", "address.region": "region",
	})
	if len(wrong) > 0 {
		return invalid(wrong)
	}
	return failure{
		status: http.StatusUnprocessableEntity, settled: true, title: notPlaced, err: err,
		text: "We could not make sense of the form. Nothing was charged: please go back to your cart and try again.",
	}
}

// violated are the fields an error names, as the form calls them.
func violated(err error, names map[string]string) map[string]string {
	wrong := map[string]string{}
	for _, v := range contract.Violations(err) {
		if name := names[v.Field]; name != "" {
			wrong[name] = sentence(name, v.Message)
		}
	}
	return wrong
}

// sentence makes "must have at most 100 characters" one for a person.
func sentence(field, message string) string {
	switch {
	case message == "":
		return missing(field)
	case field == "card_number":
		return "This is not the number of a card. Please check the digits."
	}
	first, _ := utf8.DecodeRuneInString(message)
	if unicode.IsLower(first) {
		message = label(field) + " " + message
	}
	return strings.TrimSuffix(message, ".") + "."
}

// points lists the fields in the order they stand in, each a link to itself.
func (f failure) points() []page.Point {
	all := slices.Clone(f.links)
	for _, field := range fields {
		if text := f.fields[field.name]; text != "" {
			all = append(all, page.Point{Text: text, Href: "#" + field.name})
		}
	}
	return all
}

// short says how much there is of a thing, or how much of it one order may have.
func (f failure) short(name string) string {
	switch {
	case !f.most:
		return shortage(f.left, name)
	case name != "":
		return fmt.Sprintf("At most %d of %s in one order.", f.left, name)
	}
	return fmt.Sprintf("At most %d in one order.", f.left)
}

// mark says at the thing itself, and in the summary, what there is too little
// of.
func (f failure) mark(v *page.Checkout) {
	if f.sku == "" {
		return
	}
	name := "something in your cart"
	for i := range v.Lines {
		if v.Lines[i].SKU == f.sku {
			name = v.Lines[i].Name
			v.Lines[i].Warning = f.short("")
		}
	}
	text := f.short(name)
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	v.Notice.Points = append(v.Notice.Points, page.Point{Text: text + " Change your cart", Href: "/cart"})
}
