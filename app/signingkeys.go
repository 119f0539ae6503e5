package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"galleria/app/auditlog"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/lifecycle"
)

// noteSigningKeysEvery is how often it is looked whether the key that signs identities was
// replaced.
const noteSigningKeysEvery = 5 * time.Second

// signingKeyNoted begins what the audit log calls such a key; its number follows.
const signingKeyNoted = "signing key "

// noteSigningKeys writes each new key that signs identities into the audit log, of the main
// process. It looks at the keys, because they are replaced by command in whichever process is
// asked, and by accounts itself, in any.
func (a *App) noteSigningKeys(ctx context.Context) {
	if a.Storefront == nil || a.Config.Peer != "" {
		return
	}
	accounts := accountsv1.NewAccountsServiceClient(a.Process.Connect(Operator, "accounts"))
	var said lifecycle.Said
	noted := int64(0)
	for {
		err := a.noteNewSigningKeys(ctx, accounts, &noted)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			said = nil
		case said.IsNew(err):
			a.Log.Warn("whether the key that signs identities was replaced is not known now", "error", err)
		}
		if lifecycle.Pause(ctx, lifecycle.Together(noteSigningKeysEvery)) != nil {
			return
		}
	}
}

// noteNewSigningKeys notes the keys above a number, which is 0 after a start: then the audit
// log says which one was noted last.
func (a *App) noteNewSigningKeys(ctx context.Context, accounts accountsv1.AccountsServiceClient, noted *int64) error {
	listed, err := accounts.ListSigningKeys(ctx, &accountsv1.ListSigningKeysRequest{})
	if err != nil {
		return err
	}
	if *noted == 0 {
		found, _, err := a.Audit.Find(auditlog.Filter{Thing: signingKeyNoted, Limit: 1})
		if err != nil {
			return err
		}
		*noted = 1 // which replaced none
		if len(found) > 0 {
			if _, err := fmt.Sscan(strings.TrimPrefix(found[0].Thing, signingKeyNoted), noted); err != nil {
				return fmt.Errorf("the audit log calls a key %q: %w", found[0].Thing, err)
			}
		}
	}
	for _, k := range listed.GetKeys() {
		if k.GetNumber() <= *noted {
			continue
		}
		*noted = k.GetNumber()
		a.Audit.Note(auditlog.Entry{
			Who: k.GetCreatedBy(), Action: "made", Thing: fmt.Sprint(signingKeyNoted, k.GetNumber()), Detail: k.GetName(),
			To: "signs from " + k.GetSignsFrom().AsTime().Format(time.DateTime) + " UTC",
		})
	}
	return nil
}
