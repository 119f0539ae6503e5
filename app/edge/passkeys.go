package edge

import (
	_ "embed"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"time"
)

// PasskeyScript makes a passkey, logs in or confirms with one, for pages with a form, or a
// part of one, that has data-passkey.
//
//go:embed passkeys.js
var PasskeyScript []byte

// HasPasskeys tells whether browsers make passkeys for an address: for a host name only.
func HasPasskeys(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err != nil
}

// passkeyCookie holds a secret of the browser that logs in with a passkey: the challenge
// is good only there, so what was signed elsewhere opens nothing here.
const passkeyCookie = "galleria_passkey"

// passkeyAge is how long a challenge is good at most.
const passkeyAge = 5 * time.Minute

var browserSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

// passkeyCookieOf is the cookie's name: over HTTPS with the prefix that binds it to this
// host.
func (v *Visitors) passkeyCookieOf(r *http.Request) string {
	if v.Secure(r) {
		return "__Host-" + passkeyCookie
	}
	return passkeyCookie
}

// PasskeyBrowser is the secret of the request's browser; "": it has none.
func (v *Visitors) PasskeyBrowser(r *http.Request) string {
	k, err := r.Cookie(v.passkeyCookieOf(r))
	if err != nil || !browserSecret.MatchString(k.Value) {
		return ""
	}
	return k.Value
}

// KeepPasskeyBrowser gives the browser its secret; "" takes it away.
func (v *Visitors) KeepPasskeyBrowser(w http.ResponseWriter, r *http.Request, secret string) {
	age := int(passkeyAge.Seconds())
	if secret == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: v.passkeyCookieOf(r), Value: secret, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: v.Secure(r),
	})
}
