// Package webhook is what an endpoint and a delivery are and may be, however they are
// called for, stored and sent.
package webhook

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The types of events that are sent.
const (
	OrderPlaced    = "order.placed"
	OrderShipped   = "order.shipped"
	OrderRefunded  = "order.refunded"
	OrderCancelled = "order.cancelled"
	StockLow       = "stock.low"
	// Test is sent to an endpoint when staff ask for it, whatever it wants to hear of.
	Test = "webhook.test"
)

// Types are those that an endpoint can ask to hear of, in order.
var Types = []string{OrderCancelled, OrderPlaced, OrderRefunded, OrderShipped, StockLow}

const (
	maxURL  = 2000
	maxNote = 200
)

// Endpoint is a program that is told what happens. New makes one; the fields of a stored
// one were checked then.
type Endpoint struct {
	ID, URL string
	// Events are the types it wants; none: all.
	Events []string
	Note   string
	Active bool
	// OffBecause says why it is not active.
	OffBecause   string
	FailingSince time.Time // zero: the last request has succeeded, or none was made
	CreatedAt    time.Time
	Secrets      Secrets
}

// Problem says what is wrong with one field, to the person who filled it in.
type Problem struct{ Field, Message string }

// New makes an endpoint, or says what is wrong with each bad field. Private addresses
// and http are for trials.
func New(id, address string, events []string, note string, private bool, now time.Time) (Endpoint, []Problem) {
	var problems []Problem
	if wrong := checkURL(address, private); wrong != "" {
		problems = append(problems, Problem{"url", wrong})
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(events)))
	for _, t := range wanted {
		if !slices.Contains(Types, t) {
			problems = append(problems, Problem{"events", fmt.Sprintf("has %.100q, which is not one of %s", t, strings.Join(Types, ", "))})
			break
		}
	}
	if !utf8.ValidString(note) || utf8.RuneCountInString(note) > maxNote || strings.ContainsFunc(note, unicode.IsControl) {
		problems = append(problems, Problem{"note", fmt.Sprintf("must have up to %d characters, on one line", maxNote)})
	}
	if len(problems) > 0 {
		return Endpoint{}, problems
	}
	return Endpoint{ID: id, URL: address, Events: wanted, Note: note, Active: true, CreatedAt: now, Secrets: Secrets{Now: NewSecret()}}, nil
}

// checkURL says what is wrong with an endpoint's address. What its name resolves to is
// checked when it is connected to: it may be another address by then.
func checkURL(address string, private bool) string {
	if len(address) > maxURL || !utf8.ValidString(address) || strings.ContainsFunc(address, unicode.IsControl) {
		return fmt.Sprintf("must have up to %d characters", maxURL)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return "must be an address such as https://example.com/hooks"
	case u.User != nil:
		return "must not hold a user or password: they would be shown in lists"
	case u.Fragment != "" || strings.Contains(address, "#"):
		return "must not have a # part: it is never sent"
	case u.Scheme != "https" && !(private && u.Scheme == "http"):
		return "must begin with https://"
	case u.Port() != "":
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
			return "must have a port from 1 to 65535"
		}
	}
	host := strings.Trim(u.Hostname(), "[]")
	if ip, err := netip.ParseAddr(host); err == nil && !private && !Public(ip) {
		return "must be a public address of the internet, which " + host + " is not"
	}
	if !private && (strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")) {
		return "must be a public address of the internet, which localhost is not"
	}
	return ""
}

// Wants tells whether the endpoint is to be told of an event of the type that happened
// at a time: not of what was before it was made.
func (e Endpoint) Wants(kind string, at time.Time) bool {
	return e.Active && !at.Before(e.CreatedAt) && (len(e.Events) == 0 || slices.Contains(e.Events, kind))
}
