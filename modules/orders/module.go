package orders

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/internal/service"
	"galleria/modules/orders/internal/store"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/config"
	"galleria/platform/events"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "orders"

// Config is how the module behaves.
type Config struct {
	PollInterval time.Duration `yaml:"poll_interval" doc:"how often the driver looks for orders to go on with; up to 5s while the shop is idle"`
	Hold         time.Duration `yaml:"hold" doc:"how long goods are held for an order that is not paid"`
	PaymentPoll  time.Duration `yaml:"payment_poll" doc:"how often payments is asked about a payment of which it said nothing; more often while the order is young"`
	GiveUp       time.Duration `yaml:"give_up" doc:"how long it is tried again to do what fails, before the order asks for an operator"`
	KeepFailed   time.Duration `yaml:"keep_failed" doc:"how long orders that were never paid are kept, with the personal data in them"`

	// MaxUnpaidPerEmail counts those of one client: who only knows an address, and types it
	// elsewhere, neither ends its owner's order nor is in the way of another one.
	MaxUnpaidPerEmail int `yaml:"max_unpaid_per_email" doc:"how many orders of one e-mail address may wait for their payment, of those from one network address: one more ends the oldest; 0: any number"`
	// MaxUnpaidPerClient refuses, for the orders may be other people's: a household or an
	// office has one address. Who orders anew has one all the same, so three are enough for
	// those, and what one address can hold back is little. A shop whose customers come by
	// mobile networks, which share an address among many, raises it.
	MaxUnpaidPerClient int `yaml:"max_unpaid_per_client" doc:"how many orders of one network address may wait for their payment: one more is refused; 0: any number"`

	// Hook, if set, is called at each point of an order named in Points, for
	// tests that end the process there.
	Hook func(point string) `yaml:"-"`
}

// Points are the names Config.Hook is called with.
var Points = service.Points

// DefaultConfig is what a shop runs with.
func DefaultConfig() Config {
	return Config{
		PollInterval: 500 * time.Millisecond, Hold: 30 * time.Minute, PaymentPoll: 5 * time.Minute, GiveUp: 24 * time.Hour,
		KeepFailed: 30 * 24 * time.Hour, MaxUnpaidPerEmail: 1, MaxUnpaidPerClient: 3,
	}
}

// Validate finds values that can't work.
func (c Config) Validate() error {
	var found []error
	between := func(field string, value, least, most time.Duration) {
		if value < least || value > most {
			found = append(found, config.At(field, "must be between %s and %s, not %s", least, most, value))
		}
	}
	between("poll_interval", c.PollInterval, 10*time.Millisecond, time.Minute)
	between("hold", c.Hold, time.Minute, 23*time.Hour)
	between("payment_poll", c.PaymentPoll, 100*time.Millisecond, 24*time.Hour)
	between("give_up", c.GiveUp, time.Minute, 30*24*time.Hour)
	between("keep_failed", c.KeepFailed, time.Hour, 10*365*24*time.Hour)
	if c.MaxUnpaidPerEmail < 0 {
		found = append(found, config.At("max_unpaid_per_email", "must not be below 0"))
	}
	if c.MaxUnpaidPerClient < 0 {
		found = append(found, config.At("max_unpaid_per_client", "must not be below 0"))
	}
	return errors.Join(found...)
}

// Needs are the contracts it calls. All are required.
type Needs struct {
	Inventory inventoryv1.InventoryServiceClient
	Pricing   pricingv1.PricingServiceClient
	Cart      cartv1.CartServiceClient
	Payments  paymentsv1.PaymentsServiceClient
}

// New makes the module on the host's database.
func New(h module.Host, needs Needs, cfg Config) (*module.Instance, error) {
	if needs.Pricing == nil || needs.Inventory == nil || needs.Cart == nil || needs.Payments == nil {
		return nil, errors.New("orders needs inventory, pricing, cart and payments")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := service.New(service.Options{
		Store: store.New(h.DB, h.Now),
		Neighbours: service.Neighbours{
			Goods: service.OfInventory{Inventory: needs.Inventory}, Prices: service.OfPricing{Pricing: needs.Pricing},
			Carts: service.OfCart{Cart: needs.Cart}, Money: service.OfPayments{Payments: needs.Payments},
		},
		Log: h.Log, Now: h.Now,
		Hold: cfg.Hold, Poll: cfg.PaymentPoll, GiveUp: cfg.GiveUp, KeepFailed: cfg.KeepFailed,
		Limits: store.Limits{PerRecipient: cfg.MaxUnpaidPerEmail, PerClient: cfg.MaxUnpaidPerClient}, Hook: cfg.Hook,
	})
	return &module.Instance{
		Server:        s,
		Subscriptions: subscriptions(h.Now),
		Work: map[string]func(ctx context.Context) error{
			"driver": func(ctx context.Context) error {
				pace := h.DB.Pace(store.DueWork, cfg.PollInterval, min(cfg.PollInterval, gather))
				defer pace.End()
				return s.Drive(ctx, pace)
			},
			"retention": s.Forget, "mailboxes": s.FillMailboxes,
		},
		Close: s.Close,
	}, nil
}

// gather is how soon after a change the driver looks: an event says that an
// order is paid, and its shopper waits.
const gather = 20 * time.Millisecond

// subscriptions are the events that have an order looked at, and the one that has a
// person forgotten. What those of payments say is not taken over: the driver asks
// payments, which knows how it stands now.
func subscriptions(now func() time.Time) []events.Subscription {
	return []events.Subscription{
		events.On(func(_ context.Context, tx *gorm.DB, e *paymentsv1.PaymentSettled, _ events.Meta) error {
			return store.PaymentSettled(tx, e.GetPayment().GetOrderId(), e.GetPayment().GetStatus() == paymentsv1.Status_STATUS_PAID, now())
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *paymentsv1.PaymentRefunded, _ events.Meta) error {
			failed := e.GetRefund().GetStatus() == paymentsv1.RefundStatus_REFUND_STATUS_FAILED
			return store.RefundSettled(tx, e.GetPayment().GetOrderId(), e.GetRefund().GetId(), failed, now())
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *accountsv1.AccountDeleted, _ events.Meta) error {
			if !e.GetVerified() {
				return nil // the orders of that address may be another person's
			}
			return store.ForgetPerson(tx, e.GetEmail(), e.GetAt().AsTime())
		}),
		events.On(func(_ context.Context, tx *gorm.DB, e *paymentsv1.PaymentDisputed, _ events.Meta) error {
			return store.NeedAttention(tx, e.GetPayment().GetOrderId(), "the customer disputes the payment at the bank: answer in the payment provider's dashboard", now())
		}),
	}
}
