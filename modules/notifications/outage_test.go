package notifications_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"galleria/modules/notifications"
	"galleria/modules/notifications/internal/smtptest"
	"galleria/modules/notifications/notificationstest"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/id"
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

	w := moduletest.World{definition(cfg), notificationstest.Publisher()}
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
