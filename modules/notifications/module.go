package notifications

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"galleria/modules/notifications/internal/dispatch"
	"galleria/modules/notifications/internal/letter"
	queue "galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/service"
	"galleria/modules/notifications/internal/store"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/config"
	"galleria/platform/module"
)

// Name is the module's name.
const Name = "notifications"

// Config is what an operator may change.
type Config struct {
	// BaseURL is where customers find the shop; links in mails begin with it.
	BaseURL string `yaml:"base_url" doc:"address of the shop as customers reach it; links in mails begin with it"`
	// TimeZone is where the shop is, as IANA names it.
	TimeZone string `yaml:"time_zone" doc:"time zone of the days that mails name, such as Europe/Lisbon"`
	// From signs the mails: "Galleria <shop@example.com>". The name is also
	// the shop's name in the letters, until its staff set one.
	From string `yaml:"from" doc:"sender of the mails, as in Galleria <shop@example.com>; the shop's name in the console goes before the one here"`
	// ReplyTo gets customers' answers; "": From does.
	ReplyTo string `yaml:"reply_to" doc:"who gets the answers to mails; empty: the sender"`
	// SMTP is the mail server.
	SMTP SMTP `yaml:"smtp"`
	// RetryFirst is the pause after a mail's first failure, which doubles with
	// each further one up to RetryMost. A mail that fails for GiveUp is given up.
	RetryFirst time.Duration `yaml:"retry_first" doc:"a mail that could not be sent is tried again after this, then after twice as long, and so on"`
	RetryMost  time.Duration `yaml:"retry_most" doc:"the longest pause between two attempts at a mail"`
	GiveUp     time.Duration `yaml:"give_up" doc:"a mail that could not be sent for so long is given up: it counts as refused, and staff can have it sent again"`
	// MostPerHour and MostPerDay bound the mails to one address.
	MostPerHour int `yaml:"most_per_hour" doc:"how many mails one address gets in an hour from the mail server; others wait, so that nobody is flooded by orders made in their name"`
	MostPerDay  int `yaml:"most_per_day" doc:"how many mails one address gets in a day; others wait"`
	// KeepMails is how long a mail is kept after it was sent, refused or given up. At least a day:
	// MostPerDay is counted by the mails of the last day.
	KeepMails time.Duration `yaml:"keep_mails" doc:"mails are deleted this long after they were sent, refused for good or given up; they hold the customer's address and name, and the link that opens the order"`
}

// SMTP is a mail server. Without a host there is none, and mails are laid in
// the development mailbox: marked as sent and kept to be looked at.
type SMTP struct {
	Host     string `yaml:"host" doc:"mail server; empty: mails go to the development mailbox"`
	Port     int    `yaml:"port" doc:"its port, 587 for starttls and 465 for tls as a rule"`
	Username string `yaml:"username" doc:"login at the mail server; empty: none"`
	Password string `yaml:"password" doc:"password of the login" secret:"true"`
	TLS      string `yaml:"tls" doc:"starttls, tls (encrypted from the first byte) or none"`
}

// DefaultConfig lays mails in the development mailbox.
func DefaultConfig() Config {
	return Config{
		BaseURL:    "http://localhost:8080",
		TimeZone:   "UTC",
		From:       "Galleria <shop@galleria.example>",
		SMTP:       SMTP{Port: 587, TLS: string(dispatch.StartTLS)},
		RetryFirst: 5 * time.Second,
		RetryMost:  time.Hour,
		GiveUp:     5 * 24 * time.Hour, // as long as mail servers try

		MostPerHour: 20,
		MostPerDay:  100,

		KeepMails: 90 * 24 * time.Hour,
	}
}

// What KeepMails may be: a day to ten years.
const (
	leastKept = 24 * time.Hour
	mostKept  = 10 * 365 * 24 * time.Hour
)

// Validate finds values that can't work.
func (c Config) Validate() error {
	var errs []error
	if u, err := url.Parse(c.BaseURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		errs = append(errs, config.At("base_url", "must be an address such as https://shop.example.com"))
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil {
		errs = append(errs, config.At("time_zone", "must be the name of a time zone such as UTC or Europe/Lisbon, not %q", c.TimeZone))
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		errs = append(errs, config.At("from", "must be a mail address such as Galleria <shop@example.com>"))
	}
	if c.ReplyTo != "" {
		if _, err := mail.ParseAddress(c.ReplyTo); err != nil {
			errs = append(errs, config.At("reply_to", "must be a mail address, or empty"))
		}
	}
	if c.RetryFirst < time.Millisecond {
		errs = append(errs, config.At("retry_first", "must be at least 1ms"))
	}
	if c.RetryMost < c.RetryFirst {
		errs = append(errs, config.At("retry_most", "must not be less than retry_first"))
	}
	if c.GiveUp < c.RetryFirst {
		errs = append(errs, config.At("give_up", "must not be less than retry_first"))
	}
	if c.MostPerHour < 1 {
		errs = append(errs, config.At("most_per_hour", "must be at least 1"))
	}
	if c.MostPerDay < c.MostPerHour {
		errs = append(errs, config.At("most_per_day", "must not be less than most_per_hour"))
	}
	if c.KeepMails < leastKept || c.KeepMails > mostKept {
		errs = append(errs, config.At("keep_mails", "must be between %s and %s, not %s", leastKept, mostKept, c.KeepMails))
	}
	return errors.Join(errs...)
}

// Validate finds values that can't work.
func (c SMTP) Validate() error {
	errs := []error{config.OneOf("tls", c.TLS, string(dispatch.StartTLS), string(dispatch.TLS), string(dispatch.None))}
	if c.Port < 1 || c.Port > 65535 {
		errs = append(errs, config.At("port", "must be 1 to 65535"))
	}
	if c.Username == "" && c.Password != "" {
		errs = append(errs, config.At("username", "is needed with a password"))
	}
	if c.Username != "" && c.TLS == string(dispatch.None) {
		errs = append(errs, config.At("tls", "must not be none with a login: the password would travel in the clear"))
	}
	return errors.Join(errs...)
}

// Needs are the modules notifications calls.
type Needs struct {
	// Settings says what the shop is called.
	Settings settingsv1.SettingsServiceClient
}

// New makes the module, ready to serve.
func New(h module.Host, needs Needs, cfg Config) (*module.Instance, error) {
	if h.DB == nil || needs.Settings == nil {
		return nil, errors.New("notifications: it needs a database and the settings")
	}
	if err := errors.Join(cfg.Validate(), cfg.SMTP.Validate()); err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("notifications: sender: %w", err)
	}
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	letters := letter.Writer{Shop: shopName(from), BaseURL: strings.TrimRight(cfg.BaseURL, "/"), Zone: zone}
	server, err := newServer(cfg, from)
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	mails := store.New(h.DB)
	shop := service.NewShop(needs.Settings, h.Now, h.Log)
	s := service.New(mails, letters, shop, h.Now)
	post := dispatch.New(mails, letters, shop.Name, server, queue.Retries{First: cfg.RetryFirst, Most: cfg.RetryMost, GiveUp: cfg.GiveUp}, queue.Limits{Hour: cfg.MostPerHour, Day: cfg.MostPerDay}, h.Now, h.Log)
	return &module.Instance{
		Server:        s,
		Subscriptions: s.Subscriptions(),
		Work: map[string]func(context.Context) error{
			"post":      post.Run,
			"retention": func(ctx context.Context) error { return s.Forget(ctx, cfg.KeepMails) },
		},
	}, nil
}

// newServer is the mail server; nil when there is none.
func newServer(cfg Config, from *mail.Address) (*dispatch.Server, error) {
	if cfg.SMTP.Host == "" {
		return nil, nil
	}
	s := &dispatch.Server{
		Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, Username: cfg.SMTP.Username, Password: cfg.SMTP.Password,
		Encryption: dispatch.Encryption(cfg.SMTP.TLS), From: from,
	}
	if cfg.ReplyTo != "" {
		to, err := mail.ParseAddress(cfg.ReplyTo)
		if err != nil {
			return nil, fmt.Errorf("who gets the answers: %w", err)
		}
		s.ReplyTo = to
	}
	return s, s.Check()
}

func shopName(from *mail.Address) string {
	if from.Name != "" {
		return from.Name
	}
	return from.Address[strings.LastIndexByte(from.Address, '@')+1:]
}
