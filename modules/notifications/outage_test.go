package notifications_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/notifications"
	"galleria/modules/notifications/internal/smtptest"
	"galleria/modules/notifications/notificationstest"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/modules/settings/settingstest"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/id"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func TestADeadMailServerDelaysMailAndNothingElse(t *testing.T) {
	server := &smtptest.Server{}
	server.Start(t)
	server.Stop()
	cfg := notifications.DefaultConfig()
	cfg.SMTP = notifications.SMTP{Host: "127.0.0.1", Port: server.Port, TLS: "none"}
	cfg.RetryFirst, cfg.RetryMost = 10*time.Millisecond, 50*time.Millisecond

	w := moduletest.World{definition(cfg), notificationstest.Publisher(), notificationstest.AccountsPublisher(), settingstest.Definition()}
	moduletest.Local(t, w, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		in := world(connect)
		const orders = 10
		for i := range orders {
			buyAndCancel(t, in, fmt.Sprintf("guest%d@example.com", i))
		}
		// Every event is heard although not one mail gets away.
		until(t, in, "all queued and tried", 2*orders, func(m *notificationsv1.Mail) bool {
			return m.GetStatus() == notificationsv1.MailStatus_MAIL_STATUS_QUEUED && m.GetAttempts() > 0 && m.GetProblem() != ""
		})
		server.Start(t)
		until(t, in, "all sent", 2*orders, func(m *notificationsv1.Mail) bool {
			return m.GetStatus() == notificationsv1.MailStatus_MAIL_STATUS_SENT
		})
		if got := server.Messages(); len(got) != 2*orders {
			t.Errorf("the server took %d mails, want %d", len(got), 2*orders)
		}
	})
}

// awaySettings answer nothing until they are back.
type awaySettings struct {
	settingsv1.UnimplementedSettingsServiceServer
	back atomic.Bool
}

func (s *awaySettings) GetSettings(context.Context, *settingsv1.GetSettingsRequest) (*settingsv1.GetSettingsResponse, error) {
	if !s.back.Load() {
		return nil, status.Error(codes.Unavailable, "away")
	}
	return &settingsv1.GetSettingsResponse{Settings: &settingsv1.Settings{Name: "Arco"}, Version: 1}, nil
}

func TestMailsGoWithTheNameThatIsKnownWhileSettingsIsAway(t *testing.T) {
	settings := &awaySettings{}
	away := settingstest.Definition()
	away.New = func(module.Host) (*module.Instance, error) { return &module.Instance{Server: settings}, nil }
	cfg := notifications.DefaultConfig()
	cfg.From = "Piazza <shop@example.com>"
	mails := definition(cfg)
	var later atomic.Int64 // what the clock of notifications is ahead
	made := mails.New
	mails.New = func(h module.Host) (*module.Instance, error) {
		h.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
		return made(h)
	}
	w := moduletest.World{mails, notificationstest.Publisher(), notificationstest.AccountsPublisher(), away}
	moduletest.Local(t, w, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		in := world(connect)
		n := 0
		named := func() string {
			n++
			buyAndCancel(t, in, fmt.Sprintf("guest%d@example.com", n))
			until(t, in, "sent", 2*n, func(m *notificationsv1.Mail) bool {
				return m.GetStatus() == notificationsv1.MailStatus_MAIL_STATUS_SENT
			})
			all, err := in.Notifications.ListMails(t.Context(), &notificationsv1.ListMailsRequest{PageSize: 1})
			if err != nil {
				t.Fatal(err)
			}
			m, err := in.Notifications.GetMail(t.Context(), &notificationsv1.GetMailRequest{Id: all.GetMails()[0].GetId()})
			if err != nil {
				t.Fatal(err)
			}
			_, signed, _ := strings.Cut(m.GetMail().GetText(), "\n-- \n")
			name, _, _ := strings.Cut(signed, "\n")
			return name
		}
		if got := named(); got != "Piazza" {
			t.Errorf("before settings was heard: got %q, want the configuration's name", got)
		}
		settings.back.Store(true)
		later.Add(int64(time.Minute))
		if got := named(); got != "Arco" {
			t.Errorf("when settings was back: got %q, want what it says", got)
		}
		settings.back.Store(false)
		later.Add(int64(time.Minute))
		if got := named(); got != "Arco" {
			t.Errorf("after settings went away: got %q, want the name that was heard", got)
		}
	})
}

func buyAndCancel(t *testing.T, w notificationstest.World, address string) {
	t.Helper()
	placed, err := w.Orders.PlaceOrder(t.Context(), &ordersv1.PlaceOrderRequest{
		IdempotencyKey: id.New(), Contact: &ordersv1.Contact{Email: address, Name: "Guest"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId()}); err != nil {
		t.Fatal(err)
	}
}

// until waits for n mails that are all as wanted.
func until(t *testing.T, w notificationstest.World, what string, n int, want func(*notificationsv1.Mail) bool) {
	t.Helper()
	var got *notificationsv1.ListMailsResponse
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var err error
		if got, err = w.Notifications.ListMails(moduletest.Direct(context.Background()), &notificationsv1.ListMailsRequest{PageSize: 100}); err != nil {
			t.Fatal(err)
		}
		fit := 0
		for _, m := range got.GetMails() {
			if want(m) {
				fit++
			}
		}
		if fit == n && len(got.GetMails()) == n {
			return
		}
	}
	t.Fatalf("got %v, want %d mails %s", got, n, what)
}

func TestConfigRefusesWhatCantWork(t *testing.T) {
	if err := notifications.DefaultConfig().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for want, change := range map[string]func(*notifications.Config){
		"base_url":    func(c *notifications.Config) { c.BaseURL = "shop.example" },
		"from":        func(c *notifications.Config) { c.From = "Galleria" },
		"reply_to":    func(c *notifications.Config) { c.ReplyTo = "a@b.example\r\nBcc: x@y.example" },
		"retry_first": func(c *notifications.Config) { c.RetryFirst = 0 },
		"retry_most":  func(c *notifications.Config) { c.RetryMost = time.Millisecond },
		"give_up":     func(c *notifications.Config) { c.GiveUp = 0 },
		"between 24h0m0s and 87600h0m0s, not 23h0m0s":    func(c *notifications.Config) { c.KeepMails = 23 * time.Hour },
		"between 24h0m0s and 87600h0m0s, not 87601h0m0s": func(c *notifications.Config) { c.KeepMails = 87601 * time.Hour },
	} {
		cfg := notifications.DefaultConfig()
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want a finding about it", want, err)
		}
	}
	for want, smtp := range map[string]notifications.SMTP{
		"port":     {Host: "h", Port: 0, TLS: "tls"},
		"username": {Host: "h", Port: 25, TLS: "tls", Password: "p"},
		"tls":      {Host: "h", Port: 25, TLS: "none", Username: "u", Password: "p"},
		"starttls": {Host: "h", Port: 25, TLS: "ssl"},
	} {
		if err := smtp.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want a finding about %s", smtp, err, want)
		}
	}
}
