package edge

import (
	"net/http"
	"regexp"
	"time"
)

// sessionCookie holds the token of a session: who has it is logged in.
const sessionCookie = "session"

var sessionToken = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// sessionName is the cookie's full name. With __Host- before it, browsers take it from
// this very host and over HTTPS only, so that nobody else can plant a session.
func (v *Visitors) sessionName(r *http.Request) string {
	if v.Secure(r) {
		return "__Host-" + sessionCookie
	}
	return sessionCookie
}

// Session is the token of the request's session, "" when it has none. Whether it is
// one, accounts says.
func (v *Visitors) Session(r *http.Request) string {
	if len(r.Header["Cookie"]) == 0 {
		return ""
	}
	k, err := r.Cookie(v.sessionName(r))
	if err != nil || !sessionToken.MatchString(k.Value) {
		return ""
	}
	return k.Value
}

// KeepSession gives the visitor a session until it ends.
func (v *Visitors) KeepSession(w http.ResponseWriter, r *http.Request, token string, ends time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: v.sessionName(r), Value: token, Path: "/", Expires: ends, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.Secure(r),
	})
}

// DropSession takes the session from the visitor.
func (v *Visitors) DropSession(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: v.sessionName(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.Secure(r),
	})
}
