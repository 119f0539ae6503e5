package notificationstest

import (
	"context"
	"slices"
	"sync"
	"testing/fstest"
	"time"

	"google.golang.org/protobuf/proto"
	"gorm.io/gorm"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/page"
	"galleria/modules/notifications/internal/service"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/events"
	"galleria/platform/id"
	"galleria/platform/module"
)

// Fake is notifications in memory: every mail is laid in its mailbox at once,
// and none is sent to anybody. It is safe for concurrent use.
type Fake struct {
	notificationsv1.UnimplementedNotificationsServiceServer

	mu    sync.Mutex
	mails []*notificationsv1.Mail // oldest first
	heard map[string]bool         // ids of events
}

// NewFake makes a fake without mails.
func NewFake() *Fake { return &Fake{heard: map[string]bool{}} }

// Definition puts a new fake into a world for each start. It hears the events
// of the world's orders.
func Definition() module.Definition { return define(NewFake) }

// Definition puts this fake into a world, so that the test can reach it.
func (f *Fake) Definition() module.Definition { return define(func() *Fake { return f }) }

func define(make func() *Fake) module.Definition {
	return module.Definition{
		Name:     "notifications",
		Contract: &notificationsv1.NotificationsService_ServiceDesc,
		// A database without tables of its own: hearing events takes an inbox.
		Migrations: fstest.MapFS{},
		Hears:      Heard(),
		New: func(module.Host) (*module.Instance, error) {
			f := make()
			return &module.Instance{Server: f, Subscriptions: f.subscriptions()}, nil
		},
	}
}

// Add lays a copy of a mail in the mailbox, the newest of all, under an id of
// its own, which it returns.
func (f *Fake) Add(m *notificationsv1.Mail) (mailID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m = proto.CloneOf(m)
	m.Id = id.New()
	f.mails = append(f.mails, m)
	return m.GetId()
}

// ListMails implements the contract.
func (f *Fake) ListMails(_ context.Context, r *notificationsv1.ListMailsRequest) (*notificationsv1.ListMailsResponse, error) {
	p, err := page.Of(r)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &notificationsv1.ListMailsResponse{}
	for _, m := range slices.Backward(f.mails) {
		if p.Before != "" && m.GetId() >= p.Before {
			continue
		}
		if n := len(answer.Mails); n == p.Size {
			answer.NextPageToken = page.After(answer.Mails[n-1].GetId())
			break
		}
		listed := proto.CloneOf(m)
		listed.Text, listed.Html = "", ""
		answer.Mails = append(answer.Mails, listed)
	}
	return answer, nil
}

// GetMail implements the contract.
func (f *Fake) GetMail(_ context.Context, r *notificationsv1.GetMailRequest) (*notificationsv1.GetMailResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.mails {
		if m.GetId() == r.GetId() {
			return &notificationsv1.GetMailResponse{Mail: proto.CloneOf(m)}, nil
		}
	}
	return nil, service.NoMail()
}

// ResendMail implements the contract. What is sent again is laid in the mailbox.
func (f *Fake) ResendMail(_ context.Context, r *notificationsv1.ResendMailRequest) (*notificationsv1.ResendMailResponse, error) {
	if err := service.CheckResend(r); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.mails {
		if m.GetId() != r.GetId() {
			continue
		}
		if m.GetStatus() != notificationsv1.MailStatus_MAIL_STATUS_REFUSED {
			return nil, service.NotRefused(m.GetId())
		}
		m.Status, m.Problem = notificationsv1.MailStatus_MAIL_STATUS_SENT, ""
		return &notificationsv1.ResendMailResponse{Mail: proto.CloneOf(m)}, nil
	}
	return nil, service.NoMail()
}

func (f *Fake) subscriptions() []events.Subscription {
	return service.Subscriptions(func(_ *gorm.DB, meta events.Meta, o *ordersv1.Order, facts letter.Facts) error {
		return f.hear(meta, facts, o)
	})
}

// hear keeps a mail, once per event: a handler runs again when its transaction
// does.
func (f *Fake) hear(meta events.Meta, facts letter.Facts, o *ordersv1.Order) error {
	now := time.Now()
	m := mail.New(meta.ID, o.GetContact().GetEmail(), facts, now)
	if err := m.Write(letter.Writer{Shop: "Galleria", BaseURL: "http://localhost:8080"}); err != nil {
		return err
	}
	m.Status, m.Attempts, m.SentAt = mail.Sent, 1, now
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.heard[meta.ID] {
		f.heard[meta.ID] = true
		f.mails = append(f.mails, service.MailOf(m, true))
	}
	return nil
}
