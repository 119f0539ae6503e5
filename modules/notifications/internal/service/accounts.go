package service

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"gorm.io/gorm"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/store"
	"galleria/platform/events"
)

// accountSubscriptions are the events of accounts that make mails.
func (s *Service) accountSubscriptions() []events.Subscription {
	return []events.Subscription{
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.SignUpStarted, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.SignUp, e, letter.Account{Link: e.GetLink(), Until: e.GetExpiresAt().AsTime()})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.SignUpRepeated, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.SignUpKnown, e, letter.Account{})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.ResetRequested, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.ResetPassword, e, letter.Account{Link: e.GetLink(), Until: e.GetExpiresAt().AsTime()})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.PasswordChanged, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.PasswordChanged, e, letter.Account{})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.EmailChangeRequested, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.ChangeEmail, e, letter.Account{Link: e.GetLink(), Until: e.GetExpiresAt().AsTime()})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.EmailChanged, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.EmailChanged, e, letter.Account{})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.SecondFactorEnabled, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.FactorEnabled, e, letter.Account{})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.SecondFactorDisabled, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.FactorDisabled, e, letter.Account{})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.PasskeyAdded, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.PasskeyAdded, e, letter.Account{Passkey: letter.Clean(e.GetPasskey())})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.PasskeyRemoved, meta events.Meta) error {
			return s.queueAbout(tx, meta, letter.PasskeyRemoved, e, letter.Account{Passkey: letter.Clean(e.GetPasskey())})
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.AccountDeleted, meta events.Meta) error {
			// The letters to an address that was never confirmed may be another person's.
			if e.GetVerified() {
				if err := store.ForgetPerson(tx, mail.New(meta.ID, e.GetEmail(), letter.Facts{}, s.now())); err != nil {
					return err
				}
			}
			return s.queueAbout(tx, meta, letter.AccountDeleted, e, letter.Account{})
		}),
	}
}

// person is what all events of accounts tell.
type person interface {
	GetEmail() string
	GetName() string
	GetAt() *timestamppb.Timestamp
}

func (s *Service) queueAbout(tx *gorm.DB, meta events.Meta, kind letter.Kind, p person, facts letter.Account) error {
	f := letter.Facts{Kind: kind, Name: letter.Clean(p.GetName()), At: p.GetAt().AsTime().In(time.UTC), Account: facts}
	return store.Queue(tx, mail.New(meta.ID, p.GetEmail(), f, s.now()))
}
