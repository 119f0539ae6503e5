package service

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/passkey"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
)

// BeginAddingPasskey implements the contract.
func (s *Service) BeginAddingPasskey(ctx context.Context, r *accountsv1.BeginAddingPasskeyRequest) (*accountsv1.BeginAddingPasskeyResponse, error) {
	found, err := s.confirmedBy(ctx, r.GetSession(), r.GetPassword(), func(found store.Session) error {
		return s.factorShown(ctx, found, r.GetCode())
	})
	if err != nil {
		return nil, err
	}
	if err := s.hasHostName(); err != nil {
		return nil, err
	}
	a := found.Account
	there, err := s.store.Passkeys(ctx, a.ID)
	if err == nil && len(there) >= passkey.Most {
		err = store.ErrManyPasskeys
	}
	if err != nil {
		return nil, failed("add a passkey to account "+a.ID, err)
	}
	name := a.Name
	if name == "" {
		name = a.Email
	}
	options, err := passkey.OptionsToAdd(s.o.Site, passkey.ChallengeToAdd(s.tokens, s.now(), found.ID), a.ID, a.Email, name, keysOf(there))
	if err != nil {
		return nil, failed("add a passkey to account "+a.ID, err)
	}
	return &accountsv1.BeginAddingPasskeyResponse{OptionsJson: options}, nil
}

func keysOf(all []store.Passkey) []passkey.Key {
	keys := make([]passkey.Key, len(all))
	for i, p := range all {
		keys[i] = p.Key
	}
	return keys
}

func (s *Service) hasHostName() error {
	if s.o.Site.ID == "" {
		return contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_NO_HOST_NAME,
			"browsers make passkeys for host names only, and the shop's address is %s; set http.base_url", s.o.Site.Origin)
	}
	return nil
}

// FinishAddingPasskey implements the contract.
func (s *Service) FinishAddingPasskey(ctx context.Context, r *accountsv1.FinishAddingPasskeyRequest) (*accountsv1.FinishAddingPasskeyResponse, error) {
	name := strings.TrimSpace(r.GetName())
	problems := checkCredential(r.GetCredentialJson())
	if n := utf8.RuneCountInString(name); n < 1 || n > 100 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		problems = append(problems, account.Problem{Field: "name", Message: "must have 1 to 100 characters, on one line"})
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	a := found.Account
	made, used, err := passkey.Added(s.o.Site, s.tokens, s.now(), found.ID, r.GetCredentialJson())
	if err != nil {
		return nil, s.wrongPasskey(ctx, a.ID, err)
	}
	p, first, err := s.store.AddPasskey(ctx, a, name, made, store.UsedChallenge{
		Challenge: secret.Digest(used.Challenge), Call: secret.Digest(made.CredentialID), Until: used.Until,
	})
	if errors.Is(err, store.ErrUsed) || errors.Is(err, store.ErrTaken) {
		return nil, s.wrongPasskey(ctx, a.ID, err)
	}
	if err != nil {
		return nil, failed("add a passkey to account "+a.ID, err)
	}
	if first {
		s.log.InfoContext(ctx, "added a passkey", "account", a.ID, "passkey", p.ID)
	}
	return &accountsv1.FinishAddingPasskeyResponse{Passkey: toPasskey(p)}, nil
}

func checkCredential(text string) []account.Problem {
	if n := len(text); n < 1 || n > passkey.MostJSON {
		return []account.Problem{{Field: "credential_json", Message: "must have 1 to 16384 bytes"}}
	}
	return nil
}

// wrongPasskey is the error of a passkey that is not believed: the same for whatever is
// wrong, which the log tells.
func (s *Service) wrongPasskey(ctx context.Context, accountID string, why error) error {
	level := slog.LevelInfo
	if errors.Is(why, store.ErrCounted) {
		level = slog.LevelWarn
	}
	s.log.Log(ctx, level, "refused a passkey", "account", accountID, "why", why)
	return contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_PASSKEY, "the passkey is not good for this")
}

// ListPasskeys implements the contract.
func (s *Service) ListPasskeys(ctx context.Context, r *accountsv1.ListPasskeysRequest) (*accountsv1.ListPasskeysResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	all, err := s.store.Passkeys(ctx, found.Account.ID)
	if err != nil {
		return nil, failed("list passkeys of account "+found.Account.ID, err)
	}
	answer := &accountsv1.ListPasskeysResponse{}
	for _, p := range all {
		answer.Passkeys = append(answer.Passkeys, toPasskey(p))
	}
	return answer, nil
}

// RemovePasskey implements the contract.
func (s *Service) RemovePasskey(ctx context.Context, r *accountsv1.RemovePasskeyRequest) (*accountsv1.RemovePasskeyResponse, error) {
	found, err := s.confirmedBy(ctx, r.GetSession(), r.GetPassword(), func(found store.Session) error {
		switch a := found.Account; {
		case a.HasSecondFactor():
			return s.takeCode(ctx, a, r.GetCode()) // they stay, so they have to work
		case a.Role.IsStaff():
			return s.passkeyStays(ctx, found, r.GetId())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	removed, err := s.store.RemovePasskey(ctx, found.Account, r.GetId(), found.ID)
	if err != nil {
		return nil, failed("remove a passkey of account "+found.Account.ID, err)
	}
	if removed {
		s.log.InfoContext(ctx, "removed a passkey", "account", found.Account.ID, "passkey", r.GetId())
	}
	return &accountsv1.RemovePasskeyResponse{}, nil
}

func checkBrowser(browser string) []account.Problem {
	if n := len(browser); n < 22 || n > 64 {
		return []account.Problem{{Field: "browser", Message: "must have 22 to 64 characters"}}
	}
	return nil
}

// BeginPasskeyLogIn implements the contract.
func (s *Service) BeginPasskeyLogIn(_ context.Context, r *accountsv1.BeginPasskeyLogInRequest) (*accountsv1.BeginPasskeyLogInResponse, error) {
	if problems := checkBrowser(r.GetBrowser()); len(problems) > 0 {
		return nil, invalid(problems)
	}
	if err := s.hasHostName(); err != nil {
		return nil, err
	}
	options, err := passkey.OptionsToLogIn(s.o.Site, passkey.ChallengeToLogIn(s.tokens, s.now(), r.GetBrowser()))
	if err != nil {
		return nil, failed("log in with a passkey", err)
	}
	return &accountsv1.BeginPasskeyLogInResponse{OptionsJson: options}, nil
}

// FinishPasskeyLogIn implements the contract. Tries count for the client and the passkey.
func (s *Service) FinishPasskeyLogIn(ctx context.Context, r *accountsv1.FinishPasskeyLogInRequest) (*accountsv1.FinishPasskeyLogInResponse, error) {
	problems := append(checkBrowser(r.GetBrowser()), checkCredential(r.GetCredentialJson())...)
	if problems = append(problems, checkKey(r.GetIdempotencyKey())...); len(problems) > 0 {
		return nil, invalid(problems)
	}
	signed, readErr := passkey.Read(r.GetCredentialJson())
	counted := secret.Digest("passkey " + signed.CredentialID)[:32]
	if err := s.try(ctx, append(ofClient(r.GetVisitor()), store.Counted{For: counted, Wait: account.ForAccount})); err != nil {
		return nil, err
	}
	if readErr != nil {
		return nil, s.wrongPasskey(ctx, "", readErr)
	}
	p, found, err := s.store.PasskeyBy(ctx, signed.CredentialID)
	if err != nil {
		return nil, failed("log in with a passkey", err)
	}
	if !found {
		return nil, s.wrongPasskey(ctx, "", errors.New("it is not known"))
	}
	if signed.Handle != p.AccountID {
		return nil, s.wrongPasskey(ctx, p.AccountID, errors.New("it names another account"))
	}
	a, found, err := s.store.ByID(ctx, p.AccountID)
	if err != nil {
		return nil, failed("log in with a passkey", err)
	}
	if !found {
		return nil, s.wrongPasskey(ctx, p.AccountID, store.ErrNoAccount)
	}
	used, err := signed.LoggedIn(s.o.Site, s.tokens, s.now(), r.GetBrowser(), p.Key)
	if err != nil {
		return nil, s.wrongPasskey(ctx, a.ID, err)
	}
	token := s.tokens.Of("session by passkey", a.ID, used.Challenge, r.GetIdempotencyKey())
	u := store.UsedChallenge{Challenge: secret.Digest(used.Challenge), Call: secret.Digest(r.GetIdempotencyKey()), Until: used.Until}
	expires, err := s.store.BeginByPasskey(ctx, p, used.Count, u, store.NewSession{
		Digest: secret.Digest(token), Account: a.ID, Client: shown(r.GetVisitor().GetClient(), mostClient), Device: shown(r.GetVisitor().GetDevice(), mostDevice),
		ClientKey: clientKey(r.GetVisitor()), Passkey: true, Lifetimes: s.lifetimes(a),
	})
	if errors.Is(err, store.ErrUsed) || errors.Is(err, store.ErrCounted) {
		return nil, s.wrongPasskey(ctx, a.ID, err)
	}
	if err != nil {
		return nil, failed("log in with a passkey", err)
	}
	if err := s.store.Succeeded(ctx, counted, clientKey(r.GetVisitor())); err != nil {
		return nil, failed("log in with a passkey", err)
	}
	s.log.InfoContext(ctx, "logged in", "account", a.ID, "passkey", p.ID)
	return &accountsv1.FinishPasskeyLogInResponse{Session: token, Account: toAccount(a), ExpiresAt: timestamppb.New(expires), CartId: s.cartOf(a)}, nil
}

// BeginPasskeyConfirmation implements the contract.
func (s *Service) BeginPasskeyConfirmation(ctx context.Context, r *accountsv1.BeginPasskeyConfirmationRequest) (*accountsv1.BeginPasskeyConfirmationResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	if err := s.hasHostName(); err != nil {
		return nil, err
	}
	all, err := s.store.Passkeys(ctx, found.Account.ID)
	if err != nil {
		return nil, failed("confirm by a passkey of account "+found.Account.ID, err)
	}
	if len(all) == 0 {
		return nil, contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_NO_PASSKEY, "the account has no passkey")
	}
	options, err := passkey.OptionsToConfirm(s.o.Site, passkey.ChallengeToConfirm(s.tokens, s.now(), found.ID), keysOf(all))
	if err != nil {
		return nil, failed("confirm by a passkey of account "+found.Account.ID, err)
	}
	return &accountsv1.BeginPasskeyConfirmationResponse{OptionsJson: options}, nil
}

// FinishPasskeyConfirmation implements the contract. Tries count for the account.
func (s *Service) FinishPasskeyConfirmation(ctx context.Context, r *accountsv1.FinishPasskeyConfirmationRequest) (*accountsv1.FinishPasskeyConfirmationResponse, error) {
	if problems := append(checkCredential(r.GetCredentialJson()), checkKey(r.GetIdempotencyKey())...); len(problems) > 0 {
		return nil, invalid(problems)
	}
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	a := found.Account
	counted := secret.Digest("confirming passkeys " + a.ID)[:32]
	if err := s.try(ctx, []store.Counted{{For: counted, Wait: account.ForAccount}}); err != nil {
		return nil, err
	}
	signed, err := passkey.Read(r.GetCredentialJson())
	if err != nil {
		return nil, s.wrongPasskey(ctx, a.ID, err)
	}
	p, known, err := s.store.PasskeyBy(ctx, signed.CredentialID)
	if err != nil {
		return nil, failed("confirm by a passkey of account "+a.ID, err)
	}
	// An authenticator that was asked for a certain key need not name the account.
	if !known || p.AccountID != a.ID || signed.Handle != "" && signed.Handle != a.ID {
		return nil, s.wrongPasskey(ctx, a.ID, errors.New("it is not one of the account's"))
	}
	used, err := signed.Confirmed(s.o.Site, s.tokens, s.now(), found.ID, p.Key)
	if err != nil {
		return nil, s.wrongPasskey(ctx, a.ID, err)
	}
	err = s.store.ConfirmByPasskey(ctx, p, used.Count, store.UsedChallenge{
		Challenge: secret.Digest(used.Challenge), Call: secret.Digest(r.GetIdempotencyKey()), Until: used.Until,
	}, found.ID)
	if errors.Is(err, store.ErrUsed) || errors.Is(err, store.ErrCounted) {
		return nil, s.wrongPasskey(ctx, a.ID, err)
	}
	if err == nil {
		err = s.store.Succeeded(ctx, counted, "")
	}
	if err != nil {
		return nil, failed("confirm by a passkey of account "+a.ID, err)
	}
	return &accountsv1.FinishPasskeyConfirmationResponse{}, nil
}

func toPasskey(p store.Passkey) *accountsv1.Passkey {
	return &accountsv1.Passkey{Id: p.ID, Name: p.Name, CreatedAt: stamp(p.Created), UsedAt: stamp(p.Used)}
}
