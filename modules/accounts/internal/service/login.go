package service

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/mailaddress"
)

// LogIn implements the contract. An address without an account takes the same way as a
// wrong password, and as long.
func (s *Service) LogIn(ctx context.Context, r *accountsv1.LogInRequest) (*accountsv1.LogInResponse, error) {
	if problems := checkKey(r.GetIdempotencyKey()); len(problems) > 0 {
		return nil, invalid(problems)
	}
	key := ""
	if address, err := mailaddress.Parse(strings.TrimSpace(r.GetEmail())); err == nil {
		key = address.Mailbox()
	}
	a, found, err := s.store.ByKey(ctx, key)
	if err != nil {
		return nil, failed("log in", err)
	}
	counted, err := s.forAccount(ctx, a, found, key, r.GetVisitor())
	if err != nil {
		return nil, failed("log in", err)
	}
	if err := s.try(ctx, append(ofClient(r.GetVisitor()), store.Counted{For: counted, Wait: account.ForAccount})); err != nil {
		return nil, err
	}
	good, err := s.hasher.Matches(ctx, account.Normal(r.GetPassword()), a.Password)
	if err != nil {
		return nil, failed("log in", err)
	}
	if !good || !found {
		s.log.InfoContext(ctx, "refused a log-in", "account", a.ID, "why", "password")
		return nil, wrongCredentials()
	}
	token, err := s.sessionFor(ctx, a, r.GetIdempotencyKey())
	if err != nil {
		return nil, failed("log in", err)
	}
	if a.HasSecondFactor() {
		if r.GetCode() == "" {
			// The password was right, but nobody is let in yet: the try counts until
			// the code is right too, or codes could be guessed without end.
			return &accountsv1.LogInResponse{NeedsCode: true}, nil
		}
		_, repeated, err := s.store.Session(ctx, secret.Digest(token))
		if err != nil {
			return nil, failed("log in", err)
		}
		if !repeated { // else its code was taken the first time
			if err := s.takeCode(ctx, a, r.GetCode()); err != nil {
				s.log.InfoContext(ctx, "refused a log-in", "account", a.ID, "why", "code")
				return nil, err
			}
		}
	}
	if err := s.store.Succeeded(ctx, counted, clientKey(r.GetVisitor())); err != nil {
		return nil, failed("log in", err)
	}
	expires, err := s.store.Begin(ctx, a, store.NewSession{
		Digest: secret.Digest(token), Client: shown(r.GetVisitor().GetClient(), mostClient), Device: shown(r.GetVisitor().GetDevice(), mostDevice),
		ClientKey: clientKey(r.GetVisitor()), CodeGiven: a.HasSecondFactor(), Lifetimes: s.lifetimes(a),
	})
	if errors.Is(err, store.ErrChanged) {
		s.log.InfoContext(ctx, "refused a log-in", "account", a.ID, "why", err)
		return nil, wrongCredentials()
	}
	if err != nil {
		return nil, failed("log in", err)
	}
	s.log.InfoContext(ctx, "logged in", "account", a.ID, "code", a.HasSecondFactor())
	return &accountsv1.LogInResponse{Session: token, Account: toAccount(a), ExpiresAt: timestamppb.New(expires), CartId: s.cartOf(a)}, nil
}

func wrongCredentials() error {
	return contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS, "no account has this address and password")
}

// mostSessions bounds how many sessions, one after the other, a log-in's key is good for.
const mostSessions = 50

// sessionFor is the session that a log-in with this key opens: the same for a call that is
// repeated, but none that has ended since. Browsers send a form again, with its key, when
// a person goes back after the log-out.
func (s *Service) sessionFor(ctx context.Context, a account.Account, key string) (token string, err error) {
	for n := range mostSessions {
		token = s.tokens.Of("session", a.ID, key, strconv.Itoa(n))
		if ended, err := s.store.HasEnded(ctx, secret.Digest(token)); err != nil || !ended {
			return token, err
		}
	}
	return id.Secret(), nil // no browser comes here, and a repeat opens another one
}

// takeCode uses up a code of the second factor, or a recovery code.
func (s *Service) takeCode(ctx context.Context, a account.Account, code string) error {
	code = typedCode(code)
	step, good := account.CheckTOTP(a.TOTPSecret, code, s.now())
	var taken bool
	var err error
	if good {
		taken, err = s.store.TakeStep(ctx, a.ID, step)
	} else {
		taken, err = s.store.TakeRecoveryCode(ctx, a.ID, secret.Digest(code))
	}
	if err != nil {
		return failed("check a code", err)
	}
	if !taken {
		return contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE, "the code is wrong, or was used before")
	}
	return nil
}
