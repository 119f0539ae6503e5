package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/lifecycle"
)

// offerFirstAdmin prints a link that makes the first administrator, while there is none. It
// waits for accounts, which may run in a process that comes later. The link is printed and
// not logged: logs, traces and the console keep what they hear. An edge with a peer prints
// none: the console, for which the link is, is the main process's, and of two links the
// newer would replace the other one.
func (a *App) offerFirstAdmin(ctx context.Context, shop *door, stdout io.Writer) {
	if a.Storefront == nil || a.Config.Peer != "" {
		return
	}
	accounts := accountsv1.NewAccountsServiceClient(a.Process.Connect(Operator, "accounts"))
	var said lifecycle.Said
	for {
		offered, err := accounts.OfferFirstAdmin(ctx, &accountsv1.OfferFirstAdminRequest{})
		switch {
		case contract.Is(err, accountsv1.Reason_REASON_HAS_ADMIN) || ctx.Err() != nil:
			return
		case err == nil:
			until := offered.GetExpiresAt().AsTime()
			fmt.Fprintf(stdout, "The shop has no administrator. This link makes the first one, once, until %s; the next start prints another:\n  %s/first-admin?token=%s\n",
				until.Local().Format("15:04"), a.linkHere(shop), offered.GetLink())
			a.Log.Info("the shop has no administrator: standard output has a link that makes the first one", "until", until)
			return
		case said.IsNew(err):
			a.Log.Warn("whether the shop has an administrator is not known yet", "error", err)
		}
		if lifecycle.Pause(ctx, offerAgain) != nil {
			return
		}
	}
}

// linkHere is where the shop is reached by who has started it: at its base URL, or, when
// none was set, where it listens.
func (a *App) linkHere(shop *door) string {
	if a.Config.HTTP.BaseURL == DefaultConfig().HTTP.BaseURL {
		return "http://" + reachable(shop.address())
	}
	return strings.TrimSuffix(a.Config.HTTP.BaseURL, "/")
}

// offerAgain is how long the link for the first administrator waits for accounts.
const offerAgain = time.Second
