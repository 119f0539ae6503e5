package service

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/signing"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
)

// ListSigningKeys implements the contract.
func (s *Service) ListSigningKeys(ctx context.Context, _ *accountsv1.ListSigningKeysRequest) (*accountsv1.ListSigningKeysResponse, error) {
	if _, err := atLeast(ctx, account.Admin); err != nil {
		return nil, err
	}
	if err := s.keys.Read(ctx); err != nil { // what another process has just done
		return nil, failed("list the keys that sign identities", err)
	}
	believed, signs := s.keys.List()
	answer := &accountsv1.ListSigningKeysResponse{}
	for _, k := range believed {
		answer.Keys = append(answer.Keys, toSigningKey(k, signs))
	}
	return answer, nil
}

// ReplaceSigningKey implements the contract.
func (s *Service) ReplaceSigningKey(ctx context.Context, r *accountsv1.ReplaceSigningKeyRequest) (*accountsv1.ReplaceSigningKeyResponse, error) {
	who, err := atLeast(ctx, account.Admin)
	if err != nil {
		return nil, err
	}
	if r.GetNumber() < 1 {
		return nil, invalid([]account.Problem{{Field: "number", Message: "must be that of a key, 1 or more"}})
	}
	made, err := s.keys.Replace(ctx, r.GetNumber(), r.GetAtOnce(), who)
	if errors.Is(err, signing.ErrNotNewest) {
		return nil, contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_NOT_NEWEST_KEY, "key %d is not the newest one; list them again", r.GetNumber())
	}
	if err != nil {
		return nil, failed("replace the key that signs identities", err)
	}
	_, signs := s.keys.List()
	return &accountsv1.ReplaceSigningKeyResponse{Key: toSigningKey(made, signs)}, nil
}

func toSigningKey(k signing.Key, signs int64) *accountsv1.SigningKey {
	return &accountsv1.SigningKey{
		Number: k.Number, Name: k.Name(), CreatedAt: stamp(k.Created), CreatedBy: k.CreatedBy,
		SignsFrom: stamp(k.SignsFrom), BelievedUntil: stamp(k.BelievedUntil), Signs: k.Number == signs,
	}
}
