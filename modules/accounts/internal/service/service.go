// Package service implements the contract of accounts.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/passkey"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/signing"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/identity"
	"galleria/platform/route"
)

// Options are how long things last.
type Options struct {
	// Customers and Staff are how long their sessions last.
	Customers, Staff account.Lifetimes
	// SignUpLink and ResetLink are how long mailed links are good.
	SignUpLink, ResetLink time.Duration
	// Issuer is what authenticator programs show beside a code.
	Issuer string
	// Site is what passkeys are for.
	Site passkey.Site
}

// Service implements the contract. Safe for concurrent use.
type Service struct {
	accountsv1.UnimplementedAccountsServiceServer
	store  *store.Store
	hasher *secret.Hasher
	keys   *signing.Keys
	tokens *secret.Tokens
	uses   *uses
	now    func() time.Time
	log    *slog.Logger
	o      Options
}

// New makes the service.
func New(s *store.Store, hasher *secret.Hasher, keys *signing.Keys, tokens *secret.Tokens, now func() time.Time, log *slog.Logger, o Options) *Service {
	return &Service{store: s, hasher: hasher, keys: keys, tokens: tokens, uses: newUses(), now: now, log: log, o: o}
}

// cartOf is the id of an account's own cart: as hard to guess as any, and always the
// same, so that nothing has to be kept of it.
func (s *Service) cartOf(a account.Account) string { return s.tokens.Of("cart", a.ID) }

// lifetimes are how long a session of an account lasts.
func (s *Service) lifetimes(a account.Account) account.Lifetimes {
	if a.Role.IsStaff() {
		return s.o.Staff
	}
	return s.o.Customers
}

// identify makes the statement that travels with calls.
func (s *Service) identify(who identity.Identity, sessionEnds time.Time) (*accountsv1.Identity, error) {
	who.Expires = s.now().Add(identity.Longest)
	if !sessionEnds.IsZero() && sessionEnds.Before(who.Expires) {
		who.Expires = sessionEnds
	}
	who.Expires = who.Expires.Truncate(time.Second)
	statement, err := s.keys.Sign(who)
	if err != nil {
		return nil, err
	}
	return &accountsv1.Identity{Statement: statement, ExpiresAt: timestamppb.New(who.Expires)}, nil
}

// atLeast refuses who calls unless it is the command line of an operator, or a person
// with the role. It tells who it is, for what is written down.
func atLeast(ctx context.Context, role account.Role) (who string, err error) {
	if route.Caller(ctx) == certs.Operator {
		return certs.Operator, nil
	}
	if id, known := identity.From(ctx); known && id.Has(string(role)) {
		return id.Subject, nil
	}
	return "", contract.Error(codes.PermissionDenied, accountsv1.Reason_REASON_NOT_ALLOWED, "this is for those with the role %s", role)
}

// later is the error of a call that may be tried again after a pause.
func later(reason accountsv1.Reason, after time.Duration, text string) error {
	seconds := max(1, int(math.Ceil(after.Seconds())))
	return contract.WithMetadata(contract.Error(codes.ResourceExhausted, reason, "%s; try again in %d s", text, seconds),
		map[string]string{"retry_after": strconv.Itoa(seconds)})
}

// busyFor is what those are told to wait who find too many before them.
const busyFor = 2 * time.Second

// failed is the contract's error of what went wrong below.
func failed(doing string, err error) error {
	switch {
	case errors.Is(err, secret.ErrBusy):
		return later(accountsv1.Reason_REASON_BUSY, busyFor, "too many passwords are being checked")
	case errors.Is(err, store.ErrBadLink):
		return contract.Error(codes.NotFound, accountsv1.Reason_REASON_BAD_LINK, "the link was used, replaced by a newer one, or is too old")
	case errors.Is(err, store.ErrTaken):
		return contract.Error(codes.AlreadyExists, accountsv1.Reason_REASON_EMAIL_TAKEN, "another account has this address")
	case errors.Is(err, store.ErrNoAccount):
		return contract.Error(codes.NotFound, accountsv1.Reason_REASON_NO_ACCOUNT, "there is no such account")
	case errors.Is(err, store.ErrHasAdmin):
		return contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_HAS_ADMIN, "there is an administrator already; administrators make others")
	case errors.Is(err, store.ErrLastAdmin):
		return contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_LAST_ADMIN, "there would be no administrator any more")
	case errors.Is(err, store.ErrKeyReused):
		return contract.Error(codes.InvalidArgument, accountsv1.Reason_REASON_KEY_REUSED, "the idempotency key was used for something else")
	case errors.Is(err, store.ErrNoAddress):
		return contract.Error(codes.NotFound, accountsv1.Reason_REASON_NO_ADDRESS, "the account has no such address")
	case errors.Is(err, store.ErrTooMany):
		return contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_TOO_MANY_ADDRESSES, "the account has %d addresses already; delete one first", account.MostAddresses)
	case errors.Is(err, store.ErrManyPasskeys):
		return contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_TOO_MANY_PASSKEYS, "the account has %d passkeys already; remove one first", passkey.Most)
	case errors.Is(err, store.ErrNoSession):
		return contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION, "there is no such session, or it has ended")
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// mostKey bounds an idempotency key.
const mostKey = 64

// checkKey says what is wrong with an idempotency key.
func checkKey(key string) []account.Problem {
	if n := len(key); n < 1 || n > mostKey {
		return []account.Problem{{Field: "idempotency_key", Message: "must have 1 to 64 characters"}}
	}
	return nil
}

// invalid is the error of a request whose fields have problems.
func invalid(problems []account.Problem) error {
	var violations []contract.Violation
	for _, p := range problems {
		violations = append(violations, contract.Violation{Field: p.Field, Message: p.Message})
	}
	return contract.Invalid(violations...)
}
