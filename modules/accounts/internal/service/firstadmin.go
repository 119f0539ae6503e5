package service

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/route"
)

// firstAdminLink is how long the link is good that makes the first administrator: it
// stands in a terminal, where others may read it later.
const firstAdminLink = 2 * time.Hour

// OfferFirstAdmin implements the contract.
func (s *Service) OfferFirstAdmin(ctx context.Context, _ *accountsv1.OfferFirstAdminRequest) (*accountsv1.OfferFirstAdminResponse, error) {
	if route.Caller(ctx) != certs.Operator {
		return nil, contract.Error(codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED, "this is for the command line")
	}
	token, until := id.Secret(), s.now().Add(firstAdminLink)
	if err := s.store.OfferFirstAdmin(ctx, secret.Digest(token), until); err != nil {
		return nil, failed("offer a link for the first administrator", err)
	}
	return &accountsv1.OfferFirstAdminResponse{Link: token, ExpiresAt: timestamppb.New(until)}, nil
}

// CreateFirstAdmin implements the contract.
func (s *Service) CreateFirstAdmin(ctx context.Context, r *accountsv1.CreateFirstAdminRequest) (*accountsv1.CreateFirstAdminResponse, error) {
	if problems := checkKey(r.GetIdempotencyKey()); len(problems) > 0 {
		return nil, invalid(problems)
	}
	digest, call := secret.Digest(r.GetLink()), secret.Digest(r.GetIdempotencyKey())
	if err := s.try(ctx, ofClient(r.GetVisitor())); err != nil {
		return nil, err
	}
	// Before a password is hashed, which costs something.
	if err := s.store.FirstAdminLink(ctx, digest, call); err != nil {
		return nil, failed("make the first administrator", err)
	}
	person, problems := account.NewPerson(r.GetEmail(), r.GetName(), r.GetPassword())
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	var err error
	if person.Password, err = s.hasher.Hash(ctx, account.Normal(person.Password)); err != nil {
		return nil, failed("make the first administrator", err)
	}
	token := s.tokens.Of("session of the first administrator", r.GetLink(), r.GetIdempotencyKey())
	a, expires, err := s.store.CreateFirstAdmin(ctx, digest, call, person, store.NewSession{
		Digest: secret.Digest(token), Client: shown(r.GetVisitor().GetClient(), mostClient), Device: shown(r.GetVisitor().GetDevice(), mostDevice),
		ClientKey: clientKey(r.GetVisitor()), Lifetimes: s.o.Staff,
	})
	if err != nil {
		return nil, failed("make the first administrator", err)
	}
	s.log.InfoContext(ctx, "made the first administrator by a link", "account", a.ID)
	return &accountsv1.CreateFirstAdminResponse{Account: toAccount(a), Session: token, ExpiresAt: timestamppb.New(expires), CartId: s.cartOf(a)}, nil
}
