package console

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"galleria/app/auditlog"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"
)

// asAdmin sends a form as the administrator.
func (o *office) asAdmin(path string, pairs ...string) (*http.Response, string) {
	o.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return o.ask("POST", path, "admin", form)
}

// noted is the newest entry of the audit log.
func (o *office) noted() auditlog.Entry {
	o.t.Helper()
	found, _, err := o.needs.Audit.Find(auditlog.Filter{Limit: 1})
	if err != nil || len(found) != 1 {
		o.t.Fatalf("the audit log has %+v, %v", found, err)
	}
	return found[0]
}

var secretOf = regexp.MustCompile(`<code class="secret">([^<]+)</code>`)

func TestAnAdministratorMakesAndRevokesAPIKeys(t *testing.T) {
	o := openOffice(t)
	people := newTeam()
	o.sign(people)
	o.scene = openWith(t, burning{people, map[string]bool{}}, o.needs)
	accounts := accountsv1.NewAccountsServiceClient(o.routes["accounts"].For(certs.Operator))
	form := []string{"key", "form-1", "name", "the <ERP>", "code", "123456"}
	for _, scope := range scopes {
		form = append(form, "scope."+scope, "yes")
	}
	var secrets []string
	for range 2 {
		r, body := o.asAdmin("/console/programs/keys", form...)
		found := secretOf.FindStringSubmatch(body)
		if r.StatusCode != http.StatusCreated || found == nil {
			t.Fatalf("got %d without a key: %.900s", r.StatusCode, body)
		}
		secrets = append(secrets, found[1])
	}
	// What was confirmed is this form, and not its key alone.
	if r, body := o.asAdmin("/console/programs/keys", append([]string{"name", "another"}, form...)...); r.StatusCode != http.StatusConflict || !strings.Contains(body, "code is wrong") {
		t.Errorf("the form with something else in it: got %d, want it to be confirmed anew", r.StatusCode)
	}
	if secrets[0] != secrets[1] {
		t.Error("a form that was sent twice made two keys")
	}
	known, err := accounts.CheckKey(t.Context(), &accountsv1.CheckKeyRequest{Secret: secrets[0]})
	if err != nil || len(known.GetScopes()) != len(scopes) {
		t.Fatalf("got %v, %v, want a key with %d scopes", known, err, len(scopes))
	}
	if e := o.noted(); e.Action != "made" || e.Thing != "API key "+known.GetId() || strings.Contains(e.To+e.Detail, secrets[0]) {
		t.Errorf("the audit log says %+v", e)
	}
	_, page := o.ask("GET", "/console/programs", "admin", nil)
	if strings.Contains(page, secrets[0]) || !strings.Contains(page, "the &lt;ERP&gt;") {
		t.Error("the list shows the key itself, or lacks its name")
	}

	for words, form := range map[string][]string{
		"code is wrong":       {"key", "form-2", "name", "x", "code", "000000", "scope.orders:read", "yes"},
		"tick what the key":   {"key", "form-3", "name", "x", "code", "123456"},
		"1 to 100 characters": {"key", "form-4", "name", " ", "code", "123457", "scope.orders:read", "yes"},
	} {
		if r, body := o.asAdmin("/console/programs/keys", form...); r.StatusCode != http.StatusConflict || !strings.Contains(body, words) || secretOf.MatchString(body) {
			t.Errorf("got %d, want %q", r.StatusCode, words)
		} else if slices.Contains(form, "x") && !strings.Contains(body, `value="x"`) {
			t.Errorf("%s: the name that was typed is gone", words)
		}
	}
	if r, body := o.asAdmin("/console/programs/keys/revoke", "id", known.GetId()); r.StatusCode != http.StatusConflict || !strings.Contains(body, "tick the box") {
		t.Errorf("revoking without being sure: got %d", r.StatusCode)
	}
	if r, _ := o.asAdmin("/console/programs/keys/revoke", "id", known.GetId(), "sure", "yes"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("revoking: got %d", r.StatusCode)
	}
	if _, err := accounts.CheckKey(t.Context(), &accountsv1.CheckKeyRequest{Secret: secrets[0]}); err == nil {
		t.Error("the key that was revoked still opens something")
	}
}

func TestAnOperatorSeesNoAPIKeysAndChangesNoRoles(t *testing.T) {
	o := openOffice(t)
	if body := o.page("/console/programs"); strings.Contains(body, "API keys") || !strings.Contains(body, "Webhooks") {
		t.Error("an operator's page shows API keys, or no webhooks")
	}
	if body := o.page("/console/customers"); strings.Contains(body, "Change a role") {
		t.Error("an operator is offered to change roles")
	}
	for _, path := range []string{"/console/programs/keys", "/console/programs/keys/revoke", "/console/customers/role"} {
		if r, _ := o.post(path, "code", "123456"); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s: got %d, want 403", path, r.StatusCode)
		}
	}
}

func TestAWebhookIsAddedTriedChangedAndRemoved(t *testing.T) {
	o := openOffice(t)
	answer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer answer.Close()
	o.refuses("at least one thing", "/console/programs/webhooks", "key", "form-1", "url", answer.URL)
	o.refuses("url", "/console/programs/webhooks", "key", "form-1", "url", "ftp://x", "event.order.placed", "yes")
	r, body := o.post("/console/programs/webhooks", "key", "form-1", "url", answer.URL, "note", "the ERP", "event.order.placed", "yes")
	if found := secretOf.FindStringSubmatch(body); r.StatusCode != http.StatusCreated || found == nil || !strings.HasPrefix(found[1], "whsec_") {
		t.Fatalf("got %d without a secret: %.900s", r.StatusCode, body)
	}
	link := regexp.MustCompile(`/console/programs/webhooks/[^"/]+`).FindString(o.shows("/console/programs", answer.URL, "order.placed", "the ERP"))
	name := "webhook endpoint " + strings.TrimPrefix(link, "/console/programs/webhooks/")
	o.audited("added", name)

	o.does(link+"/test", "key", o.key(link))
	o.audited("sent a test to", name)
	o.eventually("the test has an answer", func() bool { return strings.Contains(o.page(link), ">418<") })
	o.refuses("choose in the table", link+"/resend", "key", "form-2")
	delivery := regexp.MustCompile(`name="chosen" value="([^"]+)"`).FindStringSubmatch(o.page(link))
	o.does(link+"/resend", "key", "form-2", "chosen", delivery[1])
	o.audited("sent again to", name)

	r, body = o.post(link+"/rotate", "key", "form-3", "overlap", "day")
	if r.StatusCode != http.StatusCreated || !secretOf.MatchString(body) || !strings.Contains(body, "Old secret used until") {
		t.Errorf("a new secret: got %d", r.StatusCode)
	}
	o.refuses("how long", link+"/rotate", "key", "form-4", "overlap", "ever")
	if body := o.does(link+"/switch", "to", "off"); !strings.Contains(body, "Switch it on") || strings.Contains(body, "Send a test") {
		t.Error("an endpoint that is off can't be switched on, or be tested")
	}
	o.does(link+"/switch", "to", "on")
	o.audited("switched on", name)
	o.refuses("tick the box", link+"/remove")
	if body := o.does(link+"/remove", "sure", "yes"); !strings.Contains(body, "There are no webhooks") {
		t.Error("the endpoint is still there")
	}
	for _, path := range []string{"/test", "/rotate", "/switch", "/remove"} {
		if r, _ := o.post(link+path, "key", "form-5", "overlap", "day", "to", "on", "sure", "yes"); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s of an endpoint that was removed: got %d, want 404", path, r.StatusCode)
		}
	}
}

func TestAnAdministratorChangesARole(t *testing.T) {
	o := openOffice(t)
	accounts := accountsv1.NewAccountsServiceClient(o.routes["accounts"].For(certs.Operator))
	if _, err := accounts.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{
		Email: "zoe@example.org", Password: "nine teapots on a shelf", Role: accountsv1.Role_ROLE_CUSTOMER,
	}); err != nil {
		t.Fatal(err)
	}
	for words, form := range map[string][]string{
		"code is wrong":  {"email", "zoe@example.org", "role", "operator", "code", "000000"},
		"no account":     {"email", "zoe@example", "role", "operator", "code", "123456"},
		"an account and": {"email", "zoe@example.org", "role", "king", "code", "123456"},
	} {
		if r, body := o.asAdmin("/console/customers/role", form...); r.StatusCode != http.StatusConflict || !strings.Contains(body, words) {
			t.Errorf("got %d, want %q", r.StatusCode, words)
		}
	}
	r, _ := o.asAdmin("/console/customers/role", "email", "Zoe@example.org", "role", "operator", "code", "123456")
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("got %d, want it done", r.StatusCode)
	}
	o.shows(r.Header.Get("Location"), "The role is changed", "zoe@example.org", ">operator<")
	if e := o.noted(); e.From != "customer" || e.To != "operator" || e.Who != "admin@example.org" {
		t.Errorf("the audit log says %+v", e)
	}
}
