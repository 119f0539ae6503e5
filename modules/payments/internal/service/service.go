// Package service implements payments' contract.
//
// Each step is three writes that are never one transaction: what is about to
// be asked, the provider's own, and its answer. A repeat of the call, or the
// background work, finds the first after a crash or a lost answer, and asks the
// provider again.
package service

import (
	"fmt"
	"log/slog"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/sandbox"
	"galleria/modules/payments/internal/store"
)

// Options are what New needs.
type Options struct {
	Store *store.Store
	// Providers by name; payments remember theirs, so that one made before the
	// provider was changed is ended where it began.
	Providers map[string]payment.Provider
	// Provider is the name of the one for new payments.
	Provider string
	// Sandbox is the sandbox, whose page is in this shop.
	Sandbox *sandbox.Page
	// CaptureLater holds new payments until their orders ship.
	CaptureLater bool
	// Patience is how long a provider may take for one answer.
	Patience time.Duration
	Now      func() time.Time
	Log      *slog.Logger
}

// Service implements the contract. It is safe for concurrent use.
type Service struct {
	paymentsv1.UnimplementedPaymentsServiceServer
	Options

	// at, for tests, is called between writes: death may strike there.
	at func(point string)
}

// New serves payments.
func New(o Options) (*Service, error) {
	if o.Providers[o.Provider] == nil {
		return nil, fmt.Errorf("payments: provider %q is not set up", o.Provider)
	}
	return &Service{Options: o, at: func(string) {}}, nil
}
