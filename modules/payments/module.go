package payments

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"galleria/modules/payments/internal/payment"
	"galleria/modules/payments/internal/request"
	"galleria/modules/payments/internal/sandbox"
	"galleria/modules/payments/internal/service"
	"galleria/modules/payments/internal/store"
	"galleria/modules/payments/internal/stripe"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/config"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "payments"

// The providers, as Config names them.
const (
	ProviderSandbox = "sandbox"
	ProviderStripe  = "stripe"
)

// Config is what an operator may change.
type Config struct {
	// Provider is who new payments go through. Payments begun with another one
	// are ended there.
	Provider string `yaml:"provider" doc:"who moves the money: stripe, or sandbox (no money moves)"`
	// Capture is when new payments are taken.
	Capture string `yaml:"capture" doc:"when a new payment is taken: at_once, or at_shipping (held until then; banks let a hold go after about 7 days)"`
	// ForgetUnpaid is how long what ended unpaid is remembered.
	ForgetUnpaid time.Duration `yaml:"forget_unpaid" doc:"payments that ended unpaid are deleted after this; their personal data is gone at once"`
	// ForgetAddresses is how long a shopper may be led back from a page that ended.
	ForgetAddresses time.Duration `yaml:"forget_addresses" doc:"the addresses that a page of the sandbox leads back to are emptied this long after it was paid or, if it was not, opened, once it has ended; they hold the order's token"`
	// Stripe is needed when Provider is stripe, and as long as payments made
	// there are open.
	Stripe StripeConfig `yaml:"stripe"`
	// Patience is how long a provider may take to answer.
	Patience time.Duration `yaml:"patience" doc:"how long the provider may take for one answer"`
	// RecoverAfter must be longer than any call, or the recovery asks beside it.
	RecoverAfter time.Duration `yaml:"recover_after" doc:"a step without an answer is asked again after this"`
	// RecoverEvery is how often open steps are looked for.
	RecoverEvery time.Duration `yaml:"recover_every" doc:"how often steps without an answer are looked for; up to 5s while the shop is idle"`
}

// When payments are taken, as Config names it.
const (
	CaptureAtOnce     = "at_once"
	CaptureAtShipping = "at_shipping"
)

// StripeConfig is an account at Stripe.
type StripeConfig struct {
	SecretKey string `yaml:"secret_key" doc:"the account's secret key" secret:"true"`
	// WebhookSecrets may be several while one replaces another.
	WebhookSecrets []string `yaml:"webhook_secrets" doc:"the signing secrets of webhooks sent to /webhooks/payments/stripe (whsec_…); more than one while they are changed; without any, payments are found paid by asking, after 15 seconds and then less and less often, and disputes and refunds that fail late are not heard of" secret:"true"`
	APIBase        string   `yaml:"api_base" doc:"the API's address; empty: Stripe's own"`
}

// DefaultConfig moves no money.
func DefaultConfig() Config {
	return Config{
		Provider: ProviderSandbox, Capture: CaptureAtOnce, ForgetUnpaid: 30 * 24 * time.Hour, ForgetAddresses: 2 * time.Hour,
		Patience: 5 * time.Second, RecoverAfter: 15 * time.Second, RecoverEvery: time.Second,
	}
}

// Validate finds values that can't work.
func (c Config) Validate() error {
	errs := []error{
		config.OneOf("provider", c.Provider, ProviderSandbox, ProviderStripe),
		config.OneOf("capture", c.Capture, CaptureAtOnce, CaptureAtShipping),
	}
	if c.Provider == ProviderStripe && c.Stripe.SecretKey == "" {
		errs = append(errs, config.At("stripe.secret_key", "is needed when the provider is stripe"))
	}
	if key := c.Stripe.SecretKey; key != "" && !strings.HasPrefix(key, "sk_") && !strings.HasPrefix(key, "rk_") {
		errs = append(errs, config.At("stripe.secret_key", "is no secret key of Stripe: those begin with sk_, or rk_ when they are restricted"))
	}
	if slices.ContainsFunc(c.Stripe.WebhookSecrets, func(secret string) bool { return !strings.HasPrefix(secret, "whsec_") }) {
		errs = append(errs, config.At("stripe.webhook_secrets", "holds one that is no signing secret of Stripe: those begin with whsec_"))
	}
	if u, err := url.Parse(c.Stripe.APIBase); c.Stripe.APIBase != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		errs = append(errs, config.At("stripe.api_base", "must be a URL such as https://api.stripe.com"))
	}
	for key, d := range map[string]time.Duration{"patience": c.Patience, "recover_after": c.RecoverAfter, "recover_every": c.RecoverEvery, "forget_unpaid": c.ForgetUnpaid, "forget_addresses": c.ForgetAddresses} {
		if d < time.Millisecond {
			errs = append(errs, config.At(key, "must be at least 1ms"))
		}
	}
	return errors.Join(errs...)
}

// Needs are the modules payments calls: none.
type Needs struct{}

// lateBy is how late the sandbox's late card answers.
const lateBy = 2 * time.Second

// forgetEvery is how often old things are looked for.
const forgetEvery = time.Hour

// New makes the module, ready to serve. It does not ask the provider anything.
func New(h module.Host, _ Needs, cfg Config) (*module.Instance, error) {
	if h.DB == nil {
		return nil, errors.New("payments: it needs a database")
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	page := sandbox.NewPage(h.DB, h.Now, lateBy, h.Log)
	providers := map[string]payment.Provider{ProviderSandbox: page}
	if cfg.Stripe.SecretKey != "" {
		if cfg.Provider == ProviderStripe && len(cfg.Stripe.WebhookSecrets) == 0 {
			h.Log.Warn("there is no secret of Stripe's webhooks: payments are found paid by asking, after 15 seconds and then less and less often, and disputes and refunds that fail late are not heard of", "setting", "modules.payments.stripe.webhook_secrets")
		}
		providers[ProviderStripe] = stripe.NewPage(cfg.Stripe.SecretKey, cfg.Stripe.APIBase, cfg.Stripe.WebhookSecrets, h.Now)
	}
	s, err := service.New(service.Options{
		Store: store.New(h.DB, cfg.RecoverAfter, request.Event), Providers: providers, Provider: cfg.Provider,
		Sandbox: page, CaptureLater: cfg.Capture == CaptureAtShipping, Patience: cfg.Patience, Now: h.Now, Log: h.Log,
	})
	if err != nil {
		return nil, err
	}
	return &module.Instance{
		Server: s,
		Work: map[string]func(context.Context) error{
			"settlement": func(ctx context.Context) error { return s.Settle(ctx, cfg.RecoverEvery) },
			"retention": func(ctx context.Context) error {
				return s.Forget(ctx, service.Ages{Unpaid: cfg.ForgetUnpaid, Addresses: cfg.ForgetAddresses}, forgetEvery)
			},
			"sandbox": func(ctx context.Context) error {
				return page.Notify(ctx, cfg.RecoverEvery, func(ctx context.Context, body []byte, headers map[string]string) error {
					_, err := s.ReceiveWebhook(ctx, &paymentsv1.ReceiveWebhookRequest{Provider: ProviderSandbox, Body: body, Headers: headers})
					return err
				})
			},
		},
	}, nil
}
