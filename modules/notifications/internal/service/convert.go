package service

import (
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/brands"
	"galleria/platform/contract"
	"galleria/platform/countries"
	"galleria/platform/plaintext"
)

// FactsOf is what a letter about an order tells. Everything a person typed is
// cleaned of control characters here, once.
func FactsOf(kind letter.Kind, o *ordersv1.Order, token string, at time.Time) letter.Facts {
	f := letter.Facts{
		Kind: kind, OrderID: letter.Clean(o.GetId()), Number: letter.Clean(o.GetNumber()), Token: token, At: at,
		Name: letter.Clean(o.GetContact().GetName()), Address: address(o),
		Currency: o.GetCurrencyCode(), Total: o.GetTotals().GetTotalMinor(), Rows: rows(o),
		Held: o.GetPaymentStatus() == ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED,
	}
	// With NONE the order may have a card: the one on which money was held that was let go.
	charged := o.GetPaymentStatus() != ordersv1.PaymentStatus_PAYMENT_STATUS_NONE
	if last4 := letter.Clean(o.GetPaymentMethod().GetLast4()); charged && last4 != "" {
		f.Card = strings.TrimSpace(brands.Name(o.GetPaymentMethod().GetBrand(), letter.Clean(o.GetPaymentMethod().GetBrand())) + " •••• " + last4)
	}
	for _, l := range o.GetLines() {
		f.Lines = append(f.Lines, letter.Line{
			Name: nameOf(l), Quantity: l.GetQuantity(), Unit: l.GetUnitPriceMinor(), Total: l.GetQuantity() * l.GetUnitPriceMinor(),
		})
	}
	return f
}

// nameOf is what a letter calls the goods of a line.
func nameOf(l *ordersv1.Line) string {
	name := l.GetName()
	if l.GetVariant() != "" {
		name += ", " + l.GetVariant()
	}
	return letter.Clean(name)
}

// piecesOf names pieces, in the order of the lines.
func piecesOf(o *ordersv1.Order, pieces []*ordersv1.Piece) []letter.Piece {
	var all []letter.Piece
	for _, l := range o.GetLines() {
		for _, p := range pieces {
			if p.GetLineId() == l.GetId() {
				all = append(all, letter.Piece{Name: nameOf(l), Quantity: p.GetQuantity()})
			}
		}
	}
	return all
}

// isWhole tells whether the pieces are all that was ordered.
func isWhole(o *ordersv1.Order, pieces []*ordersv1.Piece) bool {
	for _, l := range o.GetLines() {
		if !slices.ContainsFunc(pieces, func(p *ordersv1.Piece) bool { return p.GetLineId() == l.GetId() && p.GetQuantity() == l.GetQuantity() }) {
			return false
		}
	}
	return true
}

// Placed is the letter about an order that will be sent.
func Placed(e *ordersv1.OrderPlaced) letter.Facts {
	return FactsOf(letter.Placed, e.GetOrder(), e.GetToken(), e.GetAt().AsTime())
}

// Shipped is the letter about a parcel.
func Shipped(e *ordersv1.OrderShipped) letter.Facts {
	f := FactsOf(letter.Shipped, e.GetOrder(), e.GetToken(), e.GetAt().AsTime())
	// The order is as it is with this parcel.
	follows := slices.ContainsFunc(e.GetOrder().GetLines(), func(l *ordersv1.Line) bool {
		return l.GetShipped()+l.GetCancelled() < l.GetQuantity()
	})
	f.Parcel = letter.Parcel{
		Carrier: letter.Clean(e.GetFulfilment().GetCarrier()), Tracking: letter.Clean(e.GetFulfilment().GetTracking()),
		TrackingURL: letter.Clean(e.GetFulfilment().GetTrackingUrl()), Part: follows, Last: !follows && len(e.GetOrder().GetFulfilments()) > 1,
		Lacking: slices.ContainsFunc(e.GetOrder().GetLines(), func(l *ordersv1.Line) bool { return l.GetCancelled() > 0 }),
	}
	if pieces := e.GetFulfilment().GetPieces(); !isWhole(e.GetOrder(), pieces) {
		f.Pieces = piecesOf(e.GetOrder(), pieces)
	}
	return f
}

// Refunded is the letter about money that went back.
func Refunded(e *ordersv1.OrderRefunded) letter.Facts {
	f := FactsOf(letter.Refunded, e.GetOrder(), e.GetToken(), e.GetAt().AsTime())
	f.Refunded, f.Why = e.GetRefund().GetAmountMinor(), letter.Clean(e.GetRefund().GetReason())
	f.Pieces = piecesOf(e.GetOrder(), e.GetRefund().GetPieces())
	f.Rest = isOfCancellation(e) && e.GetOrder().GetStatus() != ordersv1.OrderStatus_ORDER_STATUS_CANCELLED
	return f
}

// RefundFailed is the letter about money that did not go back.
func RefundFailed(e *ordersv1.OrderRefundFailed) letter.Facts {
	f := FactsOf(letter.RefundFailed, e.GetOrder(), e.GetToken(), e.GetAt().AsTime())
	f.Refunded = e.GetRefund().GetAmountMinor()
	f.Pieces = piecesOf(e.GetOrder(), e.GetRefund().GetPieces())
	return f
}

// Cancelled is the letter about an order that is given back.
func Cancelled(e *ordersv1.OrderCancelled) letter.Facts {
	f := FactsOf(letter.Cancelled, e.GetOrder(), e.GetToken(), e.GetAt().AsTime())
	f.Refunded, f.Why = e.GetRefundMinor(), why(e.GetOrder())
	f.RefundedBefore = f.Refunded == 0 && paid(e.GetOrder())
	return f
}

// paid tells whether money was taken for the order, which it was not while it was only held.
func paid(o *ordersv1.Order) bool {
	switch o.GetPaymentStatus() {
	case ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED,
		ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED:
		return true
	}
	return false
}

// Failed is the letter about an order that was never paid.
func Failed(e *ordersv1.OrderFailed) letter.Facts {
	f := FactsOf(letter.Failed, e.GetOrder(), e.GetToken(), e.GetAt().AsTime())
	f.Why = why(e.GetOrder())
	return f
}

// why says why an order ended.
func why(o *ordersv1.Order) string {
	said := "A part of our shop did not work as it should."
	switch o.GetEndedBecause() {
	case "out_of_stock":
		said = "We are sorry: something in it was sold out before your payment arrived."
	case "payment_unavailable", "payment_refused":
		said = "The payment could not be taken."
	case "not_paid":
		said = "It was not paid in time, so we have given the goods free again."
	case "on_request":
		said = "You cancelled it."
		if o.GetEndedBy() == "operator" {
			said = "The shop has cancelled it."
		}
	}
	return strings.TrimSpace(said + " " + letter.Clean(o.GetEndedNote()))
}

// rows are the parts of the price between lines and total.
func rows(o *ordersv1.Order) []letter.Row {
	var all []letter.Row
	for _, d := range o.GetDiscounts() {
		name := d.GetName()
		if d.GetCode() != "" {
			name += " (" + d.GetCode() + ")"
		}
		all = append(all, letter.Row{Name: letter.Clean(name), Amount: -d.GetAmountMinor()})
	}
	if d := o.GetDelivery(); d.GetName() != "" {
		all = append(all, letter.Row{Name: letter.Clean("Delivery, " + d.GetName()), Amount: o.GetTotals().GetDeliveryMinor()})
	}
	for _, t := range o.GetTaxes() {
		all = append(all, letter.Row{Name: letter.Clean(t.GetName()), Amount: t.GetAmountMinor(), Within: t.GetIncluded()})
	}
	return all
}

func address(o *ordersv1.Order) []string {
	var lines []string
	a := o.GetAddress()
	for _, l := range []string{
		o.GetContact().GetName(), a.GetLine1(), a.GetLine2(), a.GetPostalCode() + " " + a.GetCity(), a.GetRegion(), countries.Name(a.GetCountry()),
	} {
		if l = letter.Clean(l); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// MailOf is a mail as the contract shows it now; in lists without its letter.
func MailOf(m mail.Mail, withLetter bool, now time.Time) *notificationsv1.Mail {
	shown := &notificationsv1.Mail{
		Id: m.ID, To: recipient(m), Subject: m.Subject, Status: statuses[m.Status],
		Attempts: int32(m.Attempts), Problem: m.Problem, CreatedAt: timestamppb.New(m.CreatedAt),
		Resends: int32(m.Resends),
	}
	if !m.SentAt.IsZero() {
		shown.SentAt = timestamppb.New(m.SentAt)
	}
	if !m.ResentAt.IsZero() {
		shown.ResentAt = timestamppb.New(m.ResentAt)
	}
	if err := m.Resendable(now); err != nil {
		shown.NotResendable = err.Error()
	}
	if withLetter {
		shown.Text, shown.Html = m.Text, m.HTML
	}
	return shown
}

// recipient is the plain address, or what was typed where that is none.
func recipient(m mail.Mail) string {
	if to, err := m.To(); err == nil {
		return to.String()
	}
	return m.Address
}

var statuses = map[mail.Status]notificationsv1.MailStatus{
	mail.Queued:  notificationsv1.MailStatus_MAIL_STATUS_QUEUED,
	mail.Sent:    notificationsv1.MailStatus_MAIL_STATUS_SENT,
	mail.Refused: notificationsv1.MailStatus_MAIL_STATUS_REFUSED,
}

// NoMail is the answer where there is none.
func NoMail() error {
	return contract.Error(codes.NotFound, notificationsv1.Reason_REASON_NO_MAIL, "no such mail")
}

// NotResendable is the answer for a mail that can't be sent again because of err; nil when
// err does not say so.
func NotResendable(err error) error {
	for why, reason := range map[error]notificationsv1.Reason{
		mail.ErrWaits:    notificationsv1.Reason_REASON_WAITS,
		mail.ErrLinkOnce: notificationsv1.Reason_REASON_LINK_GOOD_ONCE,
		mail.ErrOften:    notificationsv1.Reason_REASON_RESENT_OFTEN,
	} {
		if errors.Is(err, why) {
			return contract.Error(codes.FailedPrecondition, reason, "%s", why)
		}
	}
	return nil
}

// CheckResend refuses a request to send a mail again that can't be one.
func CheckResend(r *notificationsv1.ResendMailRequest) error {
	if n := len(r.GetIdempotencyKey()); n < 1 || n > 64 || !plaintext.Is(r.GetIdempotencyKey()) {
		return contract.Invalid(contract.Violation{Field: "idempotency_key", Message: "must have 1 to 64 characters"})
	}
	if !mail.IsID(r.GetId()) {
		return NoMail()
	}
	return nil
}
