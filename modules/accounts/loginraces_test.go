package accounts_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/migrations"
	"galleria/modules/accounts"
	"galleria/modules/accounts/accountstest"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
)

// A log-in reads the account, and then takes its time to hash. What ends all sessions
// meanwhile must not miss the one that it is about to open.
func TestALogInUnderWayEndsWithTheOthers(t *testing.T) {
	for name, change := range map[string]func(ctx context.Context, server accountsv1.AccountsServiceServer, session, accountID string) error{
		"another password": func(ctx context.Context, server accountsv1.AccountsServiceServer, session, _ string) error {
			_, err := server.ChangePassword(ctx, &accountsv1.ChangePasswordRequest{Session: session, Password: accountstest.Password, NewPassword: "another " + accountstest.Password})
			return err
		},
		"a second factor": func(ctx context.Context, server accountsv1.AccountsServiceServer, session, _ string) error {
			started, err := server.StartSecondFactor(ctx, &accountsv1.StartSecondFactorRequest{Session: session, Password: accountstest.Password})
			if err != nil {
				return err
			}
			_, err = server.EnableSecondFactor(ctx, &accountsv1.EnableSecondFactorRequest{
				IdempotencyKey: "enable", Session: session, Code: accountstest.Code(started.GetSecret(), time.Now()),
			})
			return err
		},
		"another role": func(ctx context.Context, server accountsv1.AccountsServiceServer, _, accountID string) error {
			_, err := server.SetRole(ctx, &accountsv1.SetRoleRequest{AccountId: accountID, Role: accountsv1.Role_ROLE_OPERATOR})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
				o.Migrations = migrations.For(accounts.Name)
				// The first time that a log-in with a known client asks for the time is after it
				// has read the account.
				var meanwhile func()
				now := func() time.Time {
					if do := meanwhile; do != nil {
						meanwhile = nil
						do()
					}
					return time.Now()
				}
				cfg := accounts.DefaultConfig()
				cfg.QuickHashes = true
				served, err := accounts.New(module.Host{DB: databasetest.Open(t, o), Log: slog.New(slog.DiscardHandler), Now: now}, accounts.Needs{}, cfg)
				if err != nil {
					t.Fatal(err)
				}
				server, ctx := served.Server.(accountsv1.AccountsServiceServer), moduletest.Direct(t.Context())
				made, err := server.CreateAccount(ctx, &accountsv1.CreateAccountRequest{Email: "ana@example.com", Password: accountstest.Password, Role: accountsv1.Role_ROLE_CUSTOMER})
				if err != nil {
					t.Fatal(err)
				}
				logIn := func(key string) (*accountsv1.LogInResponse, error) {
					return server.LogIn(ctx, &accountsv1.LogInRequest{
						IdempotencyKey: key, Email: "ana@example.com", Password: accountstest.Password, Visitor: &accountsv1.Visitor{Client: "192.0.2.1"},
					})
				}
				owner, err := logIn("owner")
				if err != nil {
					t.Fatal(err)
				}
				changed := false
				meanwhile = func() {
					if err := change(ctx, server, owner.GetSession(), made.GetAccount().GetId()); err != nil {
						t.Error(err)
					}
					changed = true
				}
				in, err := logIn("under way")
				if !changed {
					t.Fatal("the account was not changed during the log-in")
				}
				if status.Code(err) != codes.Unauthenticated || !contract.Is(err, accountsv1.Reason_REASON_WRONG_CREDENTIALS) {
					t.Errorf("got %v and error %v, want no session", in, err)
				}
			})
		})
	}
}
