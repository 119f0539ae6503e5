package service

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// keyBeginning marks API keys, so that they are known for what they are when they turn
// up where they should not be.
const keyBeginning = "gk_"

// shownOfKey is how much of a key is kept to tell it from others.
const shownOfKey = len(keyBeginning) + 6

// scopes are what a program may be let do.
var scopes = []string{
	"orders:read", "orders:write", "products:read", "products:write", "promotions:read", "promotions:write", "stock:read", "stock:write",
	"webhooks:read", "webhooks:write",
}

// CreateKey implements the contract.
func (s *Service) CreateKey(ctx context.Context, r *accountsv1.CreateKeyRequest) (*accountsv1.CreateKeyResponse, error) {
	who, err := atLeast(ctx, account.Admin)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(r.GetName())
	problems := checkKey(r.GetIdempotencyKey())
	if n := utf8.RuneCountInString(name); n < 1 || n > 100 || strings.ContainsFunc(name, unicode.IsControl) {
		problems = append(problems, account.Problem{Field: "name", Message: "must have 1 to 100 characters, on one line"})
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(r.GetScopes())))
	unknown := slices.ContainsFunc(wanted, func(scope string) bool { return !slices.Contains(scopes, scope) })
	if len(wanted) == 0 || unknown {
		problems = append(problems, account.Problem{Field: "scopes", Message: "must be at least one of " + strings.Join(scopes, ", ")})
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	made := keyBeginning + s.tokens.Of("API key", who, r.GetIdempotencyKey())
	k, first, err := s.store.AddKey(ctx, store.Key{Name: name, Beginning: made[:shownOfKey], Scopes: wanted, CreatedBy: who}, secret.Digest(made))
	if err != nil {
		return nil, failed("create an API key", err)
	}
	if first {
		s.log.InfoContext(ctx, "made an API key", "key", k.ID, "scopes", strings.Join(wanted, " "), "by", who)
	}
	return &accountsv1.CreateKeyResponse{Key: toKey(k), Secret: made}, nil
}

// ListKeys implements the contract.
func (s *Service) ListKeys(ctx context.Context, _ *accountsv1.ListKeysRequest) (*accountsv1.ListKeysResponse, error) {
	if _, err := atLeast(ctx, account.Admin); err != nil {
		return nil, err
	}
	all, err := s.store.Keys(ctx)
	if err != nil {
		return nil, failed("list API keys", err)
	}
	answer := &accountsv1.ListKeysResponse{}
	for _, k := range all {
		answer.Keys = append(answer.Keys, toKey(k))
	}
	return answer, nil
}

// RevokeKey implements the contract.
func (s *Service) RevokeKey(ctx context.Context, r *accountsv1.RevokeKeyRequest) (*accountsv1.RevokeKeyResponse, error) {
	who, err := atLeast(ctx, account.Admin)
	if err != nil {
		return nil, err
	}
	if err := s.store.RevokeKey(ctx, r.GetId()); err != nil {
		return nil, failed("revoke API key "+r.GetId(), err)
	}
	s.log.InfoContext(ctx, "revoked an API key", "key", r.GetId(), "by", who)
	return &accountsv1.RevokeKeyResponse{}, nil
}

// CheckKey implements the contract.
func (s *Service) CheckKey(ctx context.Context, r *accountsv1.CheckKeyRequest) (*accountsv1.CheckKeyResponse, error) {
	k, found, err := s.store.KeyBy(ctx, secret.Digest(r.GetSecret()))
	if err != nil {
		return nil, failed("check an API key", err)
	}
	if !found {
		return nil, contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_NO_KEY, "there is no such API key, or it was revoked")
	}
	s.uses.key(k.ID, s.now())
	statement, err := s.identify(identity.Identity{Subject: "key:" + k.ID, Scopes: k.Scopes}, time.Time{})
	if err != nil {
		return nil, failed("identify API key "+k.ID, err)
	}
	return &accountsv1.CheckKeyResponse{Id: k.ID, Scopes: k.Scopes, Identity: statement}, nil
}
