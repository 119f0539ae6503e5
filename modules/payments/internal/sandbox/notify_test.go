package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/database/databasetest"
)

func TestAWebhookThatCantBeSentHoldsUpNoOther(t *testing.T) {
	o := databasetest.SQLite(t)
	o.Migrations = migrations.For("payments")
	now := time.Unix(1_800_000_000, 0)
	s := NewPage(databasetest.Open(t, o), func() time.Time { return now }, time.Second, slog.New(slog.DiscardHandler))
	visa, problems := card.Parse(testcard.NumberVisa, 12, now.Year()+1, "123", now)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i := range notifyBatch + 1 {
		terms := payment.Terms{ID: fmt.Sprintf("p%d", i), OrderID: "o", Currency: "EUR", Amount: 100}
		session, err := s.Open(t.Context(), payment.Restore(terms, payment.Page{ReturnURL: "/back"}, payment.State{}, nil, now, 1, 0))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Pay(t.Context(), session.URL[len(PagePath):], visa); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Millisecond)
	}
	var mu sync.Mutex // webhooks are sent side by side
	heard := map[string]int{}
	look := func(broken string) {
		t.Helper()
		err := s.notifyDue(t.Context(), func(_ context.Context, body []byte, _ map[string]string) error {
			if broken == "all but the last" && !bytes.Contains(body, fmt.Appendf(nil, `"p%d"`, notifyBatch)) {
				return errors.New("broken")
			}
			mu.Lock()
			defer mu.Unlock()
			heard[string(body[bytes.Index(body, []byte("payment")):])]++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	look("all but the last")
	look("all but the last")
	if len(heard) != 1 {
		t.Errorf("got %v sent, want the last one, which comes after more broken ones than one look takes", heard)
	}
	now = now.Add(again)
	look("none")
	look("none")
	if len(heard) != notifyBatch+1 {
		t.Errorf("got %d sent, want all %d", len(heard), notifyBatch+1)
	}
	for webhook, times := range heard {
		if times != 1 {
			t.Errorf("got %s sent %d times, want once", webhook, times)
		}
	}
}
