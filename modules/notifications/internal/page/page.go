// Package page cuts the list of mails, newest first, into pages. A page goes
// on behind the last mail of the page before, so mails that arrive meanwhile
// shift nothing.
package page

import (
	"cmp"
	"encoding/base64"
	"strings"

	"google.golang.org/grpc/codes"

	"galleria/modules/notifications/internal/mail"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/contract"
)

const (
	most  = 100
	usual = 50
)

// mark tells this method's tokens from others'.
const mark = "mails:"

// Page is a request, checked.
type Page struct {
	Size int
	// Before is the id of the last mail of the page before; "": the first page.
	Before string
}

// Of checks the request. Its error is the contract's.
func Of(r *notificationsv1.ListMailsRequest) (Page, error) {
	if n := r.GetPageSize(); n < 0 || n > most {
		return Page{}, contract.Invalid(contract.Violation{Field: "page_size", Message: "must be 1 to 100, or 0 for 50"})
	}
	p := Page{Size: cmp.Or(int(r.GetPageSize()), usual)}
	if r.GetPageToken() == "" {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(r.GetPageToken())
	before, ours := strings.CutPrefix(string(raw), mark)
	if err != nil || !ours || !mail.IsID(before) {
		return Page{}, contract.Error(codes.InvalidArgument, notificationsv1.Reason_REASON_BAD_PAGE_TOKEN, "not a page token of this method")
	}
	p.Before = before
	return p, nil
}

// After is the token of the page after the mail with this id.
func After(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(mark + id)) }
