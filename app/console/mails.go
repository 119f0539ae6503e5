package console

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/id"
)

// rowsOnPage is how many mails, promotions or customers a page lists.
const rowsOnPage = 60

// mails lists the mails to customers, newest first.
func (c *Console) mails(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	listed, err := c.Notifications.ListMails(work, &notificationsv1.ListMailsRequest{PageSize: rowsOnPage, PageToken: ctx.QueryParam("before")})
	if err != nil {
		return err
	}
	table := view.Table{Caption: "Mails, newest first", Heads: []string{"Subject", "To", "State", "Tried", "When", "Problem"}, None: "There are no mails."}
	for _, m := range listed.GetMails() {
		table.Rows = append(table.Rows, view.Row{
			Link:  "/console/mails/" + url.PathEscape(m.GetId()),
			Cells: []string{m.GetSubject(), m.GetTo(), word(m.GetStatus().String(), "MAIL_STATUS_"), whole(int64(m.GetAttempts())), c.day(m.GetCreatedAt()), dash(m.GetProblem())},
		})
	}
	page := view.Sheet{Title: "Mails", Tables: []view.Table{table}}
	if next := listed.GetNextPageToken(); next != "" {
		page.Older = listAddress("/console/mails", "", "", next)
	}
	return c.sheet(ctx, http.StatusOK, "Mails", "/console/mails", view.SheetPage(page))
}

// mail is a mail with its letter.
func (c *Console) mail(ctx echo.Context) error { return c.showMail(ctx, http.StatusOK, "") }

func (c *Console) showMail(ctx echo.Context, code int, problem string) error {
	work, done := c.working(ctx)
	defer done()
	got, err := c.Notifications.GetMail(work, &notificationsv1.GetMailRequest{Id: ctx.Param("id")})
	if err != nil {
		return err
	}
	m := got.GetMail()
	page := view.Sheet{
		Title: m.GetSubject(), Above: view.Link{Name: "Mails", Address: "/console/mails"}, Problem: problem, Text: m.GetText(),
		Facts: []view.Fact{
			{Name: "To", Text: m.GetTo()}, {Name: "State", Text: word(m.GetStatus().String(), "MAIL_STATUS_")}, {Name: "Tried", Text: whole(int64(m.GetAttempts()))},
			{Name: "Queued", Text: c.day(m.GetCreatedAt())}, {Name: "Sent", Text: c.day(m.GetSentAt())}, {Name: "Problem", Text: dash(m.GetProblem())},
		},
	}
	if ctx.QueryParam("done") != "" {
		page.Done = "The mail is queued again."
	}
	if m.GetResends() > 0 {
		page.Facts = append(page.Facts, view.Fact{Name: "Queued again", Text: times(m.GetResends()) + ", last " + c.day(m.GetResentAt())})
	}
	if why := m.GetNotResendable(); why != "" {
		page.Facts = append(page.Facts, view.Fact{Name: "Not sent again", Text: why})
	} else {
		page.Forms = []view.Form{{ID: "resend", Title: "Send it again", Action: "/console/mails/" + url.PathEscape(m.GetId()) + "/resend", Submit: "Send it again", Key: id.New(), Hint: resendHints[m.GetStatus()]}}
	}
	return c.sheet(ctx, code, "Mail", "/console/mails", view.SheetPage(page))
}

var resendHints = map[notificationsv1.MailStatus]string{
	notificationsv1.MailStatus_MAIL_STATUS_REFUSED: "Do this when the cause of the refusal is mended.",
	notificationsv1.MailStatus_MAIL_STATUS_SENT:    "Do this when the customer did not get it: the same letter goes to the same address once more.",
}

func times(n int32) string {
	if n == 1 {
		return "once"
	}
	return whole(int64(n)) + " times"
}

// resendMail queues a mail again that was refused or sent.
func (c *Console) resendMail(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	_, err := c.Notifications.ResendMail(work, &notificationsv1.ResendMailRequest{Id: ctx.Param("id"), IdempotencyKey: ctx.FormValue("key")})
	if words, refused := refusal(err); refused {
		return c.showMail(ctx, http.StatusConflict, words)
	}
	if err != nil {
		return err
	}
	c.note(ctx, auditlog.Entry{Action: "sent again", Thing: "mail " + ctx.Param("id")})
	return ctx.Redirect(http.StatusSeeOther, "/console/mails/"+url.PathEscape(ctx.Param("id"))+"?done=resent")
}
