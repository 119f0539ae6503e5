// Package paymentstest holds payments' contract suite, and a fake that passes
// it, for other modules' tests.
package paymentstest

import (
	"context"
	"sync"
	"time"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments/internal/card"
	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/request"
	"galleria/modules/payments/internal/testcard"
	"galleria/platform/id"
)

// Fake is payments with hooks for what goes wrong, and the sandbox's test cards:
// the real service over a database of its own. The earlier methods, with the card's
// number given by the caller, are in memory. It is safe for concurrent use.
type Fake struct {
	paymentsv1.UnimplementedPaymentsServiceServer
	outages

	// Now is the clock; time.Now unless set before use.
	Now func() time.Time
	// LateBy is how late CardLate answers; two seconds unless set before use.
	LateBy time.Duration

	mu       sync.Mutex
	methods  map[string]method
	payments map[string]payment.Payment
	refunds  map[string]payment.Refund

	// pages is the real service, which pays on the sandbox's page.
	pages paymentsv1.PaymentsServiceServer
}

type method struct {
	brand, last4 string
	behaviour    testcard.Behaviour
}

// NewFake makes a fake that has charged nobody.
func NewFake() *Fake {
	return &Fake{
		Now: time.Now, LateBy: 2 * time.Second,
		methods:  map[string]method{},
		payments: map[string]payment.Payment{},
		refunds:  map[string]payment.Refund{},
	}
}

// Payments are all payments so far, in no order.
func (f *Fake) Payments() []*paymentsv1.CardPayment {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*paymentsv1.CardPayment
	for _, p := range f.payments {
		all = append(all, request.Payment(p))
	}
	return all
}

// CreatePaymentMethod implements the contract.
func (f *Fake) CreatePaymentMethod(ctx context.Context, r *paymentsv1.CreatePaymentMethodRequest) (*paymentsv1.CreatePaymentMethodResponse, error) {
	return call(ctx, f, "CreatePaymentMethod", func() (*paymentsv1.CreatePaymentMethodResponse, error) {
		c, err := request.Card(r, f.Now())
		if err != nil {
			return nil, err
		}
		return &paymentsv1.CreatePaymentMethodResponse{PaymentMethod: f.keep(c)}, nil
	})
}

func (f *Fake) keep(c card.Card) *paymentsv1.PaymentMethod {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := "pm_fake_" + id.New()
	f.methods[name] = method{brand: c.Brand(), last4: c.Last4(), behaviour: testcard.Of(c.Number())}
	return &paymentsv1.PaymentMethod{Id: name, Brand: c.Brand(), Last4: c.Last4()}
}

// Authorize implements the contract.
func (f *Fake) Authorize(ctx context.Context, r *paymentsv1.AuthorizeRequest) (*paymentsv1.AuthorizeResponse, error) {
	return call(ctx, f, "Authorize", func() (*paymentsv1.AuthorizeResponse, error) {
		terms, err := request.Terms(r)
		if err != nil {
			return nil, err
		}
		terms.Provider = "sandbox"
		p, first, err := f.authorize(terms)
		if err == nil && first && f.behaviour(p) == testcard.Late {
			err = late(ctx, f.LateBy)
		}
		if err != nil {
			return nil, request.Failure(terms.OrderID, err)
		}
		return &paymentsv1.AuthorizeResponse{Payment: request.Payment(p)}, nil
	})
}

// Capture implements the contract.
func (f *Fake) Capture(ctx context.Context, r *paymentsv1.CaptureRequest) (*paymentsv1.CaptureResponse, error) {
	return call(ctx, f, "Capture", func() (*paymentsv1.CaptureResponse, error) {
		orderID, err := request.OrderID(r)
		if err != nil {
			return nil, err
		}
		p, err := f.capture(orderID)
		if err != nil {
			return nil, request.Failure(orderID, err)
		}
		return &paymentsv1.CaptureResponse{Payment: request.Payment(p)}, nil
	})
}

// Void implements the contract.
func (f *Fake) Void(ctx context.Context, r *paymentsv1.VoidRequest) (*paymentsv1.VoidResponse, error) {
	return call(ctx, f, "Void", func() (*paymentsv1.VoidResponse, error) {
		orderID, err := request.OrderID(r)
		if err != nil {
			return nil, err
		}
		p, err := f.void(orderID)
		if err != nil {
			return nil, request.Failure(orderID, err)
		}
		return &paymentsv1.VoidResponse{Payment: request.Payment(p)}, nil
	})
}

// Refund implements the contract.
func (f *Fake) Refund(ctx context.Context, r *paymentsv1.RefundRequest) (*paymentsv1.RefundResponse, error) {
	return call(ctx, f, "Refund", func() (*paymentsv1.RefundResponse, error) {
		refund, err := request.Refund(r)
		if err != nil {
			return nil, err
		}
		p, err := f.refund(refund)
		if err != nil {
			return nil, request.Failure(refund.OrderID, err)
		}
		return &paymentsv1.RefundResponse{Payment: request.Payment(p)}, nil
	})
}

// GetCardPayment implements the contract.
func (f *Fake) GetCardPayment(ctx context.Context, r *paymentsv1.GetCardPaymentRequest) (*paymentsv1.GetCardPaymentResponse, error) {
	return call(ctx, f, "GetCardPayment", func() (*paymentsv1.GetCardPaymentResponse, error) {
		orderID, err := request.OrderID(r)
		if err != nil {
			return nil, err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		p, ok := f.payments[orderID]
		if !ok {
			return nil, request.Failure(orderID, payment.ErrNoPayment)
		}
		return &paymentsv1.GetCardPaymentResponse{Payment: request.Payment(p)}, nil
	})
}
