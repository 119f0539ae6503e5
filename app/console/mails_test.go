package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accountsv1 "galleria/modules/accounts/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
)

func TestCustomersAreFound(t *testing.T) {
	o := openOffice(t)
	accounts := accountsv1.NewAccountsServiceClient(o.routes["accounts"].For(certs.Operator))
	if _, err := accounts.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{
		Email: "zoe@example.org", Name: "Zoë", Password: "nine teapots on a shelf", Role: accountsv1.Role_ROLE_CUSTOMER,
	}); err != nil {
		t.Fatal(err)
	}
	o.shows("/console/customers?q=zoe", "zoe@example.org", "Zoë", "/console/orders?q=zoe%40example.org")
	o.shows("/console/customers?state=staff", "no such accounts")
	o.shows("/console/mails", "There are no mails")
	if r, _ := o.ask("GET", "/console/mails/nothing", "operator", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown mail: got %d, want 404", r.StatusCode)
	}
}

// oneMail is notifications with one mail, which can be queued again once.
type oneMail struct {
	notificationsv1.NotificationsServiceClient
	mail *notificationsv1.Mail
	keys []string
}

func (n *oneMail) GetMail(context.Context, *notificationsv1.GetMailRequest, ...grpc.CallOption) (*notificationsv1.GetMailResponse, error) {
	return &notificationsv1.GetMailResponse{Mail: proto.CloneOf(n.mail)}, nil
}

func (n *oneMail) ResendMail(_ context.Context, r *notificationsv1.ResendMailRequest, _ ...grpc.CallOption) (*notificationsv1.ResendMailResponse, error) {
	if why := n.mail.GetNotResendable(); why != "" {
		return nil, contract.Error(codes.FailedPrecondition, notificationsv1.Reason_REASON_WAITS, "%s", why)
	}
	n.keys = append(n.keys, r.GetIdempotencyKey())
	n.mail.Status, n.mail.NotResendable = notificationsv1.MailStatus_MAIL_STATUS_QUEUED, "the mail waits, and goes by itself"
	n.mail.Resends, n.mail.ResentAt = n.mail.Resends+1, timestamppb.New(time.Date(2026, 5, 4, 3, 2, 0, 0, time.UTC))
	return &notificationsv1.ResendMailResponse{Mail: n.mail}, nil
}

func TestASentMailIsSentAgain(t *testing.T) {
	o := openOffice(t)
	mails := &oneMail{mail: &notificationsv1.Mail{Id: "m", To: "ana@example.com", Subject: "Your order", Status: notificationsv1.MailStatus_MAIL_STATUS_SENT}}
	o.needs.Notifications = mails
	people := newTeam()
	o.sign(people)
	o.scene = openWith(t, people, o.needs)

	if body := o.shows("/console/mails/m", "the same letter goes to the same address once more", "Send it again"); strings.Contains(body, "Queued again") {
		t.Error("a mail that was sent once is shown as queued again")
	}
	key := o.key("/console/mails/m")
	if r, body := o.ask("POST", "/console/mails/m/resend", "operator", url.Values{"key": {key}}); r.StatusCode != http.StatusSeeOther || len(mails.keys) != 1 || mails.keys[0] != key {
		t.Fatalf("got %d with the keys %v: %.600s", r.StatusCode, mails.keys, body)
	}
	o.audited("sent again", "mail m")
	if body := o.shows("/console/mails/m?done=resent", "The mail is queued again", "once, last 2026-05-04 03:02", "the mail waits, and goes by itself"); strings.Contains(body, "/resend") {
		t.Error("a mail that waits has a form that sends it again")
	}
	// A form that was opened before is told why not, and queues nothing.
	o.refuses("the mail waits, and goes by itself", "/console/mails/m/resend", "key", "another")
	if len(mails.keys) != 1 {
		t.Errorf("got the keys %v, want one", mails.keys)
	}
}
