package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"galleria/app/edge"
	"galleria/app/gateway"
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

func TestAWrongPasswordAndAnUnknownAddressAreAnsweredAlike(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	known := s.post("/sessions", `{"email":"ana@example.org","password":"not this one"}`).problem(http.StatusUnauthorized, "wrong-credentials")
	unknown := s.post("/sessions", `{"email":"eve@example.org","password":"not this one"}`).problem(http.StatusUnauthorized, "wrong-credentials")
	if known.Detail != unknown.Detail {
		t.Errorf("got %q and %q, want the same", known.Detail, unknown.Detail)
	}
}
