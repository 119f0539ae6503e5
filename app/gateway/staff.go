package gateway

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// keyBeginning is what API keys begin with; tokens of orders and sessions don't.
const keyBeginning = "gk_"

const staffHelp = "Send an API key, or the token of a session of an operator or administrator: Authorization: Bearer KEY."

// StaffInput shows who calls what is for staff and their programs.
type StaffInput struct {
	Authorization string `header:"Authorization" hidden:"true"`
}

// KeyedInput is that of changes which would be made twice if they were repeated.
type KeyedInput struct {
	StaffInput
	Key string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"64" pattern:"^[!-~]+$" doc:"Another one for each change. A repeat with the same key and body changes nothing more."`
}

// staff is for whom a call is made that is for staff. What it may do, the modules
// decide.
type staff struct {
	// Context carries the statement of who it is.
	context.Context
	// name is what the audit log calls it.
	name          string
	isProgram     bool
	roles, scopes []string
}

// may tells whether it may do what a scope stands for, where no module can say.
func (s *staff) may(scope string) bool {
	return slices.Contains(s.roles, identity.Operator) || slices.Contains(s.roles, identity.Admin) || slices.Contains(s.scopes, scope)
}

// known is who shows an API key or the token of a session.
func (g *Gateway) known(ctx context.Context, in StaffInput) (*staff, error) {
	token, err := bearer(in.Authorization, staffHelp)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(token, keyBeginning) {
		return g.program(ctx, token)
	}
	session, err := g.Accounts.CheckSession(ctx, &accountsv1.CheckSessionRequest{Session: token})
	if status.Code(err) == codes.InvalidArgument || contract.Is(err, accountsv1.Reason_REASON_NO_SESSION) {
		return nil, problem(unauthorized, "The token is of no session, or the session has ended. "+staffHelp)
	}
	if err != nil {
		return nil, err
	}
	a := session.GetAccount()
	who := &staff{Context: identity.With(ctx, session.GetIdentity().GetStatement()), name: a.GetEmail()}
	// As in the statement: without a code administrators have the rights of customers, and
	// so have operators who set up a second factor.
	if session.GetSecondFactorDone() || !slices.Contains(a.GetRoles(), identity.Admin) && !a.GetSecondFactor() {
		who.roles = a.GetRoles()
	}
	return who, nil
}

func (g *Gateway) program(ctx context.Context, secret string) (*staff, error) {
	key, err := g.Accounts.CheckKey(ctx, &accountsv1.CheckKeyRequest{Secret: secret})
	if status.Code(err) == codes.InvalidArgument || contract.Is(err, accountsv1.Reason_REASON_NO_KEY) {
		return nil, problem(unauthorized, "There is no such API key, or it was revoked. "+staffHelp)
	}
	if err != nil {
		return nil, err
	}
	return &staff{Context: identity.With(ctx, key.GetIdentity().GetStatement()), name: "API key " + key.GetId(), isProgram: true, scopes: key.GetScopes()}, nil
}

// lacks is the problem of who may not do what a scope stands for.
func lacks(scope string) *Problem {
	return problem(notAllowed, "This is for people who work in the shop, and for API keys with the scope "+scope+".")
}

// refusedStaff is the problem of a call that a module refused because of who makes it,
// or the error.
func refusedStaff(err error, scope string) error {
	if status.Code(err) == codes.PermissionDenied {
		return lacks(scope)
	}
	return err
}

// places say where the API has the fields that a module may refuse, except those that have
// the same name in the body. By the contract's name without indexes, such as
// variants.prices.currency_code, it is the name in the body; "path NAME" or "query NAME", a
// parameter; or "": the API has no field for it.
type places map[string]string

// of is where a field is.
func (p places) of(field string) FieldError {
	if field == "idempotency_key" {
		return FieldError{In: "header", Parameter: idempotencyKey}
	}
	at, elsewhere := p[indexes.ReplaceAllString(field, "")]
	in, name, isParameter := strings.Cut(at, " ")
	switch {
	case !elsewhere:
		return FieldError{Pointer: pointer(field)}
	case isParameter:
		return FieldError{In: in, Parameter: name}
	case at == "":
		return FieldError{Pointer: "#"}
	}
	// The last name is another one; the indexes before it stay.
	there, here := strings.Split(field, "."), strings.Split(at, ".")
	for i := range min(len(there), len(here)) {
		here[i] += strings.Join(indexes.FindAllString(there[i], -1), "")
	}
	return FieldError{Pointer: pointer(strings.Join(here, "."))}
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// wrongFields is the problem that names the fields which a module refused; nil when it
// refused none. prefix is where the thing that the body describes is in the module's request.
func wrongFields(err error, prefix string, elsewhere places) *Problem {
	var p *Problem
	for _, v := range contract.Violations(err) {
		if p == nil {
			p = problem(invalid, "See errors for what is wrong.")
		}
		field := elsewhere.of(strings.TrimPrefix(v.Field, prefix))
		field.Detail = v.Message
		p.Errors = append(p.Errors, field)
	}
	return p
}
