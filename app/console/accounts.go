package console

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// Accounts is the shop's staff as the module accounts knows them.
func Accounts(client accountsv1.AccountsServiceClient) Staff { return accounts{client} }

type accounts struct {
	accounts accountsv1.AccountsServiceClient
}

func (a accounts) Check(ctx context.Context, session string) (Person, error) {
	said, err := a.accounts.CheckSession(ctx, &accountsv1.CheckSessionRequest{Session: session})
	if err != nil {
		return Person{}, staffError(err)
	}
	roles := said.GetAccount().GetRoles()
	return Person{
		Email: said.GetAccount().GetEmail(), Staff: slices.Contains(roles, "operator") || slices.Contains(roles, "admin"), Admin: slices.Contains(roles, "admin"),
		HasFactor: said.GetAccount().GetSecondFactor(), FactorDone: said.GetSecondFactorDone(), Statement: said.GetIdentity().GetStatement(),
	}, nil
}

func (a accounts) LogIn(ctx context.Context, l LogIn) (string, error) {
	said, err := a.accounts.LogIn(ctx, &accountsv1.LogInRequest{
		Email: l.Email, Password: l.Password, Code: l.Code, IdempotencyKey: l.Key,
		Visitor: &accountsv1.Visitor{Client: l.Client, Device: l.Device},
	})
	switch {
	case err != nil:
		return "", staffError(err)
	case said.GetNeedsCode():
		return "", ErrNeedsCode
	}
	return said.GetSession(), nil
}

func (a accounts) BeginPasskey(ctx context.Context, browser string) (string, error) {
	begun, err := a.accounts.BeginPasskeyLogIn(ctx, &accountsv1.BeginPasskeyLogInRequest{Browser: browser})
	return begun.GetOptionsJson(), staffError(err)
}

func (a accounts) LogInByPasskey(ctx context.Context, l PasskeyLogIn) (string, error) {
	said, err := a.accounts.FinishPasskeyLogIn(ctx, &accountsv1.FinishPasskeyLogInRequest{
		Browser: l.Browser, CredentialJson: l.Credential, IdempotencyKey: l.Key,
		Visitor: &accountsv1.Visitor{Client: l.Client, Device: l.Device},
	})
	return said.GetSession(), staffError(err)
}

func (a accounts) LogOut(ctx context.Context, session string) error {
	_, err := a.accounts.LogOut(ctx, &accountsv1.LogOutRequest{Session: session})
	return err
}

func (a accounts) Confirm(ctx context.Context, session, code string) error {
	_, err := a.accounts.ConfirmCode(ctx, &accountsv1.ConfirmCodeRequest{Session: session, Code: code, IdempotencyKey: id.Secret()})
	return staffError(err)
}

func (a accounts) HasPasskey(ctx context.Context, session string) (bool, error) {
	listed, err := a.accounts.ListPasskeys(ctx, &accountsv1.ListPasskeysRequest{Session: session})
	return len(listed.GetPasskeys()) > 0, staffError(err)
}

func (a accounts) BeginConfirmation(ctx context.Context, session string) (string, error) {
	begun, err := a.accounts.BeginPasskeyConfirmation(ctx, &accountsv1.BeginPasskeyConfirmationRequest{Session: session})
	return begun.GetOptionsJson(), staffError(err)
}

func (a accounts) ConfirmByPasskey(ctx context.Context, session, credential string) error {
	_, err := a.accounts.FinishPasskeyConfirmation(ctx, &accountsv1.FinishPasskeyConfirmationRequest{Session: session, CredentialJson: credential, IdempotencyKey: id.Secret()})
	return staffError(err)
}

// staffError tells what a person can act on from failures.
func staffError(err error) error {
	switch {
	case err == nil:
		return nil
	case contract.Is(err, accountsv1.Reason_REASON_NO_SESSION):
		return ErrNoSession
	case contract.Is(err, accountsv1.Reason_REASON_WRONG_CREDENTIALS), contract.Is(err, accountsv1.Reason_REASON_WRONG_CODE), contract.Is(err, accountsv1.Reason_REASON_WRONG_PASSKEY), status.Code(err) == codes.InvalidArgument:
		return ErrWrong
	case contract.Is(err, accountsv1.Reason_REASON_WAIT), contract.Is(err, accountsv1.Reason_REASON_BUSY):
		seconds := contract.Metadata(err, "retry_after")
		if seconds == "" || strings.Trim(seconds, "0123456789") != "" {
			seconds = "30"
		}
		return TooMany{seconds}
	}
	return err
}
