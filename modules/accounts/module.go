package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"galleria/modules/accounts/internal/account"
	"galleria/modules/accounts/internal/passkey"
	"galleria/modules/accounts/internal/secret"
	"galleria/modules/accounts/internal/service"
	"galleria/modules/accounts/internal/signing"
	"galleria/modules/accounts/internal/store"
	"galleria/platform/config"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "accounts"

// Config is what an operator may change.
type Config struct {
	SessionIdle    time.Duration `yaml:"session_idle" doc:"a customer who does nothing is logged out after this"`
	SessionLongest time.Duration `yaml:"session_longest" doc:"a customer is logged out this long after logging in, whatever is done"`
	StaffIdle      time.Duration `yaml:"staff_idle" doc:"an operator or administrator who does nothing is logged out after this"`
	StaffLongest   time.Duration `yaml:"staff_longest" doc:"an operator or administrator is logged out this long after logging in, whatever is done"`
	SignUpLink     time.Duration `yaml:"sign_up_link" doc:"the link in the mail of a sign-up is good this long"`
	ResetLink      time.Duration `yaml:"reset_link" doc:"the mailed link that sets a new password is good this long"`
	Issuer         string        `yaml:"issuer" doc:"the name that authenticator programs show beside the codes for this shop"`
	BaseURL        string        `yaml:"base_url" doc:"address of the shop as customers reach it: passkeys are good for its host name only, and for no other page"`
	SigningKey     time.Duration `yaml:"signing_key" doc:"the key that signs on whose behalf calls are made is replaced by a new one after this; 0: only by command"`
	HashesAtOnce   int           `yaml:"hashes_at_once" doc:"how many passwords are hashed at once, each with 19 MiB of memory; others wait in order; 0: one for each CPU"`
	HashesWaiting  int           `yaml:"hashes_waiting" doc:"how many passwords may wait to be hashed; those beyond are told to come back"`

	// QuickHashes makes a hash of almost no work of each password, for tests. No setting
	// leads here, a rule keeps it out of what serves customers, and a database with such
	// hashes can't be logged in to without it.
	QuickHashes bool `yaml:"-"`
}

// DefaultConfig lets customers stay logged in for a while, and staff for a day's work.
func DefaultConfig() Config {
	return Config{
		SessionIdle: 14 * 24 * time.Hour, SessionLongest: 90 * 24 * time.Hour,
		StaffIdle: 2 * time.Hour, StaffLongest: 12 * time.Hour,
		SignUpLink: 24 * time.Hour, ResetLink: 30 * time.Minute, Issuer: "Galleria",
		BaseURL: "http://localhost:8080", SigningKey: 90 * 24 * time.Hour, HashesWaiting: 32,
	}
}

// Validate finds values that can't work.
func (c Config) Validate() error {
	var findings []error
	for _, pair := range []struct {
		key           string
		idle, longest time.Duration
	}{{"session", c.SessionIdle, c.SessionLongest}, {"staff", c.StaffIdle, c.StaffLongest}} {
		if pair.idle < 5*time.Minute {
			findings = append(findings, config.At(pair.key+"_idle", "must be at least 5m, not %s", pair.idle))
		}
		if pair.longest < pair.idle {
			findings = append(findings, config.At(pair.key+"_longest", "must not be less than %s_idle", pair.key))
		}
	}
	if c.SignUpLink < time.Minute || c.SignUpLink > 7*24*time.Hour {
		findings = append(findings, config.At("sign_up_link", "must be between 1m and 168h, not %s", c.SignUpLink))
	}
	if c.ResetLink < time.Minute || c.ResetLink > 24*time.Hour {
		findings = append(findings, config.At("reset_link", "must be between 1m and 24h, not %s", c.ResetLink))
	}
	if c.Issuer == "" || strings.ContainsAny(c.Issuer, ":/?#") {
		findings = append(findings, config.At("issuer", "must be a name, without : / ? #"))
	}
	if _, err := passkey.NewSite(c.BaseURL, c.Issuer); err != nil {
		findings = append(findings, config.At("base_url", "%v", err))
	}
	if c.SigningKey != 0 && c.SigningKey < time.Hour {
		findings = append(findings, config.At("signing_key", "must be 0 or at least 1h, not %s", c.SigningKey))
	}
	if c.HashesAtOnce < 0 || c.HashesAtOnce > 256 {
		findings = append(findings, config.At("hashes_at_once", "must be 0 to 256, not %d", c.HashesAtOnce))
	}
	if c.HashesWaiting < 0 {
		findings = append(findings, config.At("hashes_waiting", "must not be negative"))
	}
	return errors.Join(findings...)
}

// Needs are the modules accounts calls: none.
type Needs struct{}

const (
	// noteUsesEvery is how often it is written down when sessions and keys were used.
	noteUsesEvery = 20 * time.Second
	// expireEvery is how often what has ended is deleted.
	expireEvery = 10 * time.Minute
	// keepClients is how long a client is known to an account after a log-in.
	keepClients = 90 * 24 * time.Hour
)

// New makes the module, ready to serve.
func New(h module.Host, _ Needs, cfg Config) (*module.Instance, error) {
	if h.DB == nil {
		return nil, errors.New("accounts: it needs a database")
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	site, err := passkey.NewSite(cfg.BaseURL, cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("accounts: base_url: %w", err)
	}
	kept := store.New(h.DB, h.Now)
	tokenSecret, err := kept.TokenSecret(context.Background())
	if err != nil {
		return nil, fmt.Errorf("accounts: the secret of tokens: %w", err)
	}
	keys, err := signing.Open(context.Background(), kept, h.Now, h.Log)
	if err != nil {
		return nil, fmt.Errorf("accounts: the keys that sign identities: %w", err)
	}
	atOnce := cfg.HashesAtOnce
	if atOnce == 0 {
		atOnce = runtime.GOMAXPROCS(0)
	}
	cost := secret.Advised
	if cfg.QuickHashes {
		cost = secret.Quick
	}
	s := service.New(kept, secret.NewHasher(cost, atOnce, cfg.HashesWaiting), keys, secret.NewTokens(tokenSecret), h.Now, h.Log, service.Options{
		Customers:  account.Lifetimes{Idle: cfg.SessionIdle, Longest: cfg.SessionLongest},
		Staff:      account.Lifetimes{Idle: cfg.StaffIdle, Longest: cfg.StaffLongest},
		SignUpLink: cfg.SignUpLink, ResetLink: cfg.ResetLink, Issuer: cfg.Issuer, Site: site,
	})
	return &module.Instance{
		Server:  s,
		Vouches: keys.Public,
		Run: func(ctx context.Context) error {
			pace := h.DB.Pace("signing keys", signing.ReadEvery, signing.ReadEvery)
			defer pace.End()
			ctx, end := context.WithCancel(ctx)
			var following sync.WaitGroup
			following.Go(func() { keys.Follow(ctx, func(ctx context.Context) bool { return pace.Rest(ctx, nil) }) })
			err := s.NoteUses(ctx, noteUsesEvery)
			end()
			following.Wait()
			return err
		},
		Work: map[string]func(context.Context) error{
			"signing keys": func(ctx context.Context) error { return keys.Tend(ctx, cfg.SigningKey) },
			"expiry":       func(ctx context.Context) error { return expire(ctx, kept, h.Now, h.Log) },
		},
	}, nil
}

// expire deletes what has ended, now and then. Nothing of it opens an account any more,
// so nothing hurries.
func expire(ctx context.Context, kept *store.Store, now func() time.Time, log *slog.Logger) error {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		deleted, err := kept.Expire(ctx, now().Add(-account.Forgotten), now().Add(-keepClients))
		if err != nil {
			return err
		}
		if deleted > 0 {
			log.Info("deleted what expired", "rows", deleted)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
