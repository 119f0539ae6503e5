package service

import (
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/brands"
	"galleria/platform/contract"
	"galleria/platform/countries"
)

// FactsOf is what a letter about an order tells. Everything a person typed is
// cleaned of control characters here, once.
func FactsOf(kind letter.Kind, o *ordersv1.Order, token string, at time.Time) letter.Facts {
	f := letter.Facts{
		Kind: kind, OrderID: letter.Clean(o.GetId()), Token: token, At: at,
		Name: letter.Clean(o.GetContact().GetName()), Address: address(o.GetAddress()),
		Currency: o.GetCurrencyCode(), Total: o.GetTotalMinor(), Refunded: o.GetRefundedMinor(),
	}
	if last4 := letter.Clean(o.GetCardLast4()); last4 != "" {
		f.Card = brands.Name(o.GetCardBrand(), "Card") + " •••• " + last4
	}
	for _, l := range o.GetLines() {
		f.Lines = append(f.Lines, letter.Line{
			Name: letter.Clean(l.GetName()), Quantity: l.GetQuantity(), Unit: l.GetUnitPriceMinor(), Total: l.GetTotalMinor(),
		})
	}
	return f
}

func address(a *ordersv1.Address) []string {
	var lines []string
	for _, l := range []string{a.GetLine1(), a.GetLine2(), a.GetPostalCode() + " " + a.GetCity(), countries.Name(a.GetCountry())} {
		if l = letter.Clean(l); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// MailOf is a mail as the contract shows it; in lists without its letter.
func MailOf(m mail.Mail, withLetter bool) *notificationsv1.Mail {
	shown := &notificationsv1.Mail{
		Id: m.ID, To: recipient(m), Subject: m.Subject, Status: statuses[m.Status],
		Attempts: int32(m.Attempts), Problem: m.Problem, CreatedAt: timestamppb.New(m.CreatedAt),
	}
	if !m.SentAt.IsZero() {
		shown.SentAt = timestamppb.New(m.SentAt)
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

// NotRefused is the answer for a mail that can't be sent again.
func NotRefused(id string) error {
	return contract.Error(codes.FailedPrecondition, notificationsv1.Reason_REASON_NOT_REFUSED,
		"mail %s waits or was sent already; only a refused one is sent again", id)
}

// CheckResend refuses a request to send a mail again that can't be one.
func CheckResend(r *notificationsv1.ResendMailRequest) error {
	if n := len(r.GetIdempotencyKey()); n < 1 || n > 64 || !utf8.ValidString(r.GetIdempotencyKey()) || strings.Contains(r.GetIdempotencyKey(), "\x00") {
		return contract.Invalid(contract.Violation{Field: "idempotency_key", Message: "must have 1 to 64 characters"})
	}
	if !mail.IsID(r.GetId()) {
		return NoMail()
	}
	return nil
}
