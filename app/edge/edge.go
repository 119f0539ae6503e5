// Package edge is what all parts of the edge share, so that a client is one client
// whichever door it takes: the storefront's pages and the gateway's API.
//
// Who sent a request, and how, is in visitors.go. How much one client may do is in
// limits.go; each process with the edge counts by itself, and a restart forgets. How
// many are worked on at a time is in queue.go. What a cart costs is in quote.go.
package edge

import (
	"log/slog"
	"net/netip"
	"time"
)

// Options may be left as they are.
type Options struct {
	// BaseURL is the address the shop is known by; with https, all requests are taken
	// for requests by HTTPS.
	BaseURL string
	// TrustedProxies may say in X-Forwarded-Proto, X-Forwarded-For and X-Request-Id
	// what they were asked. Nobody else is believed.
	TrustedProxies []netip.Prefix
	// Limits are how much one client may do; fields that are 0 are as DefaultLimits
	// has them.
	Limits Limits
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Log tells the operator of a proxy that is not trusted; nil: it is told nowhere.
	Log *slog.Logger
}

// Edge is what the parts of the edge share. Safe for concurrent use.
type Edge struct {
	*Visitors
	Clients *Clients
	// Checkouts are worked on in turn, and so are Lookers, who look around.
	Checkouts, Lookers *Queue
}

// New makes it; it starts nothing and needs no closing.
func New(o Options) *Edge {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Edge{
		Visitors: &Visitors{proxies: o.TrustedProxies, secure: isHTTPS(o.BaseURL), ids: newRequestIDs(), log: o.Log},
		Clients:  NewClients(o.Limits, o.Now), Checkouts: forCheckouts(), Lookers: forLookers(),
	}
}
