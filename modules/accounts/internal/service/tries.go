package service

import (
	"context"
	"net/netip"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/store"
	accountsv1 "galleria/modules/accounts/v1"
)

// What is kept of a visitor, in characters.
const (
	mostClient = 64
	mostDevice = 256
)

// clientKey is a client as tries are counted for it, hashed; "": it is not known. Of an
// IPv6 address the network counts: who has one has 2^64 addresses in it.
func clientKey(v *accountsv1.Visitor) string {
	client := v.GetClient()
	if client == "" {
		return ""
	}
	if ip, err := netip.ParseAddr(client); err == nil {
		if ip = ip.Unmap(); ip.Is6() {
			if network, err := ip.WithZone("").Prefix(64); err == nil {
				client = network.String()
			}
		} else {
			client = ip.String()
		}
	}
	return secret.Digest("client " + client)[:32]
}

// ofClient counts tries of a client address.
func ofClient(v *accountsv1.Visitor) []store.Counted {
	if key := clientKey(v); key != "" {
		return []store.Counted{{For: key, Wait: account.ForClient}}
	}
	return nil
}

// forAccount is what tries of an address's account are counted for: those from a client
// it is known at apart from those of strangers, who so can't keep a person out. An
// address without an account is counted as one with an account.
func (s *Service) forAccount(ctx context.Context, a account.Account, found bool, key string, v *accountsv1.Visitor) (string, error) {
	client := clientKey(v)
	known := false
	if client != "" {
		var err error
		if known, err = s.store.KnowsClient(ctx, a.ID, client); err != nil {
			return "", err
		}
	}
	if found && known {
		return secret.Digest("account " + key + " at " + client)[:32], nil
	}
	return secret.Digest("account " + key)[:32], nil
}

// try counts a try before it is made.
func (s *Service) try(ctx context.Context, counted []store.Counted) error {
	if len(counted) == 0 {
		return nil
	}
	wait, err := s.store.Try(ctx, counted...)
	if err != nil {
		return failed("count a try", err)
	}
	if wait > 0 {
		return later(accountsv1.Reason_REASON_WAIT, wait, "there were too many tries")
	}
	return nil
}
