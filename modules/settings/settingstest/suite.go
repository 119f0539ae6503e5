// Package settingstest holds the contract suite of settings, and the module for other
// modules' tests.
package settingstest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/contract"
	"galleria/platform/module/moduletest"
)

// World is settings as an operator of the command line reaches them, and how a caller
// without rights of its own does.
type World struct {
	Settings settingsv1.SettingsServiceClient
	Outside  grpc.ClientConnInterface
}

// Run tests the contract. There is one shop, so its cases run one after another.
func Run(t *testing.T, w World) {
	moduletest.Cases{
		"GetSettings":    w.getCases(),
		"ChangeSettings": w.changeCases(),
	}.Run(t, &settingsv1.SettingsService_ServiceDesc)
	moduletest.Refused(t, w.Outside, settingsv1.Reason_REASON_NOT_ALLOWED, settingsv1.SettingsService_ChangeSettings_FullMethodName)
}

type cases = map[string]func(t *testing.T)

// png is enough of a picture to be known as one.
var png = []byte("\x89PNG\r\n\x1a\n and the rest")

func full() *settingsv1.Settings {
	return &settingsv1.Settings{
		Name: "Löwe & Söhne", About: "Lamps „of all kinds“.", Headline: "Light", Welcome: "Come in.", Logo: png,
		Imprint: "# Who we are\n\nLöwe & Söhne", Terms: "We send what you order.", Privacy: "We know little.", Withdrawal: "Within 14 days.", Countries: []string{"AT", "DE"}, Currencies: []string{"USD", "EUR"},
	}
}

func (w World) get(t *testing.T) *settingsv1.GetSettingsResponse {
	t.Helper()
	got, err := w.Settings.GetSettings(t.Context(), &settingsv1.GetSettingsRequest{})
	if err != nil {
		t.Fatalf("get the settings: %v", err)
	}
	return got
}

func (w World) change(t *testing.T, to *settingsv1.Settings, seen int64) (int64, error) {
	t.Helper()
	done, err := w.Settings.ChangeSettings(t.Context(), &settingsv1.ChangeSettingsRequest{Settings: to, SeenVersion: seen})
	return done.GetVersion(), err
}

func (w World) mustChange(t *testing.T, to *settingsv1.Settings) int64 {
	t.Helper()
	version, err := w.change(t, to, w.get(t).GetVersion())
	if err != nil {
		t.Fatalf("change the settings: %v", err)
	}
	return version
}

func (w World) getCases() cases {
	return cases{
		"gets what was set, whole": func(t *testing.T) {
			version := w.mustChange(t, full())
			got := w.get(t)
			if !proto.Equal(got.GetSettings(), full()) || got.GetVersion() != version || got.GetChangedAt() == nil {
				t.Errorf("got %v, want %v in version %d", got, full(), version)
			}
		},
		"leaves out what the caller has": func(t *testing.T) {
			version := w.mustChange(t, full())
			got, err := w.Settings.GetSettings(t.Context(), &settingsv1.GetSettingsRequest{KnownVersion: version})
			if err != nil || got.GetSettings() != nil || got.GetVersion() != version {
				t.Errorf("got %v, %v, want version %d alone", got, err, version)
			}
			if got, err := w.Settings.GetSettings(t.Context(), &settingsv1.GetSettingsRequest{KnownVersion: version + 1}); err != nil || got.GetSettings() == nil {
				t.Errorf("got %v, %v for a version that never was, want the settings", got, err)
			}
		},
		"is for anybody": func(t *testing.T) {
			if _, err := settingsv1.NewSettingsServiceClient(w.Outside).GetSettings(t.Context(), &settingsv1.GetSettingsRequest{}); err != nil {
				t.Errorf("got %v", err)
			}
		},
	}
}

func (w World) changeCases() cases {
	return cases{
		"puts texts and countries in order": func(t *testing.T) {
			w.mustChange(t, &settingsv1.Settings{Name: "  Arco ", Terms: "one\r\ntwo\n", Countries: []string{"PT", "ES", "PT"}})
			got := w.get(t).GetSettings()
			if got.GetName() != "Arco" || got.GetTerms() != "one\ntwo" || strings.Join(got.GetCountries(), " ") != "ES PT" {
				t.Errorf("got %v", got)
			}
		},
		"repeating it changes nothing": func(t *testing.T) {
			w.mustChange(t, &settingsv1.Settings{Name: "before"})
			seen := w.get(t).GetVersion()
			for range 2 {
				version, err := w.change(t, full(), seen)
				if err != nil || version != seen+1 {
					t.Errorf("got version %d, %v, want %d", version, err, seen+1)
				}
			}
		},
		"is refused when another was made meanwhile": func(t *testing.T) {
			w.mustChange(t, &settingsv1.Settings{Name: "before"})
			seen := w.get(t).GetVersion()
			w.mustChange(t, &settingsv1.Settings{Name: "meanwhile"})
			_, err := w.change(t, &settingsv1.Settings{Name: "too late"}, seen)
			if status.Code(err) != codes.FailedPrecondition || !contract.Is(err, settingsv1.Reason_REASON_CHANGED_MEANWHILE) {
				t.Errorf("got %v, want REASON_CHANGED_MEANWHILE", err)
			}
			if got := w.get(t).GetSettings().GetName(); got != "meanwhile" {
				t.Errorf("got %q, want what was set meanwhile", got)
			}
		},
		"of those at once one is done": func(t *testing.T) {
			seen := w.mustChange(t, &settingsv1.Settings{Name: "before"})
			done := make([]bool, 8)
			var racing sync.WaitGroup
			for i := range done {
				racing.Go(func() {
					_, err := w.change(t, &settingsv1.Settings{Name: fmt.Sprint("by ", i)}, seen)
					if done[i] = err == nil; err != nil && !contract.Is(err, settingsv1.Reason_REASON_CHANGED_MEANWHILE) {
						t.Errorf("got %v", err)
					}
				})
			}
			racing.Wait()
			got, won := w.get(t), 0
			for i, ok := range done {
				if ok {
					won++
					if want := fmt.Sprint("by ", i); got.GetSettings().GetName() != want {
						t.Errorf("got %q, want %q", got.GetSettings().GetName(), want)
					}
				}
			}
			if won != 1 || got.GetVersion() != seen+1 {
				t.Errorf("%d of 8 were done, in version %d, want one", won, got.GetVersion()-seen)
			}
		},
		"accepts what the contract just allows": func(t *testing.T) {
			long := strings.Repeat("ü", 20_000)
			w.mustChange(t, &settingsv1.Settings{Name: strings.Repeat("ü", 40), About: strings.Repeat("ü", 300), Imprint: long, Terms: long, Privacy: long, Withdrawal: long})
		},
		"names every bad field, and stores nothing": func(t *testing.T) {
			seen := w.mustChange(t, full())
			_, err := w.change(t, &settingsv1.Settings{
				Name: strings.Repeat("x", 41), About: strings.Repeat("x", 301), Headline: "two\nlines", Welcome: "\x00", Logo: []byte("<svg>"),
				Imprint: strings.Repeat("x", 20_001), Terms: "bell \a", Countries: []string{"PT", "Atlantis"}, Currencies: []string{"EUR", "QQQ"},
			}, seen)
			var got []string
			for _, v := range contract.Violations(err) {
				got = append(got, strings.TrimPrefix(v.Field, "settings."))
			}
			if want := "name about headline welcome imprint terms logo countries currencies"; status.Code(err) != codes.InvalidArgument || strings.Join(got, " ") != want {
				t.Errorf("got %v with %v, want %s", err, got, want)
			}
			if _, err := w.change(t, &settingsv1.Settings{Logo: append(png, make([]byte, 64<<10)...)}, seen); status.Code(err) != codes.InvalidArgument {
				t.Errorf("a logo that is too large: got %v", err)
			}
			for _, bad := range [][]string{{"EUR", "USD", "EUR"}, {"eur"}, {"EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF"}} {
				if _, err := w.change(t, &settingsv1.Settings{Currencies: bad}, seen); status.Code(err) != codes.InvalidArgument {
					t.Errorf("the currencies %v: got %v", bad, err)
				}
			}
			if got := w.get(t); got.GetVersion() != seen {
				t.Errorf("got version %d, want %d as before", got.GetVersion(), seen)
			}
		},
	}
}
