// Package shopinfo is what the edge says of the shop: its name and texts, its logo, the
// texts that the law wants, where it sends to, and in which currencies. It keeps what the module settings said
// last, asks in the background for newer settings, and goes on with what it has while
// that module is away. What was never set is as the defaults here have it.
package shopinfo

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/countries"
)

// What holds until the staff set something else.
const (
	DefaultName     = "Galleria"
	DefaultAbout    = "One roof over many small shops. Things for the house, the desk, the garden and the road, chosen to be kept."
	DefaultHeadline = "Good things, well made, worth keeping."
	DefaultWelcome  = "Stroll through the arcade: lamps to read by, pots that pour without dribbling, and a kite for the first windy Sunday."
)

// Info is what is said of the shop. It is not changed.
type Info struct {
	Version int64
	// Heard tells whether the module said this, and the rest is not just the defaults.
	Heard                          bool
	Name, About, Headline, Welcome string
	// Logo is nil when there is none.
	Logo *Logo
	// Legal are the texts that were written, in the order of their links.
	Legal []Legal
	// Currencies are what it sells in, at least one: the first is its own.
	Currencies []string
	// countries are where the shop sends to; none: everywhere.
	countries []string
}

// Logo is a picture, under an address that changes with it.
type Logo struct {
	Type string
	File []byte
	Hash string
}

// Legal is a text that the law wants.
type Legal struct{ Slug, Title, Text string }

// Sells tells whether the shop sends to a country.
func (i *Info) Sells(country string) bool {
	return len(i.countries) == 0 || slices.Contains(i.countries, country)
}

// Currency is the one of these that was asked for, or else the shop's own.
func (i *Info) Currency(asked string) string {
	if slices.Contains(i.Currencies, asked) {
		return asked
	}
	return i.Currencies[0]
}

// Countries are those the shop sends to, by name.
func (i *Info) Countries() []countries.Country {
	return slices.DeleteFunc(countries.All(), func(c countries.Country) bool { return !i.Sells(c.Code) })
}

// Of is what settings say, with the defaults for what they don't; currency is the one of
// the configuration.
func Of(s *settingsv1.Settings, version int64, currency string) *Info {
	i := &Info{
		Currencies: s.GetCurrencies(),
		Version:    version, Name: cmp.Or(s.GetName(), DefaultName), About: cmp.Or(s.GetAbout(), DefaultAbout),
		Headline: cmp.Or(s.GetHeadline(), DefaultHeadline), Welcome: cmp.Or(s.GetWelcome(), DefaultWelcome), countries: s.GetCountries(),
	}
	if len(i.Currencies) == 0 {
		i.Currencies = []string{currency}
	}
	if logo := s.GetLogo(); len(logo) > 0 {
		sum := sha256.Sum256(logo)
		i.Logo = &Logo{Type: http.DetectContentType(logo), File: logo, Hash: hex.EncodeToString(sum[:8])}
	}
	for _, l := range []Legal{
		{"imprint", "Imprint", s.GetImprint()}, {"terms", "Terms and conditions", s.GetTerms()},
		{"privacy", "Privacy", s.GetPrivacy()}, {"withdrawal", "Right of withdrawal", s.GetWithdrawal()},
	} {
		if l.Text != "" {
			i.Legal = append(i.Legal, l)
		}
	}
	return i
}

const (
	// fresh is how long what was heard is not asked for again.
	fresh = time.Second
	// firstPatience is how long a page waits for an answer, where it does, and patience
	// within which one must come.
	firstPatience, patience = 200 * time.Millisecond, 2 * time.Second
)

// Keeper keeps what is said of the shop. Safe for concurrent use.
type Keeper struct {
	settings settingsv1.SettingsServiceClient
	currency string // of the configuration
	now      func() time.Time
	log      *slog.Logger

	known    atomic.Pointer[Info]
	askedAt  atomic.Int64 // Unix nanoseconds
	madeSure atomic.Int64 // when SellsIn asked, likewise
	asking   sync.Mutex
	failing  bool // the last question; asking is held
}

// NewKeeper makes a keeper that has the defaults, and as the shop's own currency that of
// the configuration, EUR when empty. Nil settings: it keeps them.
func NewKeeper(settings settingsv1.SettingsServiceClient, currency string, now func() time.Time, log *slog.Logger) *Keeper {
	k := &Keeper{settings: settings, currency: cmp.Or(currency, "EUR"), now: now, log: log}
	if k.now == nil {
		k.now = time.Now
	}
	if k.log == nil {
		k.log = slog.Default()
	}
	none := Of(nil, 0, k.currency)
	none.Heard = settings == nil // there is nothing to hear
	k.known.Store(none)
	return k
}

// Info is what was heard last. It is asked for again in the background, so that no page
// waits, but for the first ones of a process, a little.
func (k *Keeper) Info() *Info {
	at := k.askedAt.Load()
	now := k.now().UnixNano()
	if k.settings == nil || at != 0 && now-at < int64(fresh) || !k.askedAt.CompareAndSwap(at, now) {
		return k.known.Load()
	}
	if at == 0 {
		k.ask(firstPatience)
	} else {
		go k.ask(patience)
	}
	return k.known.Load()
}

// SellsIn tells whether the shop sells in a currency. One that is not known may have been
// added a moment ago, so it is asked for, which the caller waits for: at most once a second
// for all callers and currencies together.
func (k *Keeper) SellsIn(currency string) bool {
	sells := func() bool { return slices.Contains(k.known.Load().Currencies, currency) }
	if k.settings == nil || sells() {
		return sells()
	}
	at, now := k.madeSure.Load(), k.now().UnixNano()
	if (at == 0 || now-at >= int64(fresh)) && k.madeSure.CompareAndSwap(at, now) {
		k.ask(firstPatience)
	}
	return sells()
}

// ask asks for newer settings than are known.
func (k *Keeper) ask(within time.Duration) {
	k.asking.Lock()
	defer k.asking.Unlock()
	ctx, done := context.WithTimeout(context.Background(), within)
	defer done()
	said, err := k.settings.GetSettings(ctx, &settingsv1.GetSettingsRequest{KnownVersion: k.known.Load().Version})
	if err != nil {
		if !k.failing {
			k.log.Warn("the settings of the shop can't be asked for; what was known is shown", "error", err)
		}
		k.failing = true
		return
	}
	k.failing = false
	if known := k.known.Load(); said.GetSettings() != nil && (said.GetVersion() != known.Version || !known.Heard) {
		heard := Of(said.GetSettings(), said.GetVersion(), k.currency)
		heard.Heard = true
		k.known.Store(heard)
	}
}
