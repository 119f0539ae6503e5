// Package service hears the events of orders and accounts and shows the mails made of them.
package service

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"gorm.io/gorm"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/page"
	"galleria/modules/notifications/internal/store"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/events"
)

// Service implements the contract.
type Service struct {
	notificationsv1.UnimplementedNotificationsServiceServer
	store   *store.Store
	letters letter.Writer
	shop    *Shop
	now     func() time.Time
}

// New makes the service.
func New(s *store.Store, letters letter.Writer, shop *Shop, now func() time.Time) *Service {
	return &Service{store: s, letters: letters, shop: shop, now: now}
}

// ListMails implements the contract.
func (s *Service) ListMails(ctx context.Context, r *notificationsv1.ListMailsRequest) (*notificationsv1.ListMailsResponse, error) {
	if err := forStaff(ctx); err != nil {
		return nil, err
	}
	p, err := page.Of(r)
	if err != nil {
		return nil, err
	}
	mails, more, err := s.store.Page(ctx, p)
	if err != nil {
		return nil, err
	}
	answer := &notificationsv1.ListMailsResponse{}
	for _, m := range mails {
		answer.Mails = append(answer.Mails, MailOf(m, false, s.now()))
	}
	if more {
		answer.NextPageToken = page.After(mails[len(mails)-1].ID)
	}
	return answer, nil
}

// GetMail implements the contract. The letter of a mail that was never tried
// is not written yet; it is shown as it will be.
func (s *Service) GetMail(ctx context.Context, r *notificationsv1.GetMailRequest) (*notificationsv1.GetMailResponse, error) {
	if err := forStaff(ctx); err != nil {
		return nil, err
	}
	if !mail.IsID(r.GetId()) {
		return nil, NoMail()
	}
	m, found, err := s.store.Get(ctx, r.GetId())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, NoMail()
	}
	if !m.Written() {
		if err := m.Write(s.letters.For(s.shop.Name(ctx))); err != nil {
			m.Problem = err.Error() // what can be shown is shown
		}
	}
	return &notificationsv1.GetMailResponse{Mail: MailOf(m, mayReadLetters(ctx), s.now())}, nil
}

// ResendMail implements the contract.
func (s *Service) ResendMail(ctx context.Context, r *notificationsv1.ResendMailRequest) (*notificationsv1.ResendMailResponse, error) {
	if err := forStaff(ctx); err != nil {
		return nil, err
	}
	if err := CheckResend(r); err != nil {
		return nil, err
	}
	m, err := s.store.Resend(ctx, r.GetId(), r.GetIdempotencyKey(), s.now())
	switch {
	case errors.Is(err, store.ErrNoMail):
		return nil, NoMail()
	case errors.Is(err, store.ErrKeyReused):
		return nil, contract.Error(codes.InvalidArgument, notificationsv1.Reason_REASON_KEY_REUSED, "the key was used for another mail")
	case NotResendable(err) != nil:
		return nil, NotResendable(err)
	case err != nil:
		return nil, err
	}
	return &notificationsv1.ResendMailResponse{Mail: MailOf(m, false, s.now())}, nil
}

// announced tells whether the letter about the order's cancellation has said what goes back
// with this refund: it is the one that came with it.
// Others of a cancelled order were asked for by themselves, before it or after.
func announced(e *ordersv1.OrderRefunded) bool {
	return e.GetOrder().GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_CANCELLED && isOfCancellation(e)
}

// isOfCancellation tells whether the refund came with a cancellation: of the order, or of
// the rest of one that is sent in parts.
func isOfCancellation(e *ordersv1.OrderRefunded) bool {
	return e.GetRefund().GetId() == e.GetOrder().GetId()
}

// Subscriptions are the events that make mails. Handling one writes a row and
// nothing else: letters are written and sent later, so no mail server and no
// letter that can't be written holds up an event.
func (s *Service) Subscriptions() []events.Subscription {
	queue := func(tx *gorm.DB, meta events.Meta, o *ordersv1.Order, facts letter.Facts) error {
		to := o.GetContact().GetEmail()
		if to == "" {
			return nil // the customer is gone, and the order does not know who it was
		}
		return store.Queue(tx, mail.New(meta.ID, to, facts, s.now()))
	}
	return append(s.accountSubscriptions(), []events.Subscription{
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderPlaced, meta events.Meta) error {
			return queue(tx, meta, e.GetOrder(), Placed(e))
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderShipped, meta events.Meta) error {
			return queue(tx, meta, e.GetOrder(), Shipped(e))
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderRefunded, meta events.Meta) error {
			if announced(e) && !e.GetTriedAgain() {
				return nil // and no letter said that it failed
			}
			return queue(tx, meta, e.GetOrder(), Refunded(e))
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderRefundFailed, meta events.Meta) error {
			return queue(tx, meta, e.GetOrder(), RefundFailed(e))
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderCancelled, meta events.Meta) error {
			return queue(tx, meta, e.GetOrder(), Cancelled(e))
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *ordersv1.OrderFailed, meta events.Meta) error {
			if !e.GetWasPayable() {
				return nil // the shopper was told at once
			}
			if e.GetOrder().GetEndedBecause() == "replaced" {
				return nil // the shopper has a newer one, which is what there is to write of
			}
			return queue(tx, meta, e.GetOrder(), Failed(e))
		}),
	}...)
}
