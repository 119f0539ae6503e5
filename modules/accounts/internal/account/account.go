// Package account is what an account is and how a person logs in to it, however it is
// called for and stored.
package account

import (
	"slices"
	"strings"
	"time"

	"galleria/platform/identity"
	"galleria/platform/mailaddress"
	"galleria/platform/personname"
)

// Role is what an account may do. Each may do all that those before it may.
type Role string

// The roles, as they are stored.
const (
	Customer Role = "customer"
	Operator Role = identity.Operator
	Admin    Role = identity.Admin
)

// order is from what may do least.
var order = []Role{Customer, Operator, Admin}

// Includes are the role and those before it.
func (r Role) Includes() []string {
	var all []string
	for _, each := range order[:slices.Index(order, r)+1] {
		all = append(all, string(each))
	}
	return all
}

// AtLeast are the role and those after it: who may do all that it may.
func (r Role) AtLeast() []string {
	var all []string
	for _, each := range order[max(0, slices.Index(order, r)):] {
		all = append(all, string(each))
	}
	return all
}

// IsStaff tells whether more is at stake than one's own orders.
func (r Role) IsStaff() bool { return r == Operator || r == Admin }

// Account is a person who can log in.
type Account struct {
	ID string
	// Email is as it was typed.
	Email, Name string
	// Password is hashed; see package secret.
	Password string
	Role     Role
	// Verified is when a mailed link was followed; zero: never.
	Verified time.Time
	// TOTPSecret is that of the second factor; "": there is none.
	TOTPSecret string
	// TOTPStarted is that of a second factor that no code was seen of yet.
	TOTPStarted string
	Created     time.Time
}

// HasSecondFactor tells whether logging in wants a code.
func (a Account) HasSecondFactor() bool { return a.TOTPSecret != "" }

// Roles are what the account may do in a session: staff have the rights of staff once
// they gave a code. An operator without a second factor has them as well; an
// administrator has to set one up.
func (a Account) Roles(codeGiven bool) []string {
	if codeGiven || a.Role == Operator && !a.HasSecondFactor() {
		return a.Role.Includes()
	}
	return Customer.Includes()
}

// Problem says what is wrong with one field, to the person who filled it in.
type Problem struct{ Field, Message string }

// Person is who signs up, checked. Key is the mailbox of the address.
type Person struct {
	Email, Key, Name, Password string
}

// NewPerson checks what a person typed to sign up, and says what is wrong with each
// bad field.
func NewPerson(email, name, password string) (Person, []Problem) {
	var problems []Problem
	address, err := mailaddress.Parse(strings.TrimSpace(email))
	if err != nil {
		problems = append(problems, Problem{"email", err.Error()})
	}
	name = strings.TrimSpace(name)
	if name != "" {
		if err := personname.Check(name); err != nil {
			problems = append(problems, Problem{"name", err.Error()})
		}
	}
	if err := CheckPassword(password, address.String(), name); err != nil {
		problems = append(problems, Problem{"password", err.Error()})
	}
	if len(problems) > 0 {
		return Person{}, problems
	}
	return Person{Email: address.String(), Key: address.Mailbox(), Name: name, Password: password}, nil
}
