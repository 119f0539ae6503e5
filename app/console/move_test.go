package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/app/auditlog"
	"galleria/app/moving"
	"galleria/platform/route"
)

// file is a configuration file of one module, and how often it was changed.
type file struct {
	mu    sync.Mutex
	says  moving.Move
	edits int
	// fixed: a flag says where the module is, whatever the file says.
	fixed bool
}

func newFile() *file { return &file{says: moving.Move{Module: "catalog", Mode: route.ModeLocal}} }

func (f *file) Now(module string) (moving.Move, route.Place, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if module != "catalog" {
		return moving.Move{}, route.Place{}, fmt.Errorf("there is no module %q", module)
	}
	return f.says, placeOf(f.says), nil
}

func placeOf(m moving.Move) route.Place {
	if m.Mode == route.ModeRemote {
		return route.Remote(m.Addresses...)
	}
	return route.Place{Mode: m.Mode}
}

func (f *file) changed(m moving.Move) moving.Move {
	now := f.says
	if now.Mode = m.Mode; len(m.Addresses) > 0 {
		now.Addresses = m.Addresses
	}
	return now
}

func (f *file) Preview(m moving.Move) (route.Place, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.changed(m)
	if next.Mode == route.ModeRemote && len(next.Addresses) == 0 {
		return route.Place{}, errors.New("modules.catalog.address: is needed for mode remote")
	}
	if f.fixed {
		return placeOf(f.says), nil
	}
	return placeOf(next), nil
}

func (f *file) Edit(m moving.Move) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.says, f.edits = f.changed(m), f.edits+1
	return nil
}

// openWithFile is a console that may move the module catalog.
func openWithFile(t *testing.T) (*scene, *file) {
	t.Helper()
	s, f := open(t, newTeam()), newFile()
	s.console.Places = f
	return s, f
}

const elsewhere = "10.0.0.7:7071"

func asked(change ...string) url.Values {
	form := url.Values{"mode": {"remote"}, "address": {elsewhere}, "why": {"its machine is new"}, "key": {"a-key-of-this-form"}, "seen": {"local"}, "code": {"123456"}}
	for i := 0; i+1 < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	return form
}

func (f *file) wantEdits(t *testing.T, want int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.edits != want {
		t.Errorf("the file was changed %d times, want %d", f.edits, want)
	}
}

func TestAnAdministratorIsToldWhatAMoveWouldDo(t *testing.T) {
	s, f := openWithFile(t)
	if _, body := s.ask("GET", "/console/rooms/catalog", "admin", nil); !strings.Contains(body, `href="/console/rooms/catalog/move"`) {
		t.Error("the room does not lead to its move")
	}
	if r, body := s.ask("GET", "/console/rooms/catalog/move", "admin", nil); r.StatusCode != http.StatusOK || !strings.Contains(body, `value="local" checked`) || strings.Contains(body, "refresh") {
		t.Errorf("the form: got %d, want the place that the file says, and a page that does not load again while one types", r.StatusCode)
	}
	r, body := s.ask("GET", "/console/rooms/catalog/move/preview?"+asked().Encode(), "admin", nil)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("what would happen: got %d", r.StatusCode)
	}
	for _, want := range []string{"remote at " + elsewhere, "calls go there; those in flight finish", "Bring it back", `name="code"`, `value="its machine is new"`} {
		if !strings.Contains(body, want) {
			t.Errorf("what would happen lacks %q", want)
		}
	}
	f.wantEdits(t, 0)
}

func TestAMoveIsConfirmedDoneAuditedAndTakenBack(t *testing.T) {
	s, f := openWithFile(t)
	r, _ := s.ask("POST", "/console/rooms/catalog/move", "admin", asked())
	page := r.Header.Get("Location")
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(page, "/console/rooms/catalog/moves/") {
		t.Fatalf("got %d to %q", r.StatusCode, page)
	}
	f.wantEdits(t, 1)
	if got, want := s.shop.announced, []string{"catalog by admin@example.org: its machine is new"}; len(got) != 1 || got[0] != want[0] {
		t.Errorf("announced for the log of the places: %v, want %v", got, want)
	}
	noted, _, err := s.console.Audit.Find(auditlog.Filter{Limit: 10})
	if err != nil || len(noted) != 1 || noted[0].Who != "admin@example.org" || noted[0].Action != "moved" || noted[0].Thing != "module catalog" || noted[0].Detail != "its machine is new" || !strings.Contains(noted[0].To, elsewhere) {
		t.Errorf("the audit log says %+v (%v), want the move, with why", noted, err)
	}
	says := func(want ...string) {
		t.Helper()
		_, body := s.ask("GET", page, "admin", nil)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("the progress lacks %q", w)
			}
		}
	}
	says("under way", `content="2"`)
	s.shop.place("remote", "local", "remote at "+elsewhere, "connection refused by 10.0.0.7")
	says("refused", "connection refused by 10.0.0.7", "Back to local")
	s.shop.place("remote", "remote at "+elsewhere, "", "")
	says("It is done", "Back to local")
	r, _ = s.ask("POST", page+"/back", "admin", url.Values{})
	back := r.Header.Get("Location")
	if r.StatusCode != http.StatusSeeOther || back == page || f.says.Mode != route.ModeLocal {
		t.Errorf("the way back: got %d to %q, and the file says %s", r.StatusCode, back, f.says.Mode)
	}
	says("moved again")
	if r, _ := s.ask("POST", page+"/back", "admin", url.Values{}); r.Header.Get("Location") != back {
		t.Errorf("the way back posted twice leads to %q, want %q", r.Header.Get("Location"), back)
	}
	f.wantEdits(t, 2)
}

func TestAFormThatComesTwiceMovesOnce(t *testing.T) {
	s, f := openWithFile(t)
	pages := make([]string, 4)
	var together sync.WaitGroup
	for i := range pages {
		together.Go(func() {
			r, _ := s.ask("POST", "/console/rooms/catalog/move", "admin", asked())
			pages[i] = r.Header.Get("Location")
		})
	}
	together.Wait()
	for _, page := range pages {
		if page == "" || page != pages[0] {
			t.Errorf("one form leads to %q and to %q", pages[0], page)
		}
	}
	f.wantEdits(t, 1)
}

// Accounts knows who may use the console: held, it would shut the door that leads back.
func TestAccountsIsNotHeldFromTheConsole(t *testing.T) {
	s, f := openWithFile(t)
	_, body := s.ask("GET", "/console/rooms/accounts/move/preview?mode=held", "admin", nil)
	r, _ := s.ask("POST", "/console/rooms/accounts/move", "admin", asked("mode", "held", "address", ""))
	if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "galleria move accounts held") {
		t.Errorf("got %d, want the command that does it: %.900s", r.StatusCode, body)
	}
	f.wantEdits(t, 0)
}

func TestAMovePlannedFromAnotherPlaceIsLookedAtAgain(t *testing.T) {
	s, f := openWithFile(t)
	late := asked("key", "the-key-of-the-other-form", "address", "10.0.0.8:7071")
	s.ask("POST", "/console/rooms/catalog/move", "admin", asked())
	r, body := s.ask("POST", "/console/rooms/catalog/move", "admin", late)
	if r.StatusCode != http.StatusConflict || !strings.Contains(body, "was moved since you looked") || !strings.Contains(body, `name="seen" value="remote at `+elsewhere) {
		t.Errorf("got %d, want what would happen from where it is now: %.900s", r.StatusCode, body)
	}
	f.wantEdits(t, 1)
	late.Set("seen", "remote at "+elsewhere)
	if r, _ := s.ask("POST", "/console/rooms/catalog/move", "admin", late); r.StatusCode != http.StatusSeeOther {
		t.Errorf("looked at again: got %d, want it moved", r.StatusCode)
	}
	f.wantEdits(t, 2)
}

func TestWhatMayNotBeOrMakesNoSenseMovesNothing(t *testing.T) {
	s, f := openWithFile(t)
	for _, c := range []struct {
		what, session string
		form          url.Values
		status        int
		says          string
	}{
		{"an operator", "operator", asked(), http.StatusForbidden, "Only an administrator"},
		{"a customer", "customer", asked(), http.StatusForbidden, ""},
		{"nobody", "", asked(), http.StatusUnauthorized, ""},
		{"a wrong code", "admin", asked("code", "000000"), http.StatusUnprocessableEntity, "the code is wrong"},
		{"no code", "admin", asked("code", ""), http.StatusUnprocessableEntity, "it wants a code of your second factor, or your passkey"},
		{"a passkey that was not accepted, with a right code", "admin", asked("credential", "signed"), http.StatusUnprocessableEntity, "the passkey was not accepted"},
		{"no key", "admin", asked("key", ""), http.StatusBadRequest, "has no key"},
		{"no address", "admin", asked("address", ""), http.StatusUnprocessableEntity, "is needed for mode remote"},
		{"no such port", "admin", asked("address", "10.0.0.5:99999"), http.StatusUnprocessableEntity, "must be host:port"},
		{"no mode of ours", "admin", asked("mode", "sideways"), http.StatusUnprocessableEntity, "is not one of"},
		{"steps that are none", "admin", asked("mode", "canary", "steps", "a few"), http.StatusUnprocessableEntity, "a step is a whole number"},
	} {
		r, body := s.ask("POST", "/console/rooms/catalog/move", c.session, c.form)
		if r.StatusCode != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s: got %d, want %d and %q", c.what, r.StatusCode, c.status, c.says)
		}
	}
	for _, path := range []string{"/console/rooms/catalog/move", "/console/rooms/catalog/move/preview?mode=local"} {
		if r, _ := s.ask("GET", path, "operator", nil); r.StatusCode != http.StatusForbidden {
			t.Errorf("an operator is shown %s: got %d", path, r.StatusCode)
		}
	}
	if _, body := s.ask("GET", "/console/rooms/catalog", "operator", nil); strings.Contains(body, "/move") {
		t.Error("an operator is led to a move")
	}
	f.fixed = true
	if r, body := s.ask("POST", "/console/rooms/catalog/move", "admin", asked()); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "a flag or an environment variable") {
		t.Errorf("a module that a flag has placed: got %d", r.StatusCode)
	}
	f.wantEdits(t, 0)
	f.fixed = false
	// With what was typed before, and the same key, it can be confirmed after all.
	if r, _ := s.ask("POST", "/console/rooms/catalog/move", "admin", asked()); r.StatusCode != http.StatusSeeOther {
		t.Errorf("with the right code: got %d", r.StatusCode)
	}
}

// What a person can confirm with is what the form offers.
func TestAMoveIsConfirmedByAPasskey(t *testing.T) {
	s, f := openWithFile(t)
	s.console.base = "https://shop.example"
	staff := s.console.Staff.(team)
	staff["keyed"] = Person{Email: "kim@example.org", Staff: true, Admin: true, FactorDone: true}
	staff["bare"] = Person{Email: "bo@example.org", Staff: true, Admin: true, FactorDone: true} // removed the passkey
	preview := func(session string) string {
		t.Helper()
		r, body := s.ask("GET", "/console/rooms/catalog/move/preview?"+asked().Encode(), session, nil)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d", session, r.StatusCode)
		}
		return body
	}
	const code, passkey = `name="code"`, `data-passkey="confirm"`
	if body := preview("keyed"); strings.Contains(body, code) || !strings.Contains(body, passkey) || !strings.Contains(body, "<noscript>") || !strings.Contains(body, "your browser runs none") {
		t.Errorf("with a passkey alone: want its button, what to do without scripts, and no field for a code:\n%s", body)
	}
	if body := preview("admin"); !strings.Contains(body, code) || strings.Contains(body, passkey) {
		t.Error("with codes alone: want a field for a code, and no button for a passkey")
	}
	if body := preview("bare"); strings.Contains(body, code) || strings.Contains(body, passkey) || !strings.Contains(body, "your account has none") {
		t.Error("with neither: want to be told so")
	}
	staff["keyed"] = Person{Email: "kim@example.org", Staff: true, Admin: true, HasFactor: true, FactorDone: true}
	if body := preview("keyed"); !strings.Contains(body, code) || !strings.Contains(body, passkey) || strings.Contains(body, "required") {
		t.Error("with both: want both, and neither required")
	}
	staff[ending] = staff["admin"]
	if r, body := s.ask("GET", "/console/rooms/catalog/move/preview?"+asked().Encode(), ending, nil); r.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "not logged in any more") {
		t.Errorf("a session that ends meanwhile: got %d", r.StatusCode)
	}
	s.console.base = "http://127.0.0.1:8080"
	if body := preview("keyed"); strings.Contains(body, passkey) {
		t.Error("a shop without a host name offers a passkey, which browsers don't have for it")
	}

	if r, body := s.ask("POST", "/console/confirm/begin", "keyed", url.Values{}); r.StatusCode != http.StatusOK || body != `{"challenge":"for keyed"}` || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("what the browser needs: got %d, %s, %s", r.StatusCode, r.Header.Get("Cache-Control"), body)
	}
	for session, want := range map[string]int{"": http.StatusUnauthorized, "customer": http.StatusForbidden, "admin-no-factor": http.StatusForbidden, ending: http.StatusUnauthorized} {
		if r, _ := s.ask("POST", "/console/confirm/begin", session, url.Values{}); r.StatusCode != want {
			t.Errorf("session %q begins to confirm: got %d, want %d", session, r.StatusCode, want)
		}
	}
	if r, body := s.ask("POST", "/console/rooms/catalog/move", "keyed", asked("code", "", "credential", "replayed")); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "the passkey was not accepted") {
		t.Errorf("a passkey that is wrong: got %d", r.StatusCode)
	}
	f.wantEdits(t, 0)
	if r, _ := s.ask("POST", "/console/rooms/catalog/move", "keyed", asked("code", "", "credential", "signed")); r.StatusCode != http.StatusSeeOther {
		t.Errorf("a passkey: got %d", r.StatusCode)
	}
	f.wantEdits(t, 1)
}

func TestTheWayBackIsOneClickForItsPersonAndForAWhile(t *testing.T) {
	s, f := openWithFile(t)
	s.console.Staff.(team)["second"] = Person{Email: "second@example.org", Staff: true, Admin: true, HasFactor: true, FactorDone: true}
	r, _ := s.ask("POST", "/console/rooms/catalog/move", "admin", asked())
	page := r.Header.Get("Location")
	if r, _ := s.ask("POST", page+"/back", "second", url.Values{}); r.StatusCode != http.StatusConflict {
		t.Errorf("another administrator, without a code: got %d", r.StatusCode)
	}
	if r, _ := s.ask("POST", page+"/back", "operator", url.Values{}); r.StatusCode != http.StatusForbidden {
		t.Errorf("an operator: got %d", r.StatusCode)
	}
	s.console.moves.ofID("catalog", page[strings.LastIndex(page, "/")+1:]).at = time.Now().Add(-backWithin)
	if r, _ := s.ask("POST", page+"/back", "admin", url.Values{}); r.StatusCode != http.StatusConflict {
		t.Errorf("too late: got %d", r.StatusCode)
	}
	f.wantEdits(t, 1)
}
