// Package identity says for whom a call is made: a person who has logged in, or a
// program with an API key.
//
// It travels with calls as a statement: what it says, and until when, signed with a key
// (Ed25519) that only the maker of statements has. Routes carry it like the deadline and
// the request's id, from module to module and from process to process; see
// platform/route. A module reads it with From, which believes it only when the
// signature is of a key that this process knows, and for five minutes at most:
//
//	outside ──session, API key──> maker ──statement──> edge ──With──> call ──> From
//
// A statement that is forged, too old or of an unknown key is that of nobody, and is
// counted and logged. Public keys come to a process by Keys.Learn: of a maker that runs
// in it from that itself, of another one from the process that runs it, whose
// certificate says that it may.
//
// A statement is no secret to keep for long, but opens doors while it holds: it stands
// in no log and in no answer to the outside.
package identity

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Longest is how long a statement holds at most.
const Longest = 5 * time.Minute

// ClockSkew is how far the clocks of two processes may be apart.
const ClockSkew = 30 * time.Second

// Roles of the people who run the site. The maker of statements has others, of those it
// is there for.
const (
	Operator = "operator"
	Admin    = "admin"
)

// Identity is for whom a call is made.
type Identity struct {
	// Subject is the id of the person's account, or "key:" and the id of an API key.
	Subject string `json:"sub"`
	// Email is an address that is known to be the person's; "": none is.
	Email string `json:"mail,omitempty"`
	// Roles are those of a person, just now.
	Roles []string `json:"roles,omitempty"`
	// Scopes are what a program may do.
	Scopes []string `json:"scopes,omitempty"`
	// Expires is when it holds no longer.
	Expires time.Time `json:"-"`
}

// Has tells whether a person has the role.
func (i Identity) Has(role string) bool { return slices.Contains(i.Roles, role) }

// MayAsStaff tells whether it may do what is for the site's staff: an operator or
// administrator everything, a program what is in its scopes. A scope is such as
// "letters:read"; one that writes does not include reading.
func (i Identity) MayAsStaff(scope string) bool {
	return i.Has(Operator) || i.Has(Admin) || slices.Contains(i.Scopes, scope)
}

// IsPerson tells whether it is a person who has logged in, and no program.
func (i Identity) IsPerson() bool { return i.Subject != "" && len(i.Roles) > 0 }

type statementKey struct{}

type doorKey struct{}

// With is the context of calls on behalf of the one the statement is of; "": nobody.
func With(ctx context.Context, statement string) context.Context {
	if len(statement) > longestStatement || strings.ContainsFunc(statement, func(r rune) bool { return r <= 0x20 || r > 0x7E }) {
		statement = "" // no header could carry it, and it is none
	}
	return context.WithValue(ctx, statementKey{}, statement)
}

// Statement is what With has put there; "" when nothing was. It may be forged.
func Statement(ctx context.Context) string {
	statement, _ := ctx.Value(statementKey{}).(string)
	return statement
}

// IsCarried tells whether a context key is one whose value crosses from module to
// module.
func IsCarried(key any) bool { return key == statementKey{} }

// IsDoor tells whether a context is asked for the keys of its module's door.
func IsDoor(key any) bool { return key == doorKey{} }

// WithKeys is a context whose statements are checked with these keys: a module's door,
// where there is no route.
func WithKeys(ctx context.Context, keys *Keys) context.Context {
	return context.WithValue(ctx, doorKey{}, keys)
}

// From is the person or program that the call being served is made for. False: as far
// as this process can tell, it is made for none.
func From(ctx context.Context) (Identity, bool) {
	statement := Statement(ctx)
	if statement == "" {
		return Identity{}, false
	}
	keys, _ := ctx.Value(doorKey{}).(*Keys)
	if keys == nil {
		return Identity{}, false
	}
	who, err := keys.Verify(statement)
	return who, err == nil
}
