package service

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/mailaddress"
)

// confirmed is the session of a person who confirms a change: by the password and, where
// there is a second factor, a code.
func (s *Service) confirmed(ctx context.Context, session, password, code string) (store.Session, error) {
	return s.confirmedBy(ctx, session, password, func(found store.Session) error {
		if !found.Account.HasSecondFactor() {
			return nil
		}
		return s.takeCode(ctx, found.Account, code)
	})
}

// confirmedBy is the session of a person who confirms a change by the password and a second
// thing, which may be refused. A try counts until both were right, so that neither is guessed;
// one with the right password that only lacks a passkey counts as right where there are no
// codes, for nothing is left to guess.
//
// The second thing where factors themselves change, so that neither the password nor a
// session alone becomes both factors, and no change leaves an account with none that works:
//
//   - One is added with any that is there: a code, or a passkey used in the session just now.
//     See factorShown.
//   - Where there are codes and passkeys, one kind is removed with the other: passkeys with a
//     code, the codes with a passkey. So a person who has lost a device learns that before
//     the last thing that works is gone, and removes what is lost with what works.
//   - Where there are passkeys only, one is removed with one that stays, the last with
//     itself. Passkeys of a customer want the password alone: it opens the account without
//     them anyway, and a person who has lost the device must have a way.
//   - Codes only are switched off with a code.
//
// Staff without codes none of whose passkeys works any more can't do any of this by
// themselves: an administrator makes the account a customer's, the person removes the
// passkeys, and gets the role back.
func (s *Service) confirmedBy(ctx context.Context, session, password string, second func(store.Session) error) (store.Session, error) {
	found, err := s.session(ctx, session)
	if err != nil {
		return store.Session{}, err
	}
	a := found.Account
	counted := secret.Digest("password of " + a.ID)[:32]
	if err := s.try(ctx, []store.Counted{{For: counted, Wait: account.ForAccount}}); err != nil {
		return store.Session{}, err
	}
	good, err := s.hasher.Matches(ctx, account.Normal(password), a.Password)
	if err != nil {
		return store.Session{}, failed("check the password of account "+a.ID, err)
	}
	if !good {
		return store.Session{}, contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CREDENTIALS, "the password is wrong")
	}
	refused := second(found)
	if refused != nil && (a.HasSecondFactor() || !contract.Is(refused, accountsv1.Reason_REASON_PASSKEY_NEEDED)) {
		return store.Session{}, refused
	}
	if err := s.store.Succeeded(ctx, counted, ""); err != nil {
		return store.Session{}, failed("check the password of account "+a.ID, err)
	}
	return found, refused
}

// freshPasskey is how long after its use a passkey still stands for the person.
const freshPasskey = 15 * time.Minute

// passkeyFresh tells whether a passkey was used in a session just now.
func (s *Service) passkeyFresh(found store.Session) bool {
	return !found.PasskeyAt.IsZero() && s.now().Sub(found.PasskeyAt) < freshPasskey
}

// factorShown refuses a session of an account with codes or passkeys without one of them: a
// code, or a passkey used in it just now. A code that an earlier call took does not count: a
// page that passes on what is typed into it has such a session, and no passkey.
func (s *Service) factorShown(ctx context.Context, found store.Session, code string) error {
	if found.Account.HasSecondFactor() && (code != "" || !s.passkeyFresh(found)) {
		return s.takeCode(ctx, found.Account, code)
	}
	return s.passkeyShown(ctx, found)
}

// passkeyShown refuses a session of an account with passkeys in which none was used just
// now.
func (s *Service) passkeyShown(ctx context.Context, found store.Session) error {
	if s.passkeyFresh(found) {
		return nil
	}
	all, err := s.store.Passkeys(ctx, found.Account.ID)
	if err != nil {
		return failed("find passkeys of account "+found.Account.ID, err)
	}
	if len(all) > 0 {
		return contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED,
			"the account has passkeys, and none was used in this session in the last %d minutes", int(freshPasskey.Minutes()))
	}
	return nil
}

// passkeyStays is passkeyShown for removing a factor, a passkey or ("") the codes: where
// other passkeys stay, it also refuses when none of those was used just now.
func (s *Service) passkeyStays(ctx context.Context, found store.Session, removed string) error {
	if err := s.passkeyShown(ctx, found); err != nil {
		return err
	}
	stay, err := s.store.Passkeys(ctx, found.Account.ID)
	if err != nil {
		return failed("find passkeys of account "+found.Account.ID, err)
	}
	stay = slices.DeleteFunc(stay, func(p store.Passkey) bool { return p.ID == removed })
	works := func(p store.Passkey) bool { return s.now().Sub(p.Used) < freshPasskey }
	if len(stay) > 0 && !slices.ContainsFunc(stay, works) {
		return contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_PASSKEY_NEEDED,
			"of the passkeys that stay, none was used in the last %d minutes", int(freshPasskey.Minutes()))
	}
	return nil
}

// ChangeEmail implements the contract.
func (s *Service) ChangeEmail(ctx context.Context, r *accountsv1.ChangeEmailRequest) (*accountsv1.ChangeEmailResponse, error) {
	address, err := mailaddress.Parse(strings.TrimSpace(r.GetEmail()))
	problems := checkKey(r.GetIdempotencyKey())
	if err != nil {
		problems = append(problems, account.Problem{Field: "email", Message: err.Error()})
	}
	if len(problems) > 0 {
		return nil, invalid(problems)
	}
	found, err := s.confirmed(ctx, r.GetSession(), r.GetPassword(), r.GetCode())
	if err != nil {
		return nil, err
	}
	a, key := found.Account, address.Mailbox()
	// Each sends a mail to an address that is anybody's, and the right password does not
	// make it less so.
	if err := s.try(ctx, []store.Counted{{For: secret.Digest("change of e-mail of " + a.ID), Wait: account.ForClient}}); err != nil {
		return nil, err
	}
	token := s.tokens.Of("change of e-mail", a.ID, key, r.GetIdempotencyKey())
	if err := s.store.BeginEmailChange(ctx, a, address.String(), key, token, s.o.SignUpLink); err != nil {
		return nil, failed("change the address of account "+a.ID, err)
	}
	return &accountsv1.ChangeEmailResponse{}, nil
}

// DisableSecondFactor implements the contract.
func (s *Service) DisableSecondFactor(ctx context.Context, r *accountsv1.DisableSecondFactorRequest) (*accountsv1.DisableSecondFactorResponse, error) {
	found, err := s.confirmedBy(ctx, r.GetSession(), r.GetPassword(), func(found store.Session) error {
		if err := s.passkeyStays(ctx, found, ""); err != nil {
			return err // it has to work: the one that was used may have been removed since
		}
		return s.factorShown(ctx, found, r.GetCode())
	})
	if err != nil {
		return nil, err
	}
	disabled, err := s.store.DisableFactor(ctx, found.Account, found.ID)
	if err != nil {
		return nil, failed("disable the second factor of account "+found.Account.ID, err)
	}
	if !disabled {
		return nil, contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_NO_SECOND_FACTOR, "the account has no second factor")
	}
	s.log.InfoContext(ctx, "a second factor was switched off", "account", found.Account.ID)
	return &accountsv1.DisableSecondFactorResponse{}, nil
}

// DeleteAccount implements the contract.
func (s *Service) DeleteAccount(ctx context.Context, r *accountsv1.DeleteAccountRequest) (*accountsv1.DeleteAccountResponse, error) {
	found, err := s.confirmed(ctx, r.GetSession(), r.GetPassword(), r.GetCode())
	if err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, found.Account); err != nil {
		return nil, failed("delete account "+found.Account.ID, err)
	}
	s.log.InfoContext(ctx, "deleted an account on its person's wish", "account", found.Account.ID)
	return &accountsv1.DeleteAccountResponse{}, nil
}
