package app

import (
	"net/http/httptest"
	"strings"
	"testing"

	notificationsv1 "galleria/modules/notifications/v1"
)

func TestTheMailboxSaysInWordsWhatBecameOfAMail(t *testing.T) {
	problem := "550 <nobody> lives here"
	for number, name := range notificationsv1.MailStatus_name {
		if number == 0 {
			continue // no mail has it
		}
		mail := &notificationsv1.Mail{Id: "m1", Subject: "Your order", To: "ana@example.org", Status: notificationsv1.MailStatus(number), Problem: problem}
		list, single := httptest.NewRecorder(), httptest.NewRecorder()
		render(list, "mailbox", &notificationsv1.ListMailsResponse{Mails: []*notificationsv1.Mail{mail}})
		render(single, "mail", mail)
		for page, got := range map[string]string{"the list": list.Body.String(), "the mail": single.Body.String()} {
			word := statusWords[mail.GetStatus()]
			if word == "" || strings.Contains(got, name) || !strings.Contains(got, word+": 550 &lt;nobody&gt; lives here") {
				t.Errorf("%s: %s does not say it in words: %s", name, page, got)
			}
		}
	}
}
