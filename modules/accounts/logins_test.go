package accounts_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// lines collects what is logged.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// about are the lines that hold all the words.
func (l *lines) about(words ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
next:
	for line := range strings.Lines(l.text.String()) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue next
			}
		}
		count++
	}
	return count
}

func TestLogInsAreLogged(t *testing.T) {
	logged := &lines{}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(logged, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	moduletest.Local(t, world, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		accounts := accountsv1.NewAccountsServiceClient(connect("accounts"))
		made, err := accountsv1.NewAccountsServiceClient(connect(moduletest.As(certs.Operator, "accounts"))).CreateAccount(t.Context(),
			&accountsv1.CreateAccountRequest{Email: "ana@example.com", Password: accountstest.Password, Role: accountsv1.Role_ROLE_CUSTOMER})
		if err != nil {
			t.Fatal(err)
		}
		for _, password := range []string{"not the right one", accountstest.Password} {
			accounts.LogIn(t.Context(), &accountsv1.LogInRequest{Email: "ana@example.com", Password: password, IdempotencyKey: "key of " + password})
		}
		account := "account=" + made.GetAccount().GetId()
		if got := logged.about("refused a log-in", account, "why=password"); got != 1 {
			t.Errorf("got %d lines of the log-in with a wrong password, want 1", got)
		}
		if got := logged.about("logged in", account); got != 1 {
			t.Errorf("got %d lines of the log-in, want 1", got)
		}
		for _, secret := range []string{"ana@example.com", "not the right one", accountstest.Password} {
			if got := logged.about(secret); got > 0 {
				t.Errorf("got %d lines with %q, want none", got, secret)
			}
		}
	})
}
