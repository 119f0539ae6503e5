package accountstest

import (
	"regexp"
	"testing"
	"time"

	notificationsv1 "galleria/modules/notifications/v1"
)

// patience is when a case gives up waiting for a mail. It is no limit on speed.
const patience = 30 * time.Second

// mail waits for the nth mail to an address, and returns its text.
func (w World) mail(t *testing.T, to string, n int) (subject, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		mails := w.mailsTo(t, to)
		if len(mails) < n {
			continue
		}
		got, err := w.Notifications.GetMail(t.Context(), &notificationsv1.GetMailRequest{Id: mails[len(mails)-n].GetId()})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetMail().GetSubject(), got.GetMail().GetText()
	}
	t.Fatalf("there is no mail %d to %s", n, to)
	return "", ""
}

// mailsTo are the mails to an address, newest first.
func (w World) mailsTo(t *testing.T, to string) []*notificationsv1.Mail {
	t.Helper()
	var mails []*notificationsv1.Mail
	for token := ""; ; {
		page, err := w.Notifications.ListMails(t.Context(), &notificationsv1.ListMailsRequest{PageSize: 100, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.GetMails() {
			if m.GetTo() == to {
				mails = append(mails, m)
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return mails
		}
	}
}

var linkInMail = regexp.MustCompile(`\?token=([A-Za-z0-9_-]{43})\b`)

// link is the token in the nth mail to an address.
func (w World) link(t *testing.T, to string, n int) string {
	t.Helper()
	_, text := w.mail(t, to, n)
	found := linkInMail.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no link in the mail to %s:\n%s", to, text)
	}
	return found[1]
}
