package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/money"
)

// orderDone says what was done, by the word in the address.
var orderDone = map[string]string{
	"ship":   "The parcel is noted, and a mail tells the customer.",
	"cancel": "The order is being cancelled: goods and money go back as soon as their modules answer.",
	"refund": "The refund is on its way to the payment service; below is how it went.",
	"out":    "The pieces are taken out of the order, and go back to the shelf.",
	"return": "The goods that came back are noted.",
	"retry":  "What could not be done is being tried again.",
	"close":  "The order needs no attention any more.",
	"note":   "The note is kept.",
}

// orderChange is what a form about an order does. It says in the audit log's words what
// was done, and the word for orderDone.
type orderChange func(work context.Context, ctx echo.Context, o *ordersv1.Order, key string) (auditlog.Entry, string, error)

// errForm is what a form lacks, in words for people.
type errForm string

func (e errForm) Error() string { return string(e) }

// changeOrder finds the order of a form and does what the form is for. A refusal is said
// on the order's page as it is now, where what was typed is kept.
func (c *Console) changeOrder(change orderChange) echo.HandlerFunc {
	return func(ctx echo.Context) error {
		work, done := c.working(ctx)
		defer done()
		found, err := c.Orders.FindOrder(work, &ordersv1.FindOrderRequest{Number: ctx.Param("number")})
		if err != nil {
			return err
		}
		o, key := found.GetOrder(), ctx.FormValue("key")
		note, word, err := change(work, ctx, o, key)
		if words, refused := refusal(err); refused {
			if again, err := c.Orders.FindOrder(work, &ordersv1.FindOrderRequest{Number: o.GetId()}); err == nil {
				o = again.GetOrder()
			}
			// The form's own address says which of the page's forms it is.
			return c.showOrder(ctx, http.StatusConflict, o, words, view.Typed{Form: path.Base(ctx.Request().URL.Path), Values: ctx.Request().PostForm})
		}
		if err != nil {
			return err
		}
		note.Thing = "order " + o.GetNumber()
		c.note(ctx, note)
		return ctx.Redirect(http.StatusSeeOther, orderLink(o)+"?done="+word)
	}
}

// note writes to the audit log what the person did, once for a form that was sent twice.
func (c *Console) note(ctx echo.Context, e auditlog.Entry) {
	e.Who = personOf(ctx).Email
	if key := ctx.FormValue("key"); key != "" {
		e.Once = strings.Join([]string{e.Who, e.Action, e.Thing, key}, " ")
	}
	c.Audit.Note(e)
}

// refusal is why something was not done, in words for people; false: it failed otherwise.
func refusal(err error) (words string, refused bool) {
	var form errForm
	if errors.As(err, &form) {
		return "This was not done: " + string(form), true
	}
	switch status.Code(err) {
	case codes.InvalidArgument:
		var all []string
		for _, v := range contract.Violations(err) {
			all = append(all, strings.ReplaceAll(v.Field, "_", " ")+" "+v.Message)
		}
		if len(all) == 0 {
			all = []string{status.Convert(err).Message()}
		}
		return "This was not done: " + strings.Join(all, "; ") + ".", true
	case codes.FailedPrecondition, codes.AlreadyExists, codes.PermissionDenied, codes.ResourceExhausted:
		return "This was not done: " + status.Convert(err).Message() + ".", true
	}
	return "", false
}

func (c *Console) shipOrder(work context.Context, ctx echo.Context, o *ordersv1.Order, key string) (auditlog.Entry, string, error) {
	pieces, err := piecesTyped(ctx, o)
	if err == nil && len(pieces) == 0 {
		err = errForm("say how many of which line are in the parcel.")
	}
	if err != nil {
		return auditlog.Entry{}, "", err
	}
	carrier, tracking := strings.TrimSpace(ctx.FormValue("carrier")), strings.TrimSpace(ctx.FormValue("tracking"))
	_, err = c.Orders.ShipOrder(work, &ordersv1.ShipOrderRequest{
		OrderId: o.GetId(), Pieces: pieces, Carrier: carrier, Tracking: tracking, TrackingUrl: strings.TrimSpace(ctx.FormValue("tracking_url")), IdempotencyKey: key,
	})
	return auditlog.Entry{Action: "shipped", To: piecesOf(o, pieces), Detail: strings.Join(nonEmpty(carrier, tracking), " ")}, "ship", err
}

func (c *Console) cancelOrder(work context.Context, ctx echo.Context, o *ordersv1.Order, _ string) (auditlog.Entry, string, error) {
	if ctx.FormValue("sure") == "" {
		return auditlog.Entry{}, "", errForm("tick the box to say that the order is to be cancelled.")
	}
	answer, err := c.Orders.CancelOrder(work, &ordersv1.CancelOrderRequest{OrderId: o.GetId(), Operator: true, Reason: ctx.FormValue("reason")})
	e := auditlog.Cancelled(answer.GetOrder())
	e.From, e.Detail = word(o.GetStatus().String(), "ORDER_STATUS_"), ctx.FormValue("reason")
	return e, "cancel", err
}

func (c *Console) refundOrder(work context.Context, ctx echo.Context, o *ordersv1.Order, key string) (auditlog.Entry, string, error) {
	r := &ordersv1.RefundOrderRequest{OrderId: o.GetId(), Reason: strings.TrimSpace(ctx.FormValue("reason")), IdempotencyKey: key}
	what := "all that was left"
	var err error
	switch ctx.FormValue("how") {
	case "pieces":
		if r.Pieces, err = piecesTyped(ctx, o); err == nil && len(r.Pieces) == 0 {
			err = errForm("say how many of which line are refunded.")
		}
		r.Restock, what = ctx.FormValue("restock") != "", piecesOf(o, r.GetPieces())
	case "amount":
		m, parsed := money.Parse(strings.TrimSpace(ctx.FormValue("amount")), o.GetCurrencyCode())
		if parsed != nil || m.Minor() < 1 {
			err = errForm("the amount is one of " + o.GetCurrencyCode() + " above 0, such as 5.00.")
		}
		r.AmountMinor, what = m.Minor(), amountOf(o, m.Minor())
	case "all":
	default:
		err = errForm("say whether pieces, an amount or all that is left is refunded.")
	}
	if err != nil {
		return auditlog.Entry{}, "", err
	}
	_, err = c.Orders.RefundOrder(work, r)
	if ctx.FormValue("out") != "" {
		return auditlog.Entry{Action: "took pieces out of", To: what, Detail: r.GetReason()}, "out", err
	}
	return auditlog.Entry{Action: "refunded", To: what, Detail: r.GetReason()}, "refund", err
}

func (c *Console) returnItems(work context.Context, ctx echo.Context, o *ordersv1.Order, key string) (auditlog.Entry, string, error) {
	pieces, err := piecesTyped(ctx, o)
	if err == nil && len(pieces) == 0 {
		err = errForm("say how many of which line came back.")
	}
	if err != nil {
		return auditlog.Entry{}, "", err
	}
	_, err = c.Orders.ReturnItems(work, &ordersv1.ReturnItemsRequest{
		OrderId: o.GetId(), Pieces: pieces, Reason: strings.TrimSpace(ctx.FormValue("reason")), Restock: ctx.FormValue("restock") != "", IdempotencyKey: key,
	})
	return auditlog.Entry{Action: "noted goods that came back of", To: piecesOf(o, pieces), Detail: ctx.FormValue("reason")}, "return", err
}

func (c *Console) resolveAttention(work context.Context, ctx echo.Context, o *ordersv1.Order, key string) (auditlog.Entry, string, error) {
	action, did := ordersv1.ResolveAttentionRequest_ACTION_UNSPECIFIED, ctx.FormValue("action")
	switch did {
	case "retry":
		action = ordersv1.ResolveAttentionRequest_ACTION_RETRY
	case "close":
		action = ordersv1.ResolveAttentionRequest_ACTION_CLOSE
	}
	reason := ctx.FormValue("reason")
	_, err := c.Orders.ResolveAttention(work, &ordersv1.ResolveAttentionRequest{
		OrderId: o.GetId(), Action: action, Note: ctx.FormValue("note"), Reason: reason, IdempotencyKey: key,
	})
	return auditlog.Entry{Action: "answered what needed attention of", From: reason, To: did, Detail: ctx.FormValue("note")}, did, err
}

func (c *Console) addNote(work context.Context, ctx echo.Context, o *ordersv1.Order, key string) (auditlog.Entry, string, error) {
	_, err := c.Orders.AddNote(work, &ordersv1.AddNoteRequest{OrderId: o.GetId(), Text: ctx.FormValue("text"), IdempotencyKey: key})
	return auditlog.Entry{Action: "wrote a note about"}, "note", err
}

// piecesTyped reads how many of each line a form names.
func piecesTyped(ctx echo.Context, o *ordersv1.Order) ([]*ordersv1.Piece, error) {
	var pieces []*ordersv1.Piece
	for _, l := range o.GetLines() {
		text := strings.TrimSpace(ctx.FormValue("piece." + l.GetId()))
		if text == "" || text == "0" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, errForm(fmt.Sprintf("%q is not a number of pieces of %s.", text, l.GetSku()))
		}
		pieces = append(pieces, &ordersv1.Piece{LineId: l.GetId(), Quantity: n})
	}
	return pieces, nil
}
