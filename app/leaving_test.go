package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"galleria/app/shoptest"
	accountsv1 "galleria/modules/accounts/v1"
)

// TestTheEdgeRefusesAtOnceWhoLoggedOutOrLostARole: statements that are on their way hold for
// minutes, but each request at the edge asks accounts for its session anew, also where
// accounts and orders run in other processes. So pages, console and API are closed with the
// very next request, to all who have the session.
func TestTheEdgeRefusesAtOnceWhoLoggedOutOrLostARole(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"accounts", "orders"}})
	makeOperator(t, shop)
	base := "http://" + shop.Address("http")
	// ask sends a request in a session, as a program of the API and as a browser do.
	ask := func(method, path, session, body string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if session != "" {
			r.Header.Set("Authorization", "Bearer "+session)
			r.AddCookie(&http.Cookie{Name: "session", Value: session})
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	logIn := func() (session, account string) {
		t.Helper()
		var made struct {
			Token   string
			Account struct{ ID string }
		}
		answer := ask(http.MethodPost, "/api/v1/sessions", "", `{"email":"olga@example.org","password":"a-long-word-of-olga"}`)
		if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || answer.StatusCode != http.StatusCreated {
			t.Fatalf("log in: got %d, %v", answer.StatusCode, err)
		}
		return made.Token, made.Account.ID
	}
	doors := []string{"/api/v1/orders", "/console/orders", "/account/orders"}
	opens := func(when, session string, want ...int) {
		t.Helper()
		for i, door := range doors {
			if got := ask(http.MethodGet, door, session, "").StatusCode; got != want[i] {
				t.Errorf("%s, %s: got %d, want %d", when, door, got, want[i])
			}
		}
	}

	session, account := logIn()
	other, _ := logIn()
	opens("logged in", session, http.StatusOK, http.StatusOK, http.StatusOK)
	if got := ask(http.MethodDelete, "/api/v1/sessions/current", session, "").StatusCode; got != http.StatusNoContent {
		t.Fatalf("log out: got %d", got)
	}
	opens("right after the log-out", session, http.StatusUnauthorized, http.StatusSeeOther, http.StatusSeeOther)
	opens("in another session", other, http.StatusOK, http.StatusOK, http.StatusOK)

	err := shop.Operate(t, func(ctx context.Context, modules grpc.ClientConnInterface) error {
		_, err := accountsv1.NewAccountsServiceClient(modules).SetRole(ctx, &accountsv1.SetRoleRequest{AccountId: account, Role: accountsv1.Role_ROLE_CUSTOMER})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	opens("right after the role was taken", other, http.StatusUnauthorized, http.StatusSeeOther, http.StatusSeeOther)
	again, _ := logIn()
	opens("as a customer", again, http.StatusForbidden, http.StatusForbidden, http.StatusOK)
}
