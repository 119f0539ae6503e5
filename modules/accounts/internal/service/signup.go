package service

import (
	"cmp"
	"context"
	"errors"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
)

// SignUp implements the contract. It does the same work whether or not there is an
// account: hashes a password, writes one transaction, has one mail written.
func (s *Service) SignUp(ctx context.Context, r *accountsv1.SignUpRequest) (*accountsv1.SignUpResponse, error) {
	person, problems := account.NewPerson(r.GetEmail(), r.GetName(), r.GetPassword())
	if problems = append(problems, checkKey(r.GetIdempotencyKey())...); len(problems) > 0 {
		return nil, invalid(problems)
	}
	if err := s.try(ctx, ofClient(r.GetVisitor())); err != nil {
		return nil, err
	}
	var err error
	if person.Password, err = s.hasher.Hash(ctx, account.Normal(person.Password)); err != nil {
		return nil, failed("sign up", err)
	}
	if err := s.store.BeginSignUp(ctx, person, s.tokens.Of("sign-up", person.Key, r.GetIdempotencyKey()), s.o.SignUpLink); err != nil {
		return nil, failed("sign up", err)
	}
	return &accountsv1.SignUpResponse{}, nil
}

// VerifyEmail implements the contract.
func (s *Service) VerifyEmail(ctx context.Context, r *accountsv1.VerifyEmailRequest) (*accountsv1.VerifyEmailResponse, error) {
	if problems := checkKey(r.GetIdempotencyKey()); len(problems) > 0 {
		return nil, invalid(problems)
	}
	token := s.tokens.Of("verified session", r.GetLink(), r.GetIdempotencyKey())
	a, inSession, err := s.store.FollowLink(ctx, secret.Digest(r.GetLink()), store.NewSession{
		Digest: secret.Digest(token), Client: shown(r.GetVisitor().GetClient(), mostClient), Device: shown(r.GetVisitor().GetDevice(), mostDevice),
		ClientKey: clientKey(r.GetVisitor()), Lifetimes: s.o.Customers,
	})
	if err != nil {
		return nil, failed("follow a mailed link", err)
	}
	if !inSession {
		token = ""
	}
	return &accountsv1.VerifyEmailResponse{Account: toAccount(a), Session: token, CartId: s.cartOf(a)}, nil
}

// CreateAccount implements the contract.
func (s *Service) CreateAccount(ctx context.Context, r *accountsv1.CreateAccountRequest) (*accountsv1.CreateAccountResponse, error) {
	if _, err := atLeast(ctx, account.Admin); err != nil {
		return nil, err
	}
	person, problems := account.NewPerson(r.GetEmail(), r.GetName(), r.GetPassword())
	role, known := fromRole(r.GetRole())
	if !known {
		problems = append(problems, account.Problem{Field: "role", Message: "must be customer, operator or admin"})
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	var err error
	if person.Password, err = s.hasher.Hash(ctx, account.Normal(person.Password)); err != nil {
		return nil, failed("create an account", err)
	}
	a, err := s.store.Create(ctx, person, role)
	if errors.Is(err, store.ErrTaken) {
		before, repeated, lookErr := s.isThere(ctx, person.Key, r.GetPassword(), role)
		if repeated {
			return &accountsv1.CreateAccountResponse{Account: toAccount(before)}, nil
		}
		err = cmp.Or(lookErr, err)
	}
	if err != nil {
		return nil, failed("create an account", err)
	}
	return &accountsv1.CreateAccountResponse{Account: toAccount(a)}, nil
}

// isThere tells whether an account is the one that the call made when it was first made.
func (s *Service) isThere(ctx context.Context, key, password string, role account.Role) (account.Account, bool, error) {
	before, found, err := s.store.ByKey(ctx, key)
	if err != nil || !found || before.Role != role {
		return account.Account{}, false, err
	}
	same, err := s.hasher.Matches(ctx, account.Normal(password), before.Password)
	return before, same, err
}

// SetRole implements the contract.
func (s *Service) SetRole(ctx context.Context, r *accountsv1.SetRoleRequest) (*accountsv1.SetRoleResponse, error) {
	who, err := atLeast(ctx, account.Admin)
	if err != nil {
		return nil, err
	}
	role, known := fromRole(r.GetRole())
	if !known {
		return nil, contract.Invalid(contract.Violation{Field: "role", Message: "must be customer, operator or admin"})
	}
	a, err := s.store.SetRole(ctx, r.GetAccountId(), role)
	if err != nil {
		return nil, failed("set the role of account "+r.GetAccountId(), err)
	}
	s.log.InfoContext(ctx, "set the role of an account", "account", a.ID, "role", string(role), "by", who)
	return &accountsv1.SetRoleResponse{Account: toAccount(a)}, nil
}
