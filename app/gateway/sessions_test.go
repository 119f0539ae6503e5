package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"galleria/app/edge"
	"galleria/app/gateway"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/id"
)

func TestAPersonLogsInIsKnownAndLogsOut(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	var session gateway.Session
	s.post("/sessions", `{"email":"ana@example.org","password":"nine teapots on a shelf"}`).want(http.StatusCreated).into(&session)
	if len(session.Token) < 22 || session.Account.Email != "ana@example.org" {
		t.Fatalf("got %+v, want a session of Ana", session.Account)
	}
	bearer := "Bearer " + session.Token
	var me gateway.Account
	if s.get("/me", "Authorization", bearer).want(http.StatusOK).into(&me); text(me) != text(session.Account) {
		t.Errorf("got %+v, want %+v", me, session.Account)
	}
	for _, authorization := range []string{"", "Bearer made-up", "Basic " + session.Token} {
		s.get("/me", "Authorization", authorization, "Cookie", "session="+session.Token).problem(http.StatusUnauthorized, "unauthorized")
	}
	out := func() answer {
		return s.send(http.MethodDelete, gateway.Prefix+"/sessions/current", "", "Authorization", bearer)
	}
	out().want(http.StatusNoContent)
	s.get("/me", "Authorization", bearer).problem(http.StatusUnauthorized, "unauthorized")
	out().problem(http.StatusUnauthorized, "unauthorized")
	if strings.Contains(s.log.String(), session.Token) || strings.Contains(s.log.String(), "nine teapots") {
		t.Error("the log holds a token or a password")
	}
}

// signUp makes an account by the link that is mailed.
func (s *shop) signUp(email, password string) (session string) {
	s.t.Helper()
	ctx := s.t.Context()
	_, err := s.accounts.SignUp(ctx, &accountsv1.SignUpRequest{Email: email, Name: "Cleo", Password: password, IdempotencyKey: id.New()})
	var mailed []byte
	if err == nil {
		err = s.people.Read(ctx).Raw("SELECT payload FROM outbox ORDER BY seq DESC LIMIT 1").Row().Scan(&mailed)
	}
	var started accountsv1.SignUpStarted
	if err == nil {
		err = protojson.Unmarshal(mailed, &started)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	verified, err := s.accounts.VerifyEmail(ctx, &accountsv1.VerifyEmailRequest{Link: started.GetLink(), IdempotencyKey: id.New()})
	if err != nil {
		s.t.Fatal(err)
	}
	return verified.GetSession()
}

// Cleo has ordered as a guest, with the address that is verified to be hers.
func TestAPersonSeesAndCancelsOrdersWithTheirSession(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	bearer := "Bearer " + s.signUp("cleo@example.org", "nine teapots on a shelf")
	var hers, others gateway.PlacedOrder
	body := order(s.filled(1))
	body["email"] = "Cleo@example.org"
	s.place("hers", body).want(http.StatusCreated).into(&hers)
	s.place("others", order(s.filled(1))).want(http.StatusCreated).into(&others)

	var seen gateway.Order
	if s.get("/orders/"+hers.ID, "Authorization", bearer).want(http.StatusOK).into(&seen); seen.ID != hers.ID || seen.Totals != hers.Totals {
		t.Errorf("got %+v, want %+v", seen, hers.Order)
	}
	var mine gateway.OrderPage
	s.get("/me/orders?limit=1", "Authorization", bearer).want(http.StatusOK).into(&mine)
	if len(mine.Items) != 1 || mine.Items[0].ID != hers.ID || mine.NextCursor != "" {
		t.Errorf("got %+v, want the one order that is hers", mine)
	}
	s.get("/me/orders", "Authorization", "Bearer "+hers.AccessToken).problem(http.StatusUnauthorized, "unauthorized")
	if p := s.get("/me/orders?cursor=elsewhere", "Authorization", bearer).problem(http.StatusUnprocessableEntity, "invalid"); len(p.Errors) != 1 || p.Errors[0].Parameter != "cursor" {
		t.Errorf("got %+v, want the cursor named", p)
	}
	for _, route := range []struct{ method, path string }{{http.MethodGet, ""}, {http.MethodPost, "/cancel"}, {http.MethodPost, "/payments"}} {
		s.send(route.method, gateway.Prefix+"/orders/"+others.ID+route.path, "", "Authorization", bearer).problem(http.StatusNotFound, "not-found")
	}
	s.post("/orders/"+hers.ID+"/payments", "", "Authorization", bearer).want(http.StatusOK)
	s.post("/orders/"+hers.ID+"/cancel", "", "Authorization", bearer).want(http.StatusOK)

	s.send(http.MethodDelete, gateway.Prefix+"/sessions/current", "", "Authorization", bearer).want(http.StatusNoContent)
	s.get("/orders/"+hers.ID, "Authorization", bearer).problem(http.StatusNotFound, "not-found")
}

func TestAWrongPasswordAndAnUnknownAddressAreAnsweredAlike(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	known := s.post("/sessions", `{"email":"ana@example.org","password":"not this one"}`).problem(http.StatusUnauthorized, "wrong-credentials")
	unknown := s.post("/sessions", `{"email":"eve@example.org","password":"not this one"}`).problem(http.StatusUnauthorized, "wrong-credentials")
	if known.Detail != unknown.Detail {
		t.Errorf("got %q and %q, want the same", known.Detail, unknown.Detail)
	}
}
