// Package passkey checks what browsers make of passkeys, as Web Authentication (WebAuthn,
// level 3) has it: keys of a site, kept by an authenticator that checks who uses them by a
// PIN, a finger or a face.
package passkey

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Site is the shop as browsers know it. It comes from the configuration: a Host header of
// a request must not decide for whom a passkey is good.
type Site struct {
	// ID is the host's name, the "RP ID" of WebAuthn; "": browsers make no passkeys for
	// this address.
	ID string
	// Origin is scheme, host and port, as browsers say it.
	Origin string
	// Name is what authenticators show.
	Name string
}

// NewSite is the site at an address such as "https://shop.example".
func NewSite(address, name string) (Site, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return Site{}, fmt.Errorf("%q is no address such as https://shop.example.com", address)
	}
	s := Site{ID: strings.ToLower(u.Hostname()), Origin: u.Scheme + "://" + strings.ToLower(u.Host), Name: name}
	if _, err := netip.ParseAddr(s.ID); err == nil {
		s.ID = ""
	}
	return s, nil
}
