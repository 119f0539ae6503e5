package service

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/mailaddress"
)

// RequestReset implements the contract.
func (s *Service) RequestReset(ctx context.Context, r *accountsv1.RequestResetRequest) (*accountsv1.RequestResetResponse, error) {
	address, err := mailaddress.Parse(strings.TrimSpace(r.GetEmail()))
	problems := checkKey(r.GetIdempotencyKey())
	if err != nil {
		problems = append(problems, account.Problem{Field: "email", Message: err.Error()})
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	if err := s.try(ctx, ofClient(r.GetVisitor())); err != nil {
		return nil, err
	}
	key := address.Mailbox()
	if err := s.store.BeginReset(ctx, key, s.tokens.Of("reset", key, r.GetIdempotencyKey()), s.o.ResetLink); err != nil {
		return nil, failed("request a new password", err)
	}
	return &accountsv1.RequestResetResponse{}, nil
}

// ResetPassword implements the contract.
func (s *Service) ResetPassword(ctx context.Context, r *accountsv1.ResetPasswordRequest) (*accountsv1.ResetPasswordResponse, error) {
	digest := secret.Digest(r.GetLink())
	a, err := s.store.LinkOfReset(ctx, digest)
	if err != nil {
		return nil, failed("set a new password", err)
	}
	hash, err := s.newPassword(ctx, r.GetPassword(), a, "password")
	if err != nil {
		return nil, err
	}
	if err := s.store.FollowReset(ctx, digest, hash); err != nil {
		return nil, failed("set a new password of account "+a.ID, err)
	}
	return &accountsv1.ResetPasswordResponse{}, nil
}

// ChangePassword implements the contract.
func (s *Service) ChangePassword(ctx context.Context, r *accountsv1.ChangePasswordRequest) (*accountsv1.ChangePasswordResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	a := found.Account
	counted := secret.Digest("password of " + a.ID)[:32]
	if err := s.try(ctx, []store.Counted{{For: counted, Wait: account.ForAccount}}); err != nil {
		return nil, err
	}
	good, err := s.hasher.Matches(ctx, account.Normal(r.GetPassword()), a.Password)
	if err != nil {
		return nil, failed("change the password of account "+a.ID, err)
	}
	if !good {
		return nil, contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS, "the present password is another one")
	}
	hash, err := s.newPassword(ctx, r.GetNewPassword(), a, "new_password")
	if err != nil {
		return nil, err
	}
	if err := s.store.Succeeded(ctx, counted, ""); err != nil {
		return nil, failed("change the password of account "+a.ID, err)
	}
	if err := s.store.SetPassword(ctx, a.ID, hash, found.ID); err != nil {
		return nil, failed("change the password of account "+a.ID, err)
	}
	return &accountsv1.ChangePasswordResponse{}, nil
}

// newPassword checks and hashes a password that an account is to have.
func (s *Service) newPassword(ctx context.Context, password string, a account.Account, field string) (string, error) {
	if err := account.CheckPassword(password, a.Email, a.Name); err != nil {
		return "", invalid([]account.Problem{{Field: field, Message: err.Error()}})
	}
	hash, err := s.hasher.Hash(ctx, account.Normal(password))
	if err != nil {
		return "", failed("hash a password", err)
	}
	return hash, nil
}
