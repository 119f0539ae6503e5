package accountstest

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
	"galleria/platform/identity"
)

func (w World) listAccountsCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"finds accounts by address or name, newest first, page by page": func(t *testing.T) {
			mark := id.New()
			for _, email := range []string{"a@" + mark + ".example", "b_@" + mark + ".example", "c@" + mark + ".example"} {
				if _, err := w.Operator.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{Email: email, Password: Password, Role: accountsv1.Role_ROLE_CUSTOMER}); err != nil {
					t.Fatal(err)
				}
			}
			var found []string
			for token := ""; ; {
				page, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{Query: strings.ToUpper(mark), PageSize: 2, PageToken: token})
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range page.GetAccounts() {
					found = append(found, a.GetEmail()[:1])
				}
				if token = page.GetNextPageToken(); token == "" {
					break
				}
			}
			if !slices.Equal(found, []string{"c", "b", "a"}) {
				t.Errorf("got %v, want c, b, a", found)
			}
			only, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{Query: "_@" + mark})
			if err != nil || len(only.GetAccounts()) != 1 {
				t.Errorf("got %v and error %v, want the one with a _ in it", only.GetAccounts(), err)
			}
		},
		"finds names in capitals or not, beyond ASCII too": func(t *testing.T) {
			mark := id.New()
			for _, name := range []string{"Özil " + mark, "Жанна " + mark} {
				request := &accountsv1.CreateAccountRequest{Email: id.New() + "@" + mark + ".example", Name: name, Password: Password, Role: accountsv1.Role_ROLE_CUSTOMER}
				if _, err := w.Operator.CreateAccount(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				for _, query := range []string{name, strings.ToLower(name), strings.ToUpper(name), strings.ToUpper(name)[2:]} {
					found, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{Query: query})
					if err != nil || len(found.GetAccounts()) != 1 || found.GetAccounts()[0].GetName() != name {
						t.Errorf("%q: got %v and error %v, want the account of %s", query, found.GetAccounts(), err, name)
					}
				}
			}
			for _, query := range []string{"ö* " + mark, "ö?il " + mark, "[öÖ]zil " + mark, "ozil " + mark, "Ö_il " + mark} {
				if found, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{Query: query}); err != nil || len(found.GetAccounts()) != 0 {
					t.Errorf("%q: got %v and error %v, want none", query, found.GetAccounts(), err)
				}
			}
		},
		"finds those with at least a role": func(t *testing.T) {
			operator, customer := w.person(t, accountsv1.Role_ROLE_OPERATOR), w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			for a, want := range map[*accountsv1.Account]int{operator: 1, customer: 0} {
				got, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{Query: a.GetEmail(), Role: accountsv1.Role_ROLE_OPERATOR})
				if err != nil || len(got.GetAccounts()) != want {
					t.Errorf("%v: got %v and error %v, want %d", a.GetRoles(), got.GetAccounts(), err, want)
				}
			}
		},
		"refuses a token that is none of its own": func(t *testing.T) {
			for _, token := range []string{"x", "bWFpbHM6", "\x00"} {
				_, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{PageToken: token})
				wantReason(t, token, err, codes.InvalidArgument, accountsv1.Reason_REASON_BAD_PAGE_TOKEN)
			}
			_, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{PageSize: 101})
			wantViolation(t, "101", err, "page_size")
		},
		"is for operators": func(t *testing.T) {
			_, err := w.Accounts.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{})
			wantReason(t, "as nobody", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
			_, err = w.Accounts.ListAccounts(w.as(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))), &accountsv1.ListAccountsRequest{})
			wantReason(t, "as a customer", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
			if _, err = w.Accounts.ListAccounts(w.as(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_OPERATOR))), &accountsv1.ListAccountsRequest{}); err != nil {
				t.Errorf("as an operator: got %v, want accounts", err)
			}
		},
		"does not believe a statement that is forged": func(t *testing.T) {
			statement := w.check(t, w.logIn(t, w.person(t, accountsv1.Role_ROLE_OPERATOR))).GetIdentity().GetStatement()
			said, signature, _ := strings.Cut(statement, ".")
			for what, forged := range map[string]string{
				"another signature": said + "." + strings.Repeat("A", len(signature)),
				"another statement": said[:len(said)-4] + "AAAA." + signature,
				"none":              said,
				"no statement":      "x.y",
			} {
				_, err := w.Accounts.ListAccounts(identity.With(t.Context(), forged), &accountsv1.ListAccountsRequest{})
				wantReason(t, what, err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
			}
		},
	}
}

func (w World) setRoleCases() map[string]func(*testing.T) {
	set := func(t *testing.T, id string, role accountsv1.Role) (*accountsv1.Account, error) {
		changed, err := w.Operator.SetRole(t.Context(), &accountsv1.SetRoleRequest{AccountId: id, Role: role})
		return changed.GetAccount(), err
	}
	return map[string]func(*testing.T){
		"gives another role, and ends the sessions": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_CUSTOMER)
			before := w.logIn(t, a)
			for range 2 {
				changed, err := set(t, a.GetId(), accountsv1.Role_ROLE_OPERATOR)
				if err != nil || !slices.Equal(changed.GetRoles(), []string{"customer", "operator"}) {
					t.Fatalf("got %v and error %v, want an operator", changed, err)
				}
			}
			w.wantEnded(t, before)
		},
		"says that there is no such account": func(t *testing.T) {
			_, err := set(t, id.New(), accountsv1.Role_ROLE_OPERATOR)
			wantReason(t, "unknown", err, codes.NotFound, accountsv1.Reason_REASON_NO_ACCOUNT)
		},
		"leaves the shop an administrator": func(t *testing.T) {
			w.person(t, accountsv1.Role_ROLE_ADMIN)
			admins, err := w.Operator.ListAccounts(t.Context(), &accountsv1.ListAccountsRequest{Role: accountsv1.Role_ROLE_ADMIN, PageSize: 100})
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range admins.GetAccounts() {
				_, err := set(t, a.GetId(), accountsv1.Role_ROLE_CUSTOMER)
				if last := i == len(admins.GetAccounts())-1; last {
					wantReason(t, "the last", err, codes.FailedPrecondition, accountsv1.Reason_REASON_LAST_ADMIN)
				} else if err != nil {
					t.Errorf("another one: %v", err)
				}
			}
		},
		"is for administrators": func(t *testing.T) {
			a := w.person(t, accountsv1.Role_ROLE_OPERATOR)
			r := &accountsv1.SetRoleRequest{AccountId: a.GetId(), Role: accountsv1.Role_ROLE_ADMIN}
			_, err := w.Accounts.SetRole(t.Context(), r)
			wantReason(t, "as nobody", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
			_, err = w.Accounts.SetRole(w.as(t, w.logIn(t, a)), r)
			wantReason(t, "as an operator", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
		"wants a role": func(t *testing.T) {
			_, err := set(t, id.New(), accountsv1.Role_ROLE_UNSPECIFIED)
			wantViolation(t, "none", err, "role")
		},
	}
}

func (w World) key(t *testing.T, scopes ...string) *accountsv1.CreateKeyResponse {
	t.Helper()
	made, err := w.Operator.CreateKey(t.Context(), &accountsv1.CreateKeyRequest{IdempotencyKey: id.New(), Name: "warehouse", Scopes: scopes})
	if err != nil {
		t.Fatalf("create a key: %v", err)
	}
	return made
}

func (w World) createKeyCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"makes a key that lets a program in": func(t *testing.T) {
			made := w.key(t, "stock:read", "orders:read", "stock:read")
			if !strings.HasPrefix(made.GetSecret(), "gk_") || len(made.GetSecret()) != 46 || !strings.HasPrefix(made.GetSecret(), made.GetKey().GetBeginning()) {
				t.Errorf("got secret %q that begins with %q", made.GetSecret(), made.GetKey().GetBeginning())
			}
			if !slices.Equal(made.GetKey().GetScopes(), []string{"orders:read", "stock:read"}) || made.GetKey().GetCreatedBy() != "operator" {
				t.Errorf("got %v", made.GetKey())
			}
		},
		"makes one however often it is repeated": func(t *testing.T) {
			r := &accountsv1.CreateKeyRequest{IdempotencyKey: id.New(), Name: "once", Scopes: []string{"orders:read"}}
			one, err := w.Operator.CreateKey(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if two, err := w.Operator.CreateKey(t.Context(), r); err != nil || two.GetSecret() != one.GetSecret() || two.GetKey().GetId() != one.GetKey().GetId() {
				t.Errorf("got %v and error %v, want the same key", two, err)
			}
			r.Scopes = []string{"orders:write"}
			_, err = w.Operator.CreateKey(t.Context(), r)
			wantReason(t, "other scopes", err, codes.InvalidArgument, accountsv1.Reason_REASON_KEY_REUSED)
		},
		"names each bad field": func(t *testing.T) {
			for field, r := range map[string]*accountsv1.CreateKeyRequest{
				"name":   {IdempotencyKey: id.New(), Scopes: []string{"orders:read"}},
				"scopes": {IdempotencyKey: id.New(), Name: "warehouse", Scopes: []string{"orders:read", "everything"}},
			} {
				_, err := w.Operator.CreateKey(t.Context(), r)
				wantViolation(t, field, err, field)
			}
			_, err := w.Operator.CreateKey(t.Context(), &accountsv1.CreateKeyRequest{IdempotencyKey: id.New(), Name: "warehouse"})
			wantViolation(t, "no scopes", err, "scopes")
		},
		"is for administrators": func(t *testing.T) {
			_, err := w.Accounts.CreateKey(t.Context(), &accountsv1.CreateKeyRequest{IdempotencyKey: id.New(), Name: "mine", Scopes: []string{"orders:read"}})
			wantReason(t, "as nobody", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}

func (w World) listKeysCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"lists those that were not revoked": func(t *testing.T) {
			kept, revoked := w.key(t, "orders:read").GetKey(), w.key(t, "orders:read").GetKey()
			if _, err := w.Operator.RevokeKey(t.Context(), &accountsv1.RevokeKeyRequest{Id: revoked.GetId()}); err != nil {
				t.Fatal(err)
			}
			listed, err := w.Operator.ListKeys(t.Context(), &accountsv1.ListKeysRequest{})
			if err != nil {
				t.Fatal(err)
			}
			has := func(k *accountsv1.Key) bool {
				return slices.ContainsFunc(listed.GetKeys(), func(l *accountsv1.Key) bool { return l.GetId() == k.GetId() })
			}
			if !has(kept) || has(revoked) {
				t.Errorf("got %v, want %s and not %s", listed.GetKeys(), kept.GetId(), revoked.GetId())
			}
		},
		"is for administrators": func(t *testing.T) {
			_, err := w.Accounts.ListKeys(t.Context(), &accountsv1.ListKeysRequest{})
			wantReason(t, "as nobody", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}

func (w World) revokeKeyCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"ends a key, once": func(t *testing.T) {
			made := w.key(t, "orders:read")
			for range 2 {
				if _, err := w.Operator.RevokeKey(t.Context(), &accountsv1.RevokeKeyRequest{Id: made.GetKey().GetId()}); err != nil {
					t.Fatal(err)
				}
			}
			_, err := w.Accounts.CheckKey(t.Context(), &accountsv1.CheckKeyRequest{Secret: made.GetSecret()})
			wantReason(t, "revoked", err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_KEY)
		},
		"is for administrators": func(t *testing.T) {
			made := w.key(t, "orders:read")
			_, err := w.Accounts.RevokeKey(t.Context(), &accountsv1.RevokeKeyRequest{Id: made.GetKey().GetId()})
			wantReason(t, "as nobody", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
	}
}

func (w World) checkKeyCases() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"tells what a key may do": func(t *testing.T) {
			made := w.key(t, "stock:write")
			got, err := w.Accounts.CheckKey(t.Context(), &accountsv1.CheckKeyRequest{Secret: made.GetSecret()})
			if err != nil || got.GetId() != made.GetKey().GetId() || !slices.Equal(got.GetScopes(), []string{"stock:write"}) || got.GetIdentity().GetStatement() == "" {
				t.Errorf("got %v and error %v, want the key", got, err)
			}
		},
		"lets a program do nothing that is for people": func(t *testing.T) {
			got, err := w.Accounts.CheckKey(t.Context(), &accountsv1.CheckKeyRequest{Secret: w.key(t, "orders:write").GetSecret()})
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Accounts.ListAccounts(identity.With(t.Context(), got.GetIdentity().GetStatement()), &accountsv1.ListAccountsRequest{})
			wantReason(t, "as a program", err, codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED)
		},
		"knows no other": func(t *testing.T) {
			for _, secret := range append(strangers, w.key(t, "orders:read").GetKey().GetId()) {
				_, err := w.Accounts.CheckKey(t.Context(), &accountsv1.CheckKeyRequest{Secret: secret})
				wantReason(t, secret, err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_KEY)
			}
		},
	}
}
