package service

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// session finds the one of a token, or says that there is none.
func (s *Service) session(ctx context.Context, token string) (store.Session, error) {
	found, ok, err := s.store.Session(ctx, secret.Digest(token))
	if err == nil && !ok {
		err = store.ErrNoSession
	}
	if err != nil {
		return store.Session{}, failed("find a session", err)
	}
	return found, nil
}

// CheckSession implements the contract. It writes nothing: when the session was used is
// written down later, by Run.
func (s *Service) CheckSession(ctx context.Context, r *accountsv1.CheckSessionRequest) (*accountsv1.CheckSessionResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	a, done := found.Account, !found.CodeAt.IsZero()
	now := s.now()
	s.uses.session(secret.Digest(r.GetSession()), store.Use{At: now, Until: now.Add(s.lifetimes(a).Idle)})
	who := identity.Identity{Subject: a.ID, Roles: a.Roles(done)}
	if !a.Verified.IsZero() {
		who.Email = a.Email
	}
	statement, err := s.identify(who, found.Expires)
	if err != nil {
		return nil, failed("identify account "+a.ID, err)
	}
	return &accountsv1.CheckSessionResponse{
		Account: toAccount(a), SecondFactorDone: done, CodeAt: stamp(found.CodeAt), Identity: statement, ExpiresAt: timestamppb.New(found.Expires),
		CartId: s.cartOf(a),
	}, nil
}

// ConfirmCode implements the contract.
func (s *Service) ConfirmCode(ctx context.Context, r *accountsv1.ConfirmCodeRequest) (*accountsv1.ConfirmCodeResponse, error) {
	if problems := checkKey(r.GetIdempotencyKey()); len(problems) > 0 {
		return nil, invalid(problems)
	}
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	if !found.Account.HasSecondFactor() {
		return nil, contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_NO_SECOND_FACTOR, "the account has no second factor")
	}
	call := secret.Digest(r.GetIdempotencyKey())
	if found.CodeCall == call {
		return &accountsv1.ConfirmCodeResponse{}, nil
	}
	counted := secret.Digest("codes " + found.Account.ID)[:32]
	if err := s.try(ctx, []store.Counted{{For: counted, Wait: account.ForAccount}}); err != nil {
		return nil, err
	}
	if err := s.takeCode(ctx, found.Account, r.GetCode()); err != nil {
		return nil, err
	}
	if err := s.store.Succeeded(ctx, counted, ""); err != nil {
		return nil, failed("confirm by code", err)
	}
	if err := s.store.CodeGiven(ctx, found.ID, call); err != nil {
		return nil, failed("confirm by code", err)
	}
	return &accountsv1.ConfirmCodeResponse{}, nil
}

// LogOut implements the contract.
func (s *Service) LogOut(ctx context.Context, r *accountsv1.LogOutRequest) (*accountsv1.LogOutResponse, error) {
	if err := s.store.End(ctx, secret.Digest(r.GetSession())); err != nil {
		return nil, failed("log out", err)
	}
	return &accountsv1.LogOutResponse{}, nil
}

// ListSessions implements the contract.
func (s *Service) ListSessions(ctx context.Context, r *accountsv1.ListSessionsRequest) (*accountsv1.ListSessionsResponse, error) {
	own, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	all, err := s.store.Sessions(ctx, own.Account.ID)
	if err != nil {
		return nil, failed("list sessions of account "+own.Account.ID, err)
	}
	answer := &accountsv1.ListSessionsResponse{}
	for _, each := range all {
		answer.Sessions = append(answer.Sessions, &accountsv1.ListSessionsResponse_Session{
			Id: each.ID, Client: each.Client, Device: each.Device, CreatedAt: stamp(each.Created), UsedAt: stamp(each.Used), Current: each.ID == own.ID,
		})
	}
	return answer, nil
}

// RevokeSession implements the contract.
func (s *Service) RevokeSession(ctx context.Context, r *accountsv1.RevokeSessionRequest) (*accountsv1.RevokeSessionResponse, error) {
	own, err := s.confirmed(ctx, r.GetSession(), r.GetPassword(), r.GetCode())
	if err != nil {
		return nil, err
	}
	if r.GetId() == "" {
		err = s.store.EndAll(ctx, own.Account.ID, own.ID)
	} else {
		err = s.store.EndOf(ctx, own.Account.ID, r.GetId())
	}
	if err != nil {
		return nil, failed("end sessions of account "+own.Account.ID, err)
	}
	return &accountsv1.RevokeSessionResponse{}, nil
}
