package console

import (
	"context"
	"errors"

	"galleria/app/console/internal/view"
)

// Staff knows who may use the console: the module accounts, as the console needs it.
type Staff interface {
	// Check tells whose session it is. ErrNoSession: the token is of no session, or that has ended.
	Check(ctx context.Context, session string) (Person, error)
	// LogIn opens a session. ErrWrong: no such account, password or code. NeedsCode: the
	// password is right, and a code of the second factor is wanted as well.
	LogIn(ctx context.Context, l LogIn) (session string, err error)
	// BeginPasskey is what a browser, known by a secret, needs to ask for a passkey, as
	// JSON.
	BeginPasskey(ctx context.Context, browser string) (options string, err error)
	// LogInByPasskey opens a session in which the second factor was given. ErrWrong: the
	// passkey opens none.
	LogInByPasskey(ctx context.Context, l PasskeyLogIn) (session string, err error)
	LogOut(ctx context.Context, session string) error
	// Confirm checks a code of the second factor for something that wants it anew.
	Confirm(ctx context.Context, session, code string) error
	// HasPasskey tells whether the account of a session has a passkey.
	HasPasskey(ctx context.Context, session string) (bool, error)
	// BeginConfirmation is what a browser needs to sign with a passkey of the account, as
	// JSON; ConfirmByPasskey checks what it signed, as Confirm does a code. ErrWrong: the
	// passkey is not good for this.
	BeginConfirmation(ctx context.Context, session string) (options string, err error)
	ConfirmByPasskey(ctx context.Context, session, credential string) error
}

// Person is who uses the console.
type Person struct {
	Email string
	// Staff may look, and work on orders, products, stock, promotions, webhooks and events;
	// Admin may also change roles, keys, settings and tariffs, read letters and move modules.
	Staff, Admin bool
	// HasFactor: the account has a second factor; FactorDone: it was given in this session,
	// or a passkey.
	HasFactor, FactorDone bool
	// Statement travels with calls on behalf of the person; see platform/identity.
	Statement string
}

// LogIn is what a person types to come in.
type LogIn struct {
	Email, Password, Code string
	// Client is where the person sits, and Device what the browser says of itself.
	Client, Device string
	// Key makes a repeated LogIn the same one.
	Key string
}

// PasskeyLogIn is what a browser signed for a person who comes in.
type PasskeyLogIn struct {
	Browser, Credential string
	// The others are as in LogIn.
	Client, Device, Key string
}

// What a Staff may answer besides failures of its own.
var (
	ErrNoSession = errors.New("there is no such session")
	ErrWrong     = errors.New("the e-mail address, the password or the code is wrong")
	ErrNeedsCode = errors.New("a code of the second factor is wanted")
)

// TooMany says that there were too many tries.
type TooMany struct{ Seconds string }

func (t TooMany) Error() string { return "too many tries; try again in " + t.Seconds + " seconds" }

// hindrance is why a person may not use the console, and where that can be changed.
type hindrance struct {
	words string
	way   view.Link
}

func (h hindrance) Error() string { return h.words }

// hindered is a hindrance; nil when nothing hinders.
func (p Person) hindered() error {
	switch {
	case !p.Staff:
		return hindrance{"This account is not one of the shop's staff.", view.Link{Name: "Your account", Address: "/account"}}
	case p.Admin && !p.HasFactor && !p.FactorDone: // a passkey is both factors
		return hindrance{
			"An administrator needs a second factor: set up codes or a passkey, then log in again with it. If you have lost your passkeys, the page says what helps.",
			view.Link{Name: "The security of your account", Address: "/account/security"},
		}
	case p.HasFactor && !p.FactorDone:
		return hindrance{"The second factor was not given in this session: log out, and log in with it.", view.Link{Name: "Your account, to log out", Address: "/account"}}
	}
	return nil
}
