package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/edge"
)

// kind is a type of problems. Its name never changes: programs go by it.
type kind struct {
	name   string
	status int
	title  string
}

// The types of problems.
var (
	malformed        = kind{"malformed", http.StatusBadRequest, "The request can't be read"}
	keyMissing       = kind{"idempotency-key-missing", http.StatusBadRequest, "The Idempotency-Key is missing"}
	unauthorized     = kind{"unauthorized", http.StatusUnauthorized, "A token is needed"}
	wrongCredentials = kind{"wrong-credentials", http.StatusUnauthorized, "The person is not known"}
	codeNeeded       = kind{"code-needed", http.StatusUnauthorized, "A code of the second factor is needed"}
	notAllowed       = kind{"not-allowed", http.StatusForbidden, "This is not for who asks"}
	notFound         = kind{"not-found", http.StatusNotFound, "There is nothing at this address"}
	wrongMethod      = kind{"method-not-allowed", http.StatusMethodNotAllowed, "This address does not take this method"}
	tooSlow          = kind{"request-timeout", http.StatusRequestTimeout, "The request came too slowly"}
	notSold          = kind{"not-sold", http.StatusConflict, "It is not sold"}
	otherCurrency    = kind{"other-currency", http.StatusConflict, "It is not sold in the cart's currency"}
	cartFull         = kind{"cart-full", http.StatusConflict, "The cart takes no more"}
	cartEmpty        = kind{"cart-empty", http.StatusConflict, "Nothing is in the cart"}
	cartClaimed      = kind{"cart-claimed", http.StatusConflict, "An earlier order of this cart is paid"}
	outOfStock       = kind{"out-of-stock", http.StatusConflict, "Something is sold out"}
	priceChanged     = kind{"price-changed", http.StatusConflict, "The total is another one"}
	noDelivery       = kind{"no-delivery", http.StatusConflict, "There is no delivery to this address"}
	codeUsedUp       = kind{"code-used-up", http.StatusConflict, "A voucher code is used up"}
	orderEnded       = kind{"order-ended", http.StatusConflict, "The order has ended"}
	orderShipped     = kind{"order-shipped", http.StatusConflict, "The order was sent already"}
	orderNotOpen     = kind{"order-not-open", http.StatusConflict, "The order is not open"}
	orderNotPaid     = kind{"order-not-paid", http.StatusConflict, "The order is not paid"}
	refundTooLarge   = kind{"refund-too-large", http.StatusConflict, "That much can't be refunded"}
	tooMany          = kind{"not-that-many", http.StatusConflict, "There are not that many"}
	endpointOff      = kind{"endpoint-off", http.StatusConflict, "The endpoint is switched off"}
	tooManyEndpoints = kind{"too-many-endpoints", http.StatusConflict, "There are as many endpoints as there may be"}
	belowAllocated   = kind{"below-allocated", http.StatusConflict, "Orders need more than would be left"}
	taken            = kind{"taken", http.StatusConflict, "It belongs to something else"}
	paymentRefused   = kind{"payment-refused", http.StatusConflict, "The payment is refused"}
	notPayable       = kind{"not-payable", http.StatusConflict, "Nothing is to be paid"}
	changedMeanwhile = kind{"changed-meanwhile", http.StatusPreconditionFailed, "It is another version"}
	noCondition      = kind{"condition-missing", http.StatusPreconditionRequired, "The version is missing"}
	tooLarge         = kind{"too-large", http.StatusRequestEntityTooLarge, "The request is too large"}
	notJSON          = kind{"unsupported-media-type", http.StatusUnsupportedMediaType, "The body is not JSON"}
	invalid          = kind{"invalid", http.StatusUnprocessableEntity, "Something in the request is wrong"}
	keyReused        = kind{"idempotency-key-reused", http.StatusUnprocessableEntity, "The Idempotency-Key belongs to another request"}
	codeRefused      = kind{"code-refused", http.StatusUnprocessableEntity, "The voucher code does not work"}
	tooOften         = kind{"too-many-requests", http.StatusTooManyRequests, "Too many requests"}
	unpaidOrders     = kind{"too-many-unpaid-orders", http.StatusTooManyRequests, "Too many orders are not paid"}
	failed           = kind{"internal", http.StatusInternalServerError, "Something went wrong"}
	unavailable      = kind{"unavailable", http.StatusServiceUnavailable, "A part of the shop does not answer"}
	crowded          = kind{"crowded", http.StatusServiceUnavailable, "Too much is asked of the shop just now"}
	notKnown         = kind{"not-known", http.StatusServiceUnavailable, "It is not known yet whether there is an order"}
	kinds            = []kind{malformed, keyMissing, unauthorized, wrongCredentials, codeNeeded, notAllowed, notFound, wrongMethod, tooSlow, notSold, otherCurrency, cartFull, cartEmpty, cartClaimed, outOfStock, priceChanged, noDelivery, codeUsedUp, orderEnded, orderShipped, orderNotOpen, orderNotPaid, refundTooLarge, tooMany, endpointOff, tooManyEndpoints, belowAllocated, taken, paymentRefused, notPayable, changedMeanwhile, noCondition, tooLarge, notJSON, invalid, keyReused, codeRefused, tooOften, unpaidOrders, failed, unavailable, crowded, notKnown}
	problemsPath     = Prefix + "/problems/"
	problemMedia     = "application/problem+json"
	retryAfterRetry  = 5 * time.Second
)

func (k kind) uri() string { return problemsPath + k.name }

// Problem is an error as RFC 9457 has it.
type Problem struct {
	Type      string        `json:"type" format:"uri-reference" doc:"What kind of problem it is; it never changes, and leads to its description."`
	Title     string        `json:"title" doc:"The kind of problem in words."`
	Status    int           `json:"status" doc:"The status of the answer." minimum:"400" maximum:"599"`
	Detail    string        `json:"detail" doc:"What happened this time, and what to do."`
	RequestID string        `json:"request_id" doc:"The id of the request, for the shop's logs."`
	Errors    []FieldError  `json:"errors,omitempty" doc:"What is wrong, field by field."`
	Lines     []ShortLine   `json:"lines,omitempty" doc:"With out-of-stock: what there is too little of."`
	Cart      *Cart         `json:"cart,omitempty" doc:"With price-changed and code-used-up: the cart as it is priced now."`
	Order     *ClaimedOrder `json:"order,omitempty" doc:"With cart-claimed: the order that is paid."`

	header http.Header
	cause  error // for the log, when it is ours
}

// FieldError is one field that is wrong: of the body, by its pointer, or a parameter.
type FieldError struct {
	Pointer   string `json:"pointer,omitempty" doc:"JSON pointer to the field of the body, as a fragment: #/shipping_address/city."`
	In        string `json:"in,omitempty" enum:"query,path,header" doc:"Where the parameter is."`
	Parameter string `json:"parameter,omitempty" doc:"The parameter's name."`
	Detail    string `json:"detail" doc:"What is wrong with it."`
}

// ShortLine is something there is too little of.
type ShortLine struct {
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity,omitempty" doc:"How many were ordered."`
	Available int64  `json:"available" doc:"How many can be had."`
}

// ClaimedOrder is an order that has the cart.
type ClaimedOrder struct {
	ID          string `json:"id"`
	AccessToken string `json:"access_token"`
}

// problem is a problem of a kind.
func problem(k kind, detail string) *Problem {
	p := &Problem{Type: k.uri(), Title: k.title, Status: k.status, Detail: detail}
	switch k.status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		p.wait(retryAfterRetry)
	case http.StatusUnauthorized:
		p.set("WWW-Authenticate", `Bearer realm="shop"`)
	}
	return p
}

// wrongField is a problem with one field of the body.
func wrongField(k kind, pointer, detail string) *Problem {
	p := problem(k, "See errors for what is wrong.")
	p.Errors = []FieldError{{Pointer: pointer, Detail: detail}}
	return p
}

// wrongQuery is one for a parameter of the address.
func wrongQuery(parameter, detail string) *Problem {
	p := problem(invalid, "See errors for what is wrong.")
	p.Errors = []FieldError{{In: "query", Parameter: parameter, Detail: detail}}
	return p
}

func (p *Problem) wait(d time.Duration) *Problem {
	p.set("Retry-After", edge.Seconds(d))
	return p
}

func (p *Problem) set(name, value string) {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
}

func (p *Problem) because(err error) *Problem {
	p.cause = err
	return p
}

// Error implements error.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus is the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are headers of the answer.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is that of problems.
func (p *Problem) ContentType(string) string { return problemMedia }

// problemOf makes a problem of what a module answered, where the handler has no better
// words for it.
func problemOf(err error) *Problem {
	p := new(Problem)
	if errors.As(err, &p) {
		return p
	}
	code := status.Code(err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		code == codes.Unavailable, code == codes.DeadlineExceeded, code == codes.ResourceExhausted, code == codes.Canceled:
		return problem(unavailable, "Nothing was changed that you have to undo. Try again after the time in Retry-After.").because(err)
	case code == codes.PermissionDenied:
		return problem(notAllowed, "Who asks may not do this.")
	case code == codes.NotFound:
		return problem(notFound, "There is no such thing, or you may not see it.")
	case code == codes.InvalidArgument: // such as a text with a NUL character, which no module keeps
		return problem(invalid, "The shop does not take something that was sent: look for characters that are no text.").because(err)
	}
	return problem(failed, "This is our fault. The request's id helps us to find out why.").because(err)
}
