package gateway

import (
	"context"
	"strconv"
	"time"

	"galleria/app/edge"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// LogInInput is what a person logs in with.
type LogInInput struct {
	Body struct {
		Email    string `json:"email" minLength:"3" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
		Code     string `json:"code,omitempty" maxLength:"64" doc:"Of the second factor, or a recovery code; where the account has one."`
	}
}

// SessionOutput is a session that was opened.
type SessionOutput struct {
	Body Session
}

// Session stands for the password from now on.
type Session struct {
	Token     string    `json:"token" doc:"Authorization: Bearer. It is shown to nobody else."`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends at the latest."`
	Account   Account   `json:"account"`
}

// Account is a person who can log in.
type Account struct {
	ID           string    `json:"id"`
	Email        string    `json:"email"`
	Name         string    `json:"name"`
	Verified     bool      `json:"verified" doc:"The person has followed a link that was mailed to the address."`
	Roles        []string  `json:"roles" doc:"What the person may do: customer, operator, admin."`
	SecondFactor bool      `json:"second_factor" doc:"Logging in wants a code."`
	CreatedAt    time.Time `json:"created_at"`
}

func (g *Gateway) logIn(r *request, in *LogInInput) (*SessionOutput, error) {
	ctx, done := r.whole(logInTimeout)
	defer done()
	answer, err := g.Accounts.LogIn(ctx, &accountsv1.LogInRequest{
		Email: in.Body.Email, Password: in.Body.Password, Code: in.Body.Code, IdempotencyKey: id.Secret(),
		Visitor: &accountsv1.Visitor{Client: edge.NetworkOf(r.echo), Device: edge.DeviceOf(r.echo.Request())},
	})
	if err != nil {
		return nil, notIn(err)
	}
	if answer.GetNeedsCode() {
		return nil, problem(codeNeeded, "Send the code of the second factor as code.")
	}
	return &SessionOutput{Body: Session{Token: answer.GetSession(), ExpiresAt: when(answer.GetExpiresAt()), Account: toAccount(answer.GetAccount())}}, nil
}

// notIn says why a person is not let in.
func notIn(err error) error {
	is := func(r accountsv1.Reason) bool { return contract.Is(err, r) }
	seconds, _ := strconv.Atoi(contract.Metadata(err, "retry_after")) // what can't be read is soon
	wait := time.Duration(max(seconds, 1)) * time.Second
	switch {
	case is(accountsv1.Reason_REASON_WRONG_CREDENTIALS):
		return problem(wrongCredentials, "No account has this address and this password.")
	case is(accountsv1.Reason_REASON_WRONG_CODE):
		return problem(wrongCredentials, "The code is wrong, or was used before.")
	case is(accountsv1.Reason_REASON_NO_SESSION):
		return problem(unauthorized, "The session is not known, or has ended. POST /sessions opens one.")
	case is(accountsv1.Reason_REASON_WAIT):
		return problem(tooOften, "There were too many tries. Try again in "+edge.InWords(wait)+".").wait(wait)
	case is(accountsv1.Reason_REASON_BUSY):
		return problem(crowded, "Too many people log in just now. Try again in "+edge.InWords(wait)+".").wait(wait)
	}
	if p := violated(err, map[string]FieldError{"email": {Pointer: "#/email"}, "password": {Pointer: "#/password"}, "code": {Pointer: "#/code"}}); p != nil {
		return p
	}
	if len(contract.Violations(err)) > 0 {
		return problem(unauthorized, "This is no token of a session.")
	}
	return err
}

// SessionInput shows the token of a session.
type SessionInput struct {
	Authorization string `header:"Authorization" hidden:"true"`
}

func (in *SessionInput) token() (string, error) {
	return bearer(in.Authorization, "Send the token of a session: Authorization: Bearer TOKEN. POST /sessions opens one.")
}

func (g *Gateway) logOut(r *request, in *SessionInput) (*struct{}, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	if _, err := g.session(ctx, in); err != nil {
		return nil, err
	}
	token, _ := in.token() // session has seen it
	if _, err := g.Accounts.LogOut(ctx, &accountsv1.LogOutRequest{Session: token}); err != nil {
		return nil, notIn(err)
	}
	return &struct{}{}, nil
}

// MeOutput is the person whose session it is.
type MeOutput struct {
	Body Account
}

func (g *Gateway) me(r *request, in *SessionInput) (*MeOutput, error) {
	found, err := g.session(r, in)
	if err != nil {
		return nil, err
	}
	return &MeOutput{Body: toAccount(found.GetAccount())}, nil
}

func (g *Gateway) session(ctx context.Context, in *SessionInput) (*accountsv1.CheckSessionResponse, error) {
	token, err := in.token()
	if err != nil {
		return nil, err
	}
	found, err := g.Accounts.CheckSession(ctx, &accountsv1.CheckSessionRequest{Session: token})
	if err != nil {
		return nil, notIn(err)
	}
	return found, nil
}

func toAccount(a *accountsv1.Account) Account {
	return Account{
		ID: a.GetId(), Email: a.GetEmail(), Name: a.GetName(), Verified: a.GetVerified(), Roles: texts(a.GetRoles()),
		SecondFactor: a.GetSecondFactor(), CreatedAt: when(a.GetCreatedAt()),
	}
}
