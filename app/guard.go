package app

import (
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// guarded lets requests through to the operators' pages that a program of theirs
// has sent on purpose. The pages have no login, and a browser that reaches them is a
// way in for every site that it visits: by a name that the site makes lead here
// (DNS rebinding), or by requests across sites.
func guarded(pages http.Handler, c AdminConfig) http.Handler {
	configured, _, _ := net.SplitHostPort(c.Listen)
	names := append([]string{"localhost", configured}, c.Hosts...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", adminPolicy)
		switch {
		case !isHere(r, names):
			http.Error(w, "This address does not go by the name in the request. It answers to localhost, to the address that it listens at, and to the names in admin.hosts.", http.StatusMisdirectedRequest)
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			http.Error(w, "Other sites may link to this address, and nothing else.", http.StatusForbidden)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// isHere tells whether the request names us by one of the names, or by the address
// at which it arrived. A program that names no host is no browser.
func isHere(r *http.Request, names []string) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if host == "" || slices.ContainsFunc(names, func(name string) bool { return name != "" && strings.EqualFold(name, host) }) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	if ip.Unmap().IsLoopback() {
		return true
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return err == nil && at.Addr().Unmap().WithZone("") == ip.Unmap().WithZone("")
}

// adminPolicy allows what the pages have: their own style, and the frame around a
// mail's HTML part.
var adminPolicy = func() string {
	sum := sha256.Sum256([]byte(adminStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
}()

// adminStyle is the style of the pages.
const adminStyle = `body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
td,th{text-align:left;padding:.25rem 1rem .25rem 0}pre{white-space:pre-wrap}iframe{width:100%;height:60vh;border:1px solid #8888}`
