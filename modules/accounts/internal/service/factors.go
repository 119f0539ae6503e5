package service

import (
	"context"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
)

// StartSecondFactor implements the contract.
func (s *Service) StartSecondFactor(ctx context.Context, r *accountsv1.StartSecondFactorRequest) (*accountsv1.StartSecondFactorResponse, error) {
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	a := found.Account
	if a.HasSecondFactor() {
		return nil, contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_HAS_SECOND_FACTOR, "the account has a second factor already")
	}
	_, err = s.confirmedBy(ctx, r.GetSession(), r.GetPassword(), func(found store.Session) error { return s.factorShown(ctx, found, "") })
	if err != nil {
		return nil, err
	}
	made := account.NewTOTPSecret()
	if err := s.store.StartFactor(ctx, a.ID, made); err != nil {
		return nil, failed("start the second factor of account "+a.ID, err)
	}
	return &accountsv1.StartSecondFactorResponse{Secret: made, Address: account.TOTPAddress(made, s.o.Issuer, a.Email)}, nil
}

// recoveryCodes is how many there are. Each has 125 random bits, so that who reads the
// digests finds none by trying; 112 would do.
const recoveryCodes = 10

// EnableSecondFactor implements the contract.
func (s *Service) EnableSecondFactor(ctx context.Context, r *accountsv1.EnableSecondFactorRequest) (*accountsv1.EnableSecondFactorResponse, error) {
	if problems := checkKey(r.GetIdempotencyKey()); len(problems) > 0 {
		return nil, invalid(problems)
	}
	found, err := s.session(ctx, r.GetSession())
	if err != nil {
		return nil, err
	}
	a, call := found.Account, secret.Digest(r.GetIdempotencyKey())
	answer := &accountsv1.EnableSecondFactorResponse{}
	var digests []string
	for i := range recoveryCodes {
		code := recoveryCode(s.tokens.Of("recovery code", a.ID, r.GetIdempotencyKey(), strconv.Itoa(i)))
		answer.RecoveryCodes = append(answer.RecoveryCodes, code)
		digests = append(digests, secret.Digest(strings.ReplaceAll(code, "-", "")))
	}
	if a.HasSecondFactor() && found.CodeCall == call {
		return answer, nil
	}
	if a.TOTPStarted == "" {
		return nil, contract.Error(codes.FailedPrecondition, accountsv1.Reason_REASON_NO_SECOND_FACTOR, "no second factor was started")
	}
	if err := s.passkeyShown(ctx, found); err != nil { // the first one may have come since the start
		return nil, err
	}
	counted := secret.Digest("codes " + a.ID)[:32]
	if err := s.try(ctx, []store.Counted{{For: counted, Wait: account.ForAccount}}); err != nil {
		return nil, err
	}
	step, good := account.CheckTOTP(a.TOTPStarted, typedCode(r.GetCode()), s.now())
	enabled := false
	if good {
		if enabled, err = s.store.EnableFactor(ctx, a, a.TOTPStarted, step, digests, found.ID, call); err != nil {
			return nil, failed("enable the second factor of account "+a.ID, err)
		}
	}
	if !enabled {
		return nil, contract.Error(codes.Unauthenticated, accountsv1.Reason_REASON_WRONG_CODE, "the code is not that of the secret that was started last")
	}
	if err := s.store.Succeeded(ctx, counted, ""); err != nil {
		return nil, failed("enable the second factor of account "+a.ID, err)
	}
	s.log.InfoContext(ctx, "a second factor was switched on", "account", a.ID)
	return answer, nil
}

// recoveryCode is 25 characters of a token that can be read and typed, in groups of five:
// abcde-fghjk-….
func recoveryCode(token string) string {
	const letters = "abcdefghjkmnpqrstvwxyz0123456789" // 32 of them
	sum := secret.Digest(token)
	var code strings.Builder
	for i := range 25 {
		if i > 0 && i%5 == 0 {
			code.WriteByte('-')
		}
		n, _ := strconv.ParseUint(sum[2*i:2*i+2], 16, 8)
		code.WriteByte(letters[n%32])
	}
	return code.String()
}

// typedCode is a code without what people put between its characters.
func typedCode(code string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(code, "-", " ")), ""))
}
