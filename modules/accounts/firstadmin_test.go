package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

// without is a shop without an administrator.
func without(connect moduletest.Connect) accountstest.World {
	return accountstest.World{
		Accounts: accountsv1.NewAccountsServiceClient(connect("accounts")),
		Operator: accountsv1.NewAccountsServiceClient(connect(moduletest.As(certs.Operator, "accounts"))),
	}
}

func offer(t *testing.T, w accountstest.World) string {
	t.Helper()
	offered, err := w.Operator.OfferFirstAdmin(t.Context(), &accountsv1.OfferFirstAdminRequest{})
	if err != nil {
		t.Fatalf("offer a link: %v", err)
	}
	if lasts := time.Until(offered.GetExpiresAt().AsTime()); lasts > 2*time.Hour {
		t.Errorf("the link is good for %s, want two hours", lasts)
	}
	return offered.GetLink()
}

func TestTheFirstAdministratorIsMadeOnceByTheNewestLink(t *testing.T) {
	moduletest.Run(t, "accounts", func(t *testing.T, connect moduletest.Connect) {
		w := without(connect)
		older, link := offer(t, w), offer(t, w)
		if _, err := w.FirstAdmin(t, older, "ana@example.com", "older"); !contract.Is(err, accountsv1.Reason_REASON_BAD_LINK) {
			t.Errorf("an older link: got %v, want REASON_BAD_LINK", err)
		}
		if _, err := w.FirstAdmin(t, link, "no address", "wrong"); len(contract.Violations(err)) != 1 {
			t.Errorf("no address: got %v, want a violation", err)
		}
		looks := func(what, link string, good bool) {
			t.Helper()
			_, err := w.Accounts.CreateFirstAdmin(t.Context(), &accountsv1.CreateFirstAdminRequest{Link: link, IdempotencyKey: "look"})
			if bad := contract.Is(err, accountsv1.Reason_REASON_BAD_LINK); bad == good || good && len(contract.Violations(err)) == 0 {
				t.Errorf("a look at %s: got %v", what, err)
			}
		}
		looks("an older link", older, false)
		looks("the newest link", link, true)
		// Several at once: one of them is the first.
		const racers = 4
		type result struct {
			key  string
			made *accountsv1.CreateFirstAdminResponse
			err  error
		}
		results := make(chan result)
		for i := range racers {
			go func() {
				key := fmt.Sprint("racer ", i)
				made, err := w.FirstAdmin(t, link, fmt.Sprintf("racer%d@example.com", i), key)
				results <- result{key, made, err}
			}()
		}
		var first result
		for range racers {
			r := <-results
			switch {
			case r.err == nil && first.made != nil:
				t.Errorf("%s and %s both made the first administrator", first.key, r.key)
			case r.err == nil:
				first = r
			case !contract.Is(r.err, accountsv1.Reason_REASON_BAD_LINK):
				t.Errorf("%s: got %v, want REASON_BAD_LINK", r.key, r.err)
			}
		}
		if first.made == nil {
			t.Fatal("the link made no administrator")
		}
		if again, err := w.FirstAdmin(t, link, first.made.GetAccount().GetEmail(), first.key); err != nil || again.GetSession() != first.made.GetSession() {
			t.Errorf("the same call again: got %v and error %v, want the same session", again, err)
		}
		if _, err := w.FirstAdmin(t, link, "ben@example.com", "another"); !contract.Is(err, accountsv1.Reason_REASON_BAD_LINK) {
			t.Errorf("the link a second time: got %v, want REASON_BAD_LINK", err)
		}
		if _, err := w.Operator.OfferFirstAdmin(t.Context(), &accountsv1.OfferFirstAdminRequest{}); !contract.Is(err, accountsv1.Reason_REASON_HAS_ADMIN) {
			t.Errorf("another link: got %v, want REASON_HAS_ADMIN", err)
		}
		checked, err := w.Accounts.CheckSession(t.Context(), &accountsv1.CheckSessionRequest{Session: first.made.GetSession()})
		if err != nil || checked.GetSecondFactorDone() || checked.GetAccount().GetRoles()[2] != "admin" {
			t.Errorf("got session %v and error %v, want one of an administrator who has no second factor yet", checked, err)
		}
	})
}

func TestALinkIsRefusedOnceThereIsAnAdministrator(t *testing.T) {
	moduletest.Run(t, "accounts", func(t *testing.T, connect moduletest.Connect) {
		w := without(connect)
		link := offer(t, w)
		_, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: "ana@example.com", Password: accountstest.Password, Role: accountsv1.Role_ROLE_ADMIN})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.FirstAdmin(t, link, "ben@example.com", "key"); !contract.Is(err, accountsv1.Reason_REASON_HAS_ADMIN) {
			t.Errorf("got %v, want REASON_HAS_ADMIN", err)
		}
	})
}
