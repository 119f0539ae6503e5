package letter

import (
	"fmt"
	"net/url"
	"time"
)

// The kinds of letters about accounts: one for each event of accounts.
const (
	SignUp          Kind = "sign_up"
	SignUpKnown     Kind = "sign_up_known"
	ResetPassword   Kind = "reset_password"
	PasswordChanged Kind = "password_changed"
	ChangeEmail     Kind = "change_email"
	EmailChanged    Kind = "email_changed"
	FactorEnabled   Kind = "second_factor_enabled"
	FactorDisabled  Kind = "second_factor_disabled"
	PasskeyAdded    Kind = "passkey_added"
	PasskeyRemoved  Kind = "passkey_removed"
	AccountDeleted  Kind = "account_deleted"
)

// Account is what a letter about an account tells.
type Account struct {
	// Link is the token of a page that only the reader can open: never logged.
	Link string
	// Until is when it opens that page no longer.
	Until time.Time
	// Passkey is how the person calls a passkey.
	Passkey string
}

// IsAboutAccount tells whether the letter is about no order.
func (k Kind) IsAboutAccount() bool {
	return accountSubjects[k] != ""
}

// accountSubjects are the subjects of letters about accounts.
var accountSubjects = map[Kind]string{
	SignUp: "Confirm your e-mail address", SignUpKnown: "You have an account already",
	ResetPassword: "Set a new password", PasswordChanged: "Your password was changed",
	ChangeEmail: "Confirm your new e-mail address", EmailChanged: "Your e-mail address was changed",
	FactorEnabled:  "Your second factor was switched on",
	FactorDisabled: "Your second factor was switched off", PasskeyAdded: "A passkey was added to your account",
	PasskeyRemoved: "A passkey of your account was removed", AccountDeleted: "Your account is deleted",
}

func (f Facts) accountSubject() string { return accountSubjects[f.Kind] }

// accountView is what the templates of letters about accounts see.
type accountView struct {
	Shop, Subject, Name, Home, Heading string
	Paragraphs                         []string
	// Link is where the button leads, which says Action; After is said below it.
	Link, Action string
	After        []string
}

func (w Writer) accountView(f Facts) accountView {
	page := func(path string) string { return w.BaseURL + path + "?token=" + url.QueryEscape(f.Account.Link) }
	v := accountView{Shop: w.Shop, Subject: f.Subject(), Name: f.Name, Home: w.BaseURL, Heading: f.accountSubject()}
	lasts := fmt.Sprintf("The link is good once, for %s.", hours(f.Account.Until.Sub(f.At)))
	switch f.Kind {
	case SignUp:
		v.Paragraphs = []string{"We were asked for an account with this address. Follow this link to confirm that, and your account is made."}
		v.Link, v.Action = page("/verify"), "Confirm my address"
		v.After = []string{lasts, "If it was not you, do nothing: there is no account then."}
	case SignUpKnown:
		v.Paragraphs = []string{"We were asked for an account with this address. You have one already, so nothing was changed: just log in."}
		v.Link, v.Action = w.BaseURL+"/login", "Log in"
		v.After = []string{"If you do not know your password any more, you can set a new one at " + w.BaseURL + "/forgot."}
	case ResetPassword:
		v.Paragraphs = []string{"We were asked for a new password for your account. Set one with this link."}
		v.Link, v.Action = page("/reset"), "Set a new password"
		v.After = []string{lasts, "If it was not you, do nothing: your password stays as it is."}
	case PasswordChanged:
		v.Paragraphs = []string{"The password of your account was changed just now, and you were logged out elsewhere."}
		v.After = []string{"If it was not you, set a new one at once, at " + w.BaseURL + "/forgot, and write to us."}
	case ChangeEmail:
		v.Paragraphs = []string{"Your account is to have this address. Follow this link to confirm that it is yours."}
		v.Link, v.Action = page("/verify"), "Confirm my address"
		v.After = []string{lasts, "If it was not you, do nothing: no account gets this address then."}
	case EmailChanged:
		v.Paragraphs = []string{"The e-mail address of your account was changed just now. We write to the new one from now on."}
		v.After = []string{"If it was not you, write to us at once."}
	case FactorEnabled:
		v.Paragraphs = []string{"A second factor of your account was switched on just now: logging in with the password wants a code of the authenticator program from now on. You were logged out elsewhere."}
		v.After = []string{"If it was not you, set a new password at once, at " + w.BaseURL + "/forgot, and write to us."}
	case FactorDisabled:
		v.Paragraphs = []string{"The second factor of your account was switched off just now: the password alone opens it. You were logged out elsewhere."}
		v.After = []string{"If it was not you, set a new password at once, at " + w.BaseURL + "/forgot, and write to us."}
	case PasskeyAdded:
		v.Paragraphs = []string{"A passkey was added to your account just now: “" + f.Account.Passkey + "”. It logs in without your password."}
		v.After = []string{"If it was not you, set a new password at once, at " + w.BaseURL + "/forgot, remove the passkey at " + w.BaseURL + "/account/security, and write to us."}
	case PasskeyRemoved:
		v.Paragraphs = []string{"A passkey of your account was removed just now: “" + f.Account.Passkey + "”. It does not log in any more, and you were logged out elsewhere."}
		v.After = []string{"If it was not you, set a new password at once, at " + w.BaseURL + "/forgot, and write to us."}
	case AccountDeleted:
		v.Paragraphs = []string{"Your account is deleted, with its addresses. Orders are kept for the books; the links in their mails still open them."}
		v.After = []string{"If it was not you, write to us at once."}
	}
	return v
}

// hours is how long something lasts, for people.
func hours(d time.Duration) string {
	if d < 2*time.Hour {
		return fmt.Sprintf("%d minutes", int(d.Round(time.Minute)/time.Minute))
	}
	return fmt.Sprintf("%d hours", int(d.Round(time.Hour)/time.Hour))
}
