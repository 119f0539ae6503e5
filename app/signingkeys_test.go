package app_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app"
	"galleria/app/shoptest"
	accountsv1 "galleria/modules/accounts/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/identity"
	"galleria/platform/process"
	"galleria/platform/route"
)

// apart is a shop of two processes, one of which runs accounts, with a clock that the test
// sets forward.
type apart struct {
	main, accounts *process.Process
	ahead          atomic.Int64
	client         accountsv1.AccountsServiceClient // as the edge
	operator       accountsv1.AccountsServiceClient
	mails          notificationsv1.NotificationsServiceClient // in the main process
	session        string
}

func openApart(t *testing.T) *apart {
	t.Helper()
	c := app.DefaultConfig()
	c.Data = t.TempDir()
	authority, err := certs.OpenAuthority(app.AuthorityDir(c))
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := taken.Addr().String()
	taken.Close()
	a := &apart{}
	start := func(listen, peer string, rights certs.Rights, places map[string]route.Place) *process.Process {
		id, err := certs.FromAuthority(authority, rights)
		if err != nil {
			t.Fatal(err)
		}
		p, err := process.New(process.Options{
			Definitions: app.Definitions(c.Modules), Outside: app.Outside, OutsideCalls: app.OutsideCalls, Dir: c.Data,
			DSN: func(string) string { return "" }, Listen: listen, Identity: id, Peer: peer, Log: slog.New(slog.DiscardHandler), LeaseTTL: time.Second,
			Now: func() time.Time { return time.Now().Add(time.Duration(a.ahead.Load())) },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := p.Stop(ctx); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
		if err := p.Start(t.Context(), places); err != nil {
			t.Fatal(err)
		}
		return p
	}
	places := map[string]route.Place{}
	for _, d := range app.Definitions(c.Modules) {
		places[d.Name] = route.Local()
	}
	places["accounts"] = route.Remote(address)
	a.main = start("127.0.0.1:0", "", certs.Everything, places)
	a.accounts = start(address, a.main.Address(), app.RightsOf(c, []string{"accounts"}), map[string]route.Place{"accounts": route.Local()})
	a.client = accountsv1.NewAccountsServiceClient(a.main.Connect(app.TargetEdge, "accounts"))
	a.operator = accountsv1.NewAccountsServiceClient(a.main.Connect(app.Operator, "accounts"))
	a.mails = notificationsv1.NewNotificationsServiceClient(a.main.Connect(app.TargetEdge, "notifications"))
	a.logIn(t)
	return a
}

func (a *apart) logIn(t *testing.T) {
	t.Helper()
	const email, password = "otto@example.com", "correct horse battery"
	a.await(t, "accounts answers", func() bool {
		_, err := a.operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: email, Password: password, Role: accountsv1.Role_ROLE_OPERATOR})
		return err == nil
	})
	in, err := a.client.LogIn(t.Context(), &accountsv1.LogInRequest{IdempotencyKey: "in", Email: email, Password: password, Visitor: &accountsv1.Visitor{Client: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	a.session = in.GetSession()
	a.await(t, "the main process knows the key", func() bool { return len(a.main.Identities().Known()) > 0 })
}

func (a *apart) await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute in vain: %s", what)
		}
	}
}

// statement is one for the session, made now.
func (a *apart) statement(ctx context.Context) (string, error) {
	checked, err := a.client.CheckSession(ctx, &accountsv1.CheckSessionRequest{Session: a.session})
	return checked.GetIdentity().GetStatement(), err
}

// try calls a module in each process on behalf of whom the statement is of.
func (a *apart) try(ctx context.Context, statement string) (inMain, inAccounts error) {
	as := identity.With(ctx, statement)
	_, inMain = a.mails.GetMail(as, &notificationsv1.GetMailRequest{Id: "none"})
	if status.Code(inMain) == codes.NotFound {
		inMain = nil
	}
	_, inAccounts = a.client.ListAccounts(as, &accountsv1.ListAccountsRequest{PageSize: 1})
	return inMain, inAccounts
}

// everywhere waits until both processes know one key, of this name.
func (a *apart) everywhere(t *testing.T, name string) {
	t.Helper()
	for _, p := range []*process.Process{a.main, a.accounts} {
		a.await(t, "key "+name+" is the only one", func() bool { return slices.Equal(p.Identities().Known(), []string{name}) })
	}
}

// TestTheSigningKeyIsReplacedWithoutARefusedRequest while a person's requests go on, in a
// shop with accounts in a process of its own.
func TestTheSigningKeyIsReplacedWithoutARefusedRequest(t *testing.T) {
	t.Parallel()
	a := openApart(t)
	before, err := a.statement(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	apiKey := func() string {
		t.Helper()
		made, err := a.operator.CreateKey(t.Context(), &accountsv1.CreateKeyRequest{Name: "warehouse", Scopes: []string{"orders:read"}, IdempotencyKey: "key"})
		if err != nil {
			t.Fatal(err)
		}
		return made.GetSecret()
	}
	secret := apiKey()
	var rounds atomic.Int64
	ctx, end := context.WithCancel(t.Context())
	var going sync.WaitGroup
	defer going.Wait()
	defer end()
	going.Go(func() {
		for ; ctx.Err() == nil; rounds.Add(1) {
			said, err := a.statement(t.Context())
			if err != nil {
				t.Errorf("a session is checked: %v", err)
				return
			}
			if inMain, inAccounts := a.try(t.Context(), said); inMain != nil || inAccounts != nil {
				t.Errorf("round %d was refused: %v in the main process, %v in that of accounts", rounds.Load(), inMain, inAccounts)
				return
			}
		}
	})
	made, err := a.operator.ReplaceSigningKey(t.Context(), &accountsv1.ReplaceSigningKeyRequest{Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	a.await(t, "the main process has heard of the new key", func() bool { return len(a.main.Identities().Known()) == 2 })
	for _, step := range []string{"it does not sign yet", "it does not", "it does not", "it does not", "it does not", "it signs", "it signs", "it signs", "it signs", "it signs", "it signs", "the old one has ended"} {
		if inMain, inAccounts := a.try(t.Context(), before); step == "it does not sign yet" && (inMain != nil || inAccounts != nil) {
			t.Errorf("a statement from before: %v in the main process, %v in that of accounts", inMain, inAccounts)
		}
		a.ahead.Add(int64(time.Minute))
		from := rounds.Load()
		a.await(t, "requests go on: "+step, func() bool { return rounds.Load() >= from+3 || t.Failed() })
	}
	a.everywhere(t, made.GetKey().GetName())
	from := rounds.Load()
	a.await(t, "requests go on", func() bool { return rounds.Load() >= from+3 || t.Failed() })
	if again := apiKey(); again != secret {
		t.Error("a token made by the same call is another one after the key was replaced")
	}
	if _, err := a.client.CheckKey(t.Context(), &accountsv1.CheckKeyRequest{Secret: secret}); err != nil {
		t.Errorf("an API key from before: %v", err)
	}
}

// TestAStolenSigningKeyIsBelievedNoMore in any process, though its statements would hold for
// minutes, and people stay logged in.
func TestAStolenSigningKeyIsBelievedNoMore(t *testing.T) {
	t.Parallel()
	a := openApart(t)
	stolen, err := a.statement(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.operator.ReplaceSigningKey(t.Context(), &accountsv1.ReplaceSigningKeyRequest{Number: 1, AtOnce: true})
	if err != nil {
		t.Fatal(err)
	}
	a.await(t, "the main process has heard of the new key", func() bool { return slices.Contains(a.main.Identities().Known(), made.GetKey().GetName()) })
	a.ahead.Add(int64(5 * time.Second))
	a.everywhere(t, made.GetKey().GetName())
	inMain, inAccounts := a.try(t.Context(), stolen)
	if status.Code(inMain) != codes.PermissionDenied || !contract.Is(inAccounts, accountsv1.Reason_REASON_NOT_ALLOWED) {
		t.Errorf("a statement by the old key: got %v in the main process and %v in that of accounts, want it refused", inMain, inAccounts)
	}
	now, err := a.statement(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if inMain, inAccounts := a.try(t.Context(), now); inMain != nil || inAccounts != nil {
		t.Errorf("a new statement for the same session: got %v in the main process and %v in that of accounts", inMain, inAccounts)
	}
}

// TestOperatorsReplaceTheSigningKeyByCommand, which the audit log tells.
func TestOperatorsReplaceTheSigningKeyByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, append([]string{"signing-keys"}, args...)...)
		if code != 0 || !strings.Contains(out, says) {
			t.Errorf("galleria signing-keys %s: got exit %d and\n%s\nwant %q", strings.Join(args, " "), code, out, says)
		}
		return out
	}
	run("(now)", "list")
	run("key 2 signs from", "replace")
	if list := run("operator", "list"); strings.Count(list, "\n") != 3 {
		t.Errorf("got\n%s\nwant two keys", list)
	}
	run("believed no more", "replace", "--at-once")
	shop.Await(t, "the new key is the only one", func() bool {
		list := run("3 ", "list")
		return strings.Count(list, "\n") == 2 && strings.Contains(list, "(now)")
	})
	shop.Await(t, "the audit log has both", func() bool {
		noted, err := os.ReadFile(filepath.Join(shop.Data(), "audit", "changes.jsonl"))
		return err == nil && strings.Contains(string(noted), `"signing key 2"`) && strings.Contains(string(noted), `"signing key 3"`)
	})
}
