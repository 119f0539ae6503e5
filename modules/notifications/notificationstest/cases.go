package notificationstest

import (
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accountsv1 "galleria/modules/accounts/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func (w World) listCases() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"a confirmed order makes one mail to its guest": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			m := w.mailsTo(t, by.GetEmail(), 1)[0]
			if want := "Your order " + placed.GetOrder().GetNumber() + " is confirmed"; m.GetSubject() != want {
				t.Errorf("subject: got %q, want %q", m.GetSubject(), want)
			}
			if m.GetAttempts() != 1 || m.GetProblem() != "" {
				t.Errorf("got %d attempts and problem %q, want 1 and none", m.GetAttempts(), m.GetProblem())
			}
			if m.GetCreatedAt() == nil || m.GetSentAt().AsTime().Before(m.GetCreatedAt().AsTime()) {
				t.Errorf("got created at %v, sent at %v, want both in this order", m.GetCreatedAt(), m.GetSentAt())
			}
		},
		"a cancelled order makes another mail, after that of its confirmation": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			w.cancel(t, placed)
			w.cancel(t, placed) // published once
			mails := w.mailsTo(t, by.GetEmail(), 2)
			wantParts(t, "newest subject", mails[0].GetSubject(), placed.GetOrder().GetNumber(), "cancelled")
			wantParts(t, "older subject", mails[1].GetSubject(), placed.GetOrder().GetNumber(), "confirmed")
		},
		"leaves the letters out": func(t *testing.T) {
			by := guest()
			w.order(t, by)
			m := w.mailsTo(t, by.GetEmail(), 1)[0]
			if m.GetText() != "" || m.GetHtml() != "" {
				t.Errorf("got letters of %d and %d characters, want none", len(m.GetText()), len(m.GetHtml()))
			}
		},
		"pages go on where the page before ended, whatever arrives meanwhile": w.pagesHoldStill,
		"refuses page sizes out of range": func(t *testing.T) {
			for _, size := range []int32{-1, 101} {
				_, err := w.Notifications.ListMails(t.Context(), &notificationsv1.ListMailsRequest{PageSize: size})
				if v := contract.Violations(err); status.Code(err) != codes.InvalidArgument || len(v) != 1 || v[0].Field != "page_size" {
					t.Errorf("page size %d: got %v, want a violation of page_size", size, err)
				}
			}
		},
		"refuses page tokens it did not make": func(t *testing.T) {
			for _, token := range []string{"x", id.New(), "bWFpbHM6", "bWFpbHM6\x00", strings.Repeat("A", 5000)} {
				_, err := w.Notifications.ListMails(t.Context(), &notificationsv1.ListMailsRequest{PageToken: token})
				if status.Code(err) != codes.InvalidArgument || !contract.Is(err, notificationsv1.Reason_REASON_BAD_PAGE_TOKEN) {
					t.Errorf("page token %.40q: got %v, want BAD_PAGE_TOKEN", token, err)
				}
			}
		},
	}
}

func (w World) pagesHoldStill(t *testing.T) {
	by := guest()
	for range 3 {
		w.order(t, by)
	}
	before := ids(w.mailsTo(t, by.GetEmail(), 3))
	first := w.page(t, 1, "")
	got := ids(first.GetMails())
	w.order(t, by)
	w.mailsTo(t, by.GetEmail(), 4)
	for token := first.GetNextPageToken(); token != ""; {
		page := w.page(t, 1, token)
		if len(page.GetMails()) != 1 {
			t.Fatalf("a page of 1 has %d mails", len(page.GetMails()))
		}
		got = append(got, page.GetMails()[0].GetId())
		token = page.GetNextPageToken()
	}
	if !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(b, a) }) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("pages: got %v, want newest first and each once", got)
	}
	for _, m := range before {
		if !slices.Contains(got, m) {
			t.Errorf("pages: got %v, want %s among them", got, m)
		}
	}
}

func ids(mails []*notificationsv1.Mail) []string {
	all := make([]string, len(mails))
	for i, m := range mails {
		all[i] = m.GetId()
	}
	return all
}

func (w World) getCases() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"the letter of a confirmed order tells what was bought, where it goes and how to see it": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 1)[0].GetId())
			link := "/orders/" + placed.GetOrder().GetId() + "?token=" + placed.GetToken()
			wantParts(t, "text", m.GetText(), "Ana Łoś", placed.GetOrder().GetNumber(), "2 × Oak Desk Lamp", "€2,091.00", `Mug "Tom & Ida" <b>`,
				"Welcome (WELCOME10): -€10.00", "Delivery, Standard: €5.00", "including VAT 23 %: €392.74", "Total: €2,098.90",
				"12 <Main> Street", "30-001 Kraków", "Poland", "Visa •••• 4242", link)
			wantParts(t, "HTML", m.GetHtml(), "Ana Łoś", placed.GetOrder().GetNumber(), "Oak Desk Lamp", "€2,091.00",
				"Tom &amp; Ida", "&lt;b&gt;", "€2,098.90", "VAT 23 %", "12 &lt;Main&gt; Street", "30-001 Kraków", link)
			if strings.Contains(m.GetHtml(), "<b>") {
				t.Errorf("the HTML has markup of a product's name:\n%s", m.GetHtml())
			}
		},
		"the letter names the shop as its staff do, or else as the configuration": func(t *testing.T) {
			for _, c := range []struct{ set, want string }{{"Tom & Ida's", "Tom & Ida's"}, {"", "Galleria"}} {
				w.callTheShop(t, c.set)
				for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) { // the name that was heard last is kept for a moment
					by := guest()
					w.order(t, by)
					m := w.get(t, w.mailsTo(t, by.GetEmail(), 1)[0].GetId())
					if strings.Contains(m.GetText(), "\n-- \n"+c.want+"\n") && strings.Contains(m.GetHtml(), html.EscapeString(c.want)) {
						break
					}
					if time.Now().After(deadline) {
						t.Fatalf("the shop was called %q: want %q in\n%s", c.set, c.want, m.GetText())
					}
				}
			}
		},
		"the letter of a cancelled order tells what came back": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			w.cancel(t, placed)
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 2)[0].GetId())
			for what, letter := range map[string]string{"text": m.GetText(), "HTML": m.GetHtml()} {
				wantParts(t, what, letter, "order is cancelled", "You cancelled it.", "€2,098.90 back to your card", placed.GetOrder().GetNumber())
			}
		},
		"the letter of a parcel says how it travels": func(t *testing.T) {
			by := guest()
			w.ship(t, w.order(t, by), &ordersv1.Piece{LineId: "1", Quantity: 2}, &ordersv1.Piece{LineId: "2", Quantity: 1})
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 2)[0].GetId())
			for what, letter := range map[string]string{"text": m.GetText(), "HTML": m.GetHtml()} {
				wantParts(t, what, letter, "We have sent your order.", "with Post, number XY123", "https://post.example/XY123")
			}
		},
		"the letters of parcels say whether more follows": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by) // 3 pieces
			w.ship(t, placed, &ordersv1.Piece{LineId: "1", Quantity: 1})
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 2)[0].GetId())
			wantParts(t, "text of the first", m.GetText(), "a part of your order; the rest follows", "In this parcel:\n  1 × Oak Desk Lamp\n\nOrder")
			w.ship(t, placed, &ordersv1.Piece{LineId: "1", Quantity: 1}, &ordersv1.Piece{LineId: "2", Quantity: 1})
			m = w.get(t, w.mailsTo(t, by.GetEmail(), 3)[0].GetId())
			wantParts(t, "text of the last", m.GetText(), "the last part of your order", "In this parcel:\n  1 × Oak Desk Lamp\n  1 × Mug \"Tom & Ida\" <b>\n\nOrder")
		},
		"the letter of a refund says how much, and why": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			_, err := w.Orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: placed.GetOrder().GetId(), AmountMinor: 1290, Reason: "The mug was chipped."})
			if err != nil {
				t.Fatal(err)
			}
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 2)[0].GetId())
			for what, letter := range map[string]string{"text": m.GetText(), "HTML": m.GetHtml()} {
				wantParts(t, what, letter, "€12.90 back to your card", "The mug was chipped.")
			}
		},
		"the letter of a refund of pieces says which": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			_, err := w.Orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{
				OrderId: placed.GetOrder().GetId(), AmountMinor: 104550, Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 1}},
			})
			if err != nil {
				t.Fatal(err)
			}
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 2)[0].GetId())
			wantParts(t, "text", m.GetText(), "€1,045.50 back to your card", "The refund is for:\n  1 × Oak Desk Lamp\n\nOrder")
		},
		"the letter of a refund that did not come through says so": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			_, err := w.Orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: placed.GetOrder().GetId(), AmountMinor: 1290, Reason: refused})
			if err != nil {
				t.Fatal(err)
			}
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 2)[0].GetId())
			wantParts(t, "subject", m.GetSubject(), "did not come through")
			for what, letter := range map[string]string{"text": m.GetText(), "HTML": m.GetHtml()} {
				wantParts(t, what, letter, "€12.90 back to your card", "could not be carried out", "write to you")
			}
		},
		"the refund of a cancellation has no letter of its own, unless it failed before": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			w.cancel(t, placed)
			for _, reason := range []string{"", refused, triedAgain} {
				_, err := w.Orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{
					OrderId: placed.GetOrder().GetId(), AmountMinor: 1290, Reason: reason, IdempotencyKey: ofCancellation,
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			mails := w.mailsTo(t, by.GetEmail(), 4) // confirmed, cancelled, failed, refunded; the newest first
			wantParts(t, "subject", mails[1].GetSubject(), "did not come through")
			m := w.get(t, mails[0].GetId())
			wantParts(t, "subject", m.GetSubject(), "A refund for your order")
			wantParts(t, "text", m.GetText(), "€12.90 back to your card")
		},
		"another refund of a cancelled order has a letter": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			w.cancel(t, placed)
			_, err := w.Orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: placed.GetOrder().GetId(), AmountMinor: 1290})
			if err != nil {
				t.Fatal(err)
			}
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 3)[0].GetId())
			wantParts(t, "text", m.GetText(), "€12.90 back to your card")
		},
		"the letter of an order that was not paid says so; one that was told at once, or replaced, has none": func(t *testing.T) {
			by := guest()
			placed := w.order(t, by)
			for _, token := range []string{"", replaced, placed.GetToken()} {
				if _, err := w.Orders.PayOrder(t.Context(), &ordersv1.PayOrderRequest{OrderId: placed.GetOrder().GetId(), Token: token}); err != nil {
					t.Fatal(err)
				}
			}
			m := w.get(t, w.mailsTo(t, by.GetEmail(), 2)[0].GetId())
			wantParts(t, "subject", m.GetSubject(), "was not placed")
			wantParts(t, "text", m.GetText(), "not paid in time", "Nothing was charged")
		},
		"says that there is no such mail": func(t *testing.T) {
			for _, unknown := range []string{"", "x", id.New(), "\x00\x00", strings.Repeat("z", 5000)} {
				_, err := w.Notifications.GetMail(t.Context(), &notificationsv1.GetMailRequest{Id: unknown})
				if status.Code(err) != codes.NotFound || !contract.Is(err, notificationsv1.Reason_REASON_NO_MAIL) {
					t.Errorf("mail %.40q: got %v, want NO_MAIL", unknown, err)
				}
			}
		},
	}
}

// refusesToResend wants that err is for that reason, and that the mail says the same.
func (w World) refusesToResend(t *testing.T, mailID string, reason notificationsv1.Reason, err error) {
	t.Helper()
	if status.Code(err) != codes.FailedPrecondition || !contract.Is(err, reason) {
		t.Errorf("got %v, want %s", err, reason)
	}
	if m := w.get(t, mailID); m.GetNotResendable() == "" || m.GetNotResendable() != status.Convert(err).Message() {
		t.Errorf("the mail says %q, and the refusal %v; want the same", m.GetNotResendable(), err)
	}
}

func (w World) resendCases() map[string]func(t *testing.T) {
	resend := func(t *testing.T, mailID, key string) error {
		_, err := w.Notifications.ResendMail(t.Context(), &notificationsv1.ResendMailRequest{Id: mailID, IdempotencyKey: key})
		return err
	}
	return map[string]func(t *testing.T){
		"sends a sent mail again, once per key, and the same letter": func(t *testing.T) {
			by := guest()
			w.order(t, by)
			first, key := w.get(t, w.mailsTo(t, by.GetEmail(), 1)[0].GetId()), id.New()
			for range 3 {
				if err := resend(t, first.GetId(), key); err != nil {
					t.Fatal(err)
				}
			}
			w.mailsTo(t, by.GetEmail(), 1)
			again := w.get(t, first.GetId())
			if again.GetResends() != 1 || again.GetAttempts() != first.GetAttempts()+1 || again.GetResentAt().AsTime().Before(first.GetSentAt().AsTime()) ||
				again.GetSentAt().AsTime().Before(again.GetResentAt().AsTime()) {
				t.Errorf("got %v, want it queued again once, and sent after that", again)
			}
			if again.GetText() != first.GetText() || again.GetHtml() != first.GetHtml() || again.GetTo() != first.GetTo() {
				t.Errorf("got to %s\n%s\nwant to %s\n%s", again.GetTo(), again.GetText(), first.GetTo(), first.GetText())
			}
		},
		"sends a sent mail again five times and no more": func(t *testing.T) {
			by := guest()
			w.order(t, by)
			sent := w.mailsTo(t, by.GetEmail(), 1)[0].GetId()
			for n := range 5 {
				if m := w.get(t, sent); m.GetNotResendable() != "" {
					t.Fatalf("after %d times: got the refusal %q, want none", n, m.GetNotResendable())
				}
				if err := resend(t, sent, id.New()); err != nil {
					t.Fatalf("after %d times: %v", n, err)
				}
				w.mailsTo(t, by.GetEmail(), 1)
			}
			w.refusesToResend(t, sent, notificationsv1.Reason_REASON_RESENT_OFTEN, resend(t, sent, id.New()))
			if m := w.mailsTo(t, by.GetEmail(), 1)[0]; m.GetResends() != 5 || m.GetAttempts() != 6 {
				t.Errorf("got it queued again %d times and tried %d times, want 5 and 6", m.GetResends(), m.GetAttempts())
			}
		},
		"does not send a link again that is good once": func(t *testing.T) {
			by := guest()
			if _, err := w.Accounts.RequestReset(t.Context(), &accountsv1.RequestResetRequest{Email: by.GetEmail()}); err != nil {
				t.Fatal(err)
			}
			sent := w.mailsTo(t, by.GetEmail(), 1)[0].GetId()
			w.refusesToResend(t, sent, notificationsv1.Reason_REASON_LINK_GOOD_ONCE, resend(t, sent, id.New()))
			if m := w.mailsTo(t, by.GetEmail(), 1)[0]; m.GetResends() != 0 || m.GetAttempts() != 1 {
				t.Errorf("got it queued again %d times and tried %d times, want 0 and 1", m.GetResends(), m.GetAttempts())
			}
		},
		"forgets the letters of a person whose account is deleted": func(t *testing.T) {
			ana, other := guest(), guest()
			w.order(t, ana)
			w.order(t, ana)
			w.order(t, other)
			w.mailsTo(t, ana.GetEmail(), 2)
			w.mailsTo(t, other.GetEmail(), 1)
			deleted := func(by, code string) {
				t.Helper()
				if _, err := w.Accounts.DeleteAccount(t.Context(), &accountsv1.DeleteAccountRequest{Session: by, Code: code}); err != nil {
					t.Fatal(err)
				}
			}
			deleted(other.GetEmail(), "") // anyone can have made it: the address was never confirmed
			w.mailsTo(t, other.GetEmail(), 2)
			deleted(ana.GetEmail(), "confirmed")
			if left := w.mailsTo(t, ana.GetEmail(), 1)[0]; left.GetSubject() != "Your account is deleted" {
				t.Errorf("got %q left, want the mail alone that says so", left.GetSubject())
			}
		},
		"refuses the key of another mail": func(t *testing.T) {
			by, key := guest(), id.New()
			w.order(t, by)
			w.order(t, by)
			mails := w.mailsTo(t, by.GetEmail(), 2)
			if err := resend(t, mails[0].GetId(), key); err != nil {
				t.Fatal(err)
			}
			if err := resend(t, mails[1].GetId(), key); status.Code(err) != codes.InvalidArgument || !contract.Is(err, notificationsv1.Reason_REASON_KEY_REUSED) {
				t.Errorf("got %v, want KEY_REUSED", err)
			}
		},
		"says that there is no such mail": func(t *testing.T) {
			for _, unknown := range []string{"", "x", id.New(), "\x00"} {
				if err := resend(t, unknown, id.New()); status.Code(err) != codes.NotFound || !contract.Is(err, notificationsv1.Reason_REASON_NO_MAIL) {
					t.Errorf("mail %q: got %v, want NO_MAIL", unknown, err)
				}
			}
		},
		"wants a key": func(t *testing.T) {
			for _, key := range []string{"", strings.Repeat("k", 65)} {
				if v := contract.Violations(resend(t, id.New(), key)); len(v) != 1 || v[0].Field != "idempotency_key" {
					t.Errorf("key %.40q: got %v, want a violation of idempotency_key", key, v)
				}
			}
		},
	}
}
