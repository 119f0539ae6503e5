package notificationstest

import (
	"context"
	"google.golang.org/grpc"
	"strings"
	"testing"
	"time"

	accountsv1 "galleria/modules/accounts/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/id"
	"galleria/platform/module/moduletest"
)

// patience is when a case gives up waiting for a mail. It is no limit on speed.
const patience = 30 * time.Second

// World is notifications and the publishers whose events it hears, as the suite
// sees them. Mails must go to the mailbox.
type World struct {
	Notifications notificationsv1.NotificationsServiceClient
	Orders        ordersv1.OrdersServiceClient
	// Accounts is the AccountsPublisher.
	Accounts accountsv1.AccountsServiceClient
	// Settings say what the shop is called, as an administrator reaches them.
	Settings settingsv1.SettingsServiceClient
	// Outside is how a caller without rights of its own reaches it, such as the edge.
	Outside grpc.ClientConnInterface
}

// Run runs the contract suite. Its cases know their mails by recipients of
// their own.
func Run(t *testing.T, w World) {
	t.Helper()
	moduletest.Cases{
		"ListMails":  w.listCases(),
		"GetMail":    w.getCases(),
		"ResendMail": w.resendCases(),
	}.Run(t, &notificationsv1.NotificationsService_ServiceDesc)
	moduletest.Refused(t, w.Outside, notificationsv1.Reason_REASON_NOT_ALLOWED,
		notificationsv1.NotificationsService_ListMails_FullMethodName,
		notificationsv1.NotificationsService_GetMail_FullMethodName,
		notificationsv1.NotificationsService_ResendMail_FullMethodName,
	)
}

// guest is a recipient no other case has.
func guest() *ordersv1.Contact {
	return &ordersv1.Contact{Email: "ana." + id.New() + "@example.com", Name: "Ana Łoś"}
}

// order publishes that an order of the guest's is confirmed.
func (w World) order(t *testing.T, by *ordersv1.Contact) *ordersv1.PlaceOrderResponse {
	t.Helper()
	placed, err := w.Orders.PlaceOrder(t.Context(), &ordersv1.PlaceOrderRequest{
		IdempotencyKey: id.New(), Contact: by,
		Address: &ordersv1.Address{Line1: "12 <Main> Street", City: "Kraków", PostalCode: "30-001", Country: "PL"},
	})
	if err != nil {
		t.Fatalf("publish a confirmed order: %v", err)
	}
	return placed
}

// callTheShop is what its staff do.
func (w World) callTheShop(t *testing.T, name string) {
	t.Helper()
	got, err := w.Settings.GetSettings(t.Context(), &settingsv1.GetSettingsRequest{})
	if err == nil {
		_, err = w.Settings.ChangeSettings(t.Context(), &settingsv1.ChangeSettingsRequest{Settings: &settingsv1.Settings{Name: name}, SeenVersion: got.GetVersion()})
	}
	if err != nil {
		t.Fatalf("call the shop %q: %v", name, err)
	}
}

// cancel publishes that the order is cancelled.
func (w World) cancel(t *testing.T, placed *ordersv1.PlaceOrderResponse) {
	t.Helper()
	_, err := w.Orders.CancelOrder(t.Context(), &ordersv1.CancelOrderRequest{OrderId: placed.GetOrder().GetId(), Token: placed.GetToken()})
	if err != nil {
		t.Fatalf("publish a cancelled order: %v", err)
	}
}

// ship publishes that a parcel with the pieces was sent.
func (w World) ship(t *testing.T, placed *ordersv1.PlaceOrderResponse, pieces ...*ordersv1.Piece) {
	t.Helper()
	_, err := w.Orders.ShipOrder(t.Context(), &ordersv1.ShipOrderRequest{
		OrderId: placed.GetOrder().GetId(), Carrier: "Post", Tracking: "XY123", TrackingUrl: "https://post.example/XY123", Pieces: pieces,
	})
	if err != nil {
		t.Fatalf("publish a parcel: %v", err)
	}
}

// mailsTo waits until there are n mails to the address and all are sent; it
// returns them newest first.
func (w World) mailsTo(t *testing.T, address string, n int) []*notificationsv1.Mail {
	t.Helper()
	var found []*notificationsv1.Mail
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		found = found[:0]
		sent := 0
		for _, m := range w.list(t, 100) {
			if m.GetTo() != address {
				continue
			}
			found = append(found, m)
			if m.GetStatus() == notificationsv1.MailStatus_MAIL_STATUS_SENT {
				sent++
			}
		}
		if len(found) == n && sent == n {
			return found
		}
	}
	t.Fatalf("mails to %s: got %v, want %d sent ones", address, found, n)
	return nil
}

// list walks through all pages.
func (w World) list(t *testing.T, pageSize int32) []*notificationsv1.Mail {
	t.Helper()
	var all []*notificationsv1.Mail
	for token := ""; ; {
		page := w.page(t, pageSize, token)
		all = append(all, page.GetMails()...)
		if token = page.GetNextPageToken(); token == "" {
			return all
		}
	}
}

func (w World) page(t *testing.T, size int32, token string) *notificationsv1.ListMailsResponse {
	t.Helper()
	page, err := w.Notifications.ListMails(context.Background(), &notificationsv1.ListMailsRequest{PageSize: size, PageToken: token})
	if err != nil {
		t.Fatalf("list mails: %v", err)
	}
	return page
}

func (w World) get(t *testing.T, mailID string) *notificationsv1.Mail {
	t.Helper()
	got, err := w.Notifications.GetMail(t.Context(), &notificationsv1.GetMailRequest{Id: mailID})
	if err != nil {
		t.Fatalf("get mail %s: %v", mailID, err)
	}
	return got.GetMail()
}

func wantParts(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the %s: got no %q, want it in\n%s", what, part, text)
		}
	}
}
