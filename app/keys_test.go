package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestOperatorsMakeListAndRevokeAPIKeysByCommand: a key works over the API of a running
// shop until it is revoked.
func TestOperatorsMakeListAndRevokeAPIKeysByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, args...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	run(2, "wants --scope", "keys", "create", "warehouse")
	run(1, "made no API key: the scopes must be", "keys", "create", "warehouse", "--scope", "everything")
	made := run(0, "made API key", "keys", "create", "warehouse", "--scope", "orders:read,stock:read")
	secret := regexp.MustCompile(`gk_[A-Za-z0-9_-]{43}`).FindString(made)
	id := regexp.MustCompile(`made API key (\w+)`).FindStringSubmatch(made)[1]
	opens := func(path string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+shop.Address("http")+"/api/v1"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if got := [2]int{opens("/orders"), opens("/promotions")}; got != [2]int{200, 403} {
		t.Errorf("got %v, want orders opened and promotions refused", got)
	}
	if list := run(0, "orders:read stock:read", "keys", "list"); !strings.Contains(list, id) || strings.Contains(list, secret) {
		t.Errorf("got\n%s\nwant key %s in it, without its secret", list, id)
	}
	run(1, "there is no API key with the id", "keys", "revoke", "shelf") // a name is none
	run(0, "is revoked", "keys", "revoke", id)
	run(1, "was revoked before", "keys", "revoke", id)
	if got := opens("/orders"); got != 401 {
		t.Errorf("a revoked key: got %d, want 401", got)
	}
	if list := run(0, "", "keys", "list"); strings.Contains(list, id) {
		t.Error("a revoked key is listed")
	}
}
