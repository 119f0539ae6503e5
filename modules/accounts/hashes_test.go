package accounts_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/accounts"
	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// The suite's passwords are hashed quickly, so this one looks at the module as it is
// served.
func TestPasswordsAreHashedAsAdvised(t *testing.T) {
	db := databasetest.Open(t, database.Options{Module: accounts.Name, Dir: t.TempDir(), Migrations: migrations.For(accounts.Name), Log: slog.New(slog.DiscardHandler)})
	served, err := accounts.New(module.Host{DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now}, accounts.Needs{}, accounts.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	server, ctx := served.Server.(accountsv1.AccountsServiceServer), moduletest.Direct(t.Context())
	if _, err := server.CreateAccount(ctx, &accountsv1.CreateAccountRequest{Email: "ana@example.com", Password: accountstest.Password, Role: accountsv1.Role_ROLE_CUSTOMER}); err != nil {
		t.Fatal(err)
	}
	var hash string
	if err := db.Read(ctx).Raw("SELECT password FROM accounts").Scan(&hash).Error; err != nil {
		t.Fatal(err)
	}
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(hash, want) {
		t.Errorf("got a hash %s, want one that begins with %s", hash, want)
	}
	in, err := server.LogIn(ctx, &accountsv1.LogInRequest{IdempotencyKey: "first", Email: "ana@example.com", Password: accountstest.Password})
	if err != nil || in.GetSession() == "" {
		t.Errorf("log in: got %v and %v, want a session", in, err)
	}
	if _, err := server.LogIn(ctx, &accountsv1.LogInRequest{IdempotencyKey: "second", Email: "ana@example.com", Password: "not the right one"}); err == nil {
		t.Error("log in with a wrong password: got a session")
	}
}
