package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"galleria/modules/payments/internal/payment"
)

// recordingPatience bounds the write of an answer, which no caller's deadline
// may cut off.
const recordingPatience = 5 * time.Second

// recording is the context for writing an answer down. The caller may be gone;
// the money has moved all the same.
func (s *Service) recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), recordingPatience)
}

// intend writes down what is about to be asked. A step that changes nothing
// costs no write: what a payment was once it stays good for.
func (s *Service) intend(ctx context.Context, p payment.Payment, step func(*payment.Payment) error) (payment.Payment, error) {
	if same := p; step(&same) == nil && same == p {
		return p, nil
	}
	now := s.Now()
	return s.Store.Change(ctx, p, now, now.Add(s.RecoverAfter), step)
}

// answer writes down what the provider said, on top of whatever the payment
// has become meanwhile.
func (s *Service) answer(ctx context.Context, p payment.Payment, step func(*payment.Payment) error) (payment.Payment, error) {
	recording, done := s.recording(ctx)
	defer done()
	return s.intend(recording, p, step)
}

func (s *Service) provider(p payment.Payment) (Provider, error) {
	name := p.Terms().Provider
	if provider := s.Providers[name]; provider != nil {
		return provider, nil
	}
	return nil, fmt.Errorf("%w: provider %q is not set up any more", payment.ErrUnavailable, name)
}

// authorizationKey is what the provider knows the authorisation by. It depends
// on the card, for an order whose card the provider did not know may come again
// with another.
func authorizationKey(p payment.Payment) string { return stepKey(p, "authorize "+p.Terms().Method) }

// stepKey names one step of one order to the provider: always the same, never
// that of another, short enough for any provider.
func stepKey(p payment.Payment, step string) string {
	sum := sha256.Sum256([]byte(p.Terms().OrderID + " " + step))
	return "galleria-" + hex.EncodeToString(sum[:20])
}
