package storefront_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	"galleria/app/shopinfo"
	"galleria/app/storefront"
	"galleria/modules/settings/settingstest"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/module/moduletest"
)

// staffDesk is where the staff change what is said of the shop, and may be away.
type staffDesk struct {
	settingsv1.SettingsServiceClient
	t      *testing.T
	server settingsv1.SettingsServiceServer
	away   atomic.Bool
	heard  chan struct{} // after each question
	keeper *shopinfo.Keeper
	clock  clock
}

func (d *staffDesk) GetSettings(ctx context.Context, r *settingsv1.GetSettingsRequest, _ ...grpc.CallOption) (*settingsv1.GetSettingsResponse, error) {
	defer func() { d.heard <- struct{}{} }()
	if d.away.Load() {
		return nil, errors.New("settings are away")
	}
	return d.server.GetSettings(moduletest.Direct(ctx), r)
}

func (d *staffDesk) change(to *settingsv1.Settings, seen int64) {
	d.t.Helper()
	if _, err := d.server.ChangeSettings(moduletest.Direct(context.Background()), &settingsv1.ChangeSettingsRequest{Settings: to, SeenVersion: seen}); err != nil {
		d.t.Fatal(err)
	}
}

func openWithDesk(t *testing.T) (*shop, *staffDesk) {
	d := &staffDesk{t: t, server: settingstest.NewFake(t), heard: make(chan struct{}, 1000), clock: clock{at: time.Now()}}
	s := newShop(t, func(o *storefront.Options) {
		d.keeper = shopinfo.NewKeeper(d, "", d.clock.now, slog.New(slog.DiscardHandler))
		o.Info = d.keeper
	})
	return s, d
}

// later lets the storefront ask again: the page that makes it do so may still show what
// was known before.
func (d *staffDesk) later(v *visitor) {
	d.t.Helper()
	for len(d.heard) > 0 {
		<-d.heard
	}
	d.clock.pass(2 * time.Second)
	v.get("/cart")
	<-d.heard
	if d.away.Load() {
		return
	}
	now, err := d.server.GetSettings(moduletest.Direct(context.Background()), &settingsv1.GetSettingsRequest{})
	if err != nil {
		d.t.Fatal(err)
	}
	for d.keeper.Info().Version != now.GetVersion() { // the answer is on its way to the pages
		time.Sleep(time.Millisecond)
	}
}

func TestTheShopIsWhatItsStaffSay(t *testing.T) {
	s, d := openWithDesk(t)
	v := s.visitor(t)
	home := v.get("/").want(http.StatusOK)
	home.says("Good things, well made, worth keeping.", "One roof, many small shops", "Galleria")
	if strings.Contains(home.text(), "Imprint") {
		t.Error("an imprint that nobody wrote is linked")
	}
	v.get("/legal/imprint").want(http.StatusNotFound)
	s.clock.pass(time.Minute)

	d.change(&settingsv1.Settings{
		Name: "Löwe <& Söhne>", About: "Lamps since 1911.", Headline: "Light for every room.", Welcome: "Come in & look.",
		Imprint: "# Who we are\n\nLöwe\nSöhne & <b>Co</b>", Terms: "We send.", Countries: []string{"DE", "PT"}, Logo: []byte("\x89PNG\r\n\x1a\n…"),
	}, 0)
	d.later(v)
	s.clock.pass(time.Minute)
	home = v.get("/").want(http.StatusOK)
	home.says("Light for every room.", "Come in & look.", "Lamps since 1911.", "Terms and conditions")
	for _, is := range []string{"<title>Light for every room · Löwe &lt;&amp; Söhne&gt;</title>", `alt="Löwe &lt;&amp; Söhne&gt;"`} {
		if !strings.Contains(home.body, is) {
			t.Errorf("the home page lacks %s", is)
		}
	}
	imprint := v.get("/legal/imprint").want(http.StatusOK)
	imprint.says("Who we are", "Söhne & <b>Co</b>")
	if !strings.Contains(imprint.body, "<h2>Who we are</h2>") || strings.Contains(imprint.body, "<b>Co</b>") {
		t.Error("the imprint is not drawn as text with a heading")
	}
	v.get("/products/full-moon-table-lamp").want(http.StatusOK).says("Lamps since 1911.")
	v.get("/legal/privacy").want(http.StatusNotFound)

	logo, _, _ := strings.Cut(home.body[strings.Index(home.body, `src="/logo/`)+len(`src="`):], `"`)
	if got := v.get(logo).want(http.StatusOK); got.header.Get("Content-Type") != "image/png" || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
		t.Errorf("the logo comes with %v", got.header)
	}
	v.get("/logo/another").want(http.StatusNotFound)

	// The module away, all stays as it was known.
	d.away.Store(true)
	d.later(v)
	v.get("/").want(http.StatusOK).says("Light for every room.")
}

func TestALegalPageIsNotGoneBeforeSettingsWereHeard(t *testing.T) {
	s, d := openWithDesk(t)
	d.away.Store(true)
	d.change(&settingsv1.Settings{Imprint: "Löwe & Söhne, Wien"}, 0)
	v := s.visitor(t)
	if early := v.get("/legal/imprint").want(http.StatusServiceUnavailable); early.header.Get("Retry-After") == "" {
		t.Error("the answer does not say when to try again")
	}
	d.away.Store(false)
	d.later(v)
	shows := func() bool { return v.get("/legal/imprint").status == http.StatusOK }
	for deadline := time.Now().Add(30 * time.Second); !shows(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the imprint is not shown after the settings were heard")
		}
	}
	v.get("/legal/imprint").says("Löwe & Söhne, Wien")
	v.get("/legal/privacy").want(http.StatusNotFound)
	d.away.Store(true)
	d.later(v)
	v.get("/legal/imprint").want(http.StatusOK)
	v.get("/legal/privacy").want(http.StatusNotFound)
}

func TestTheShopSendsOnlyWhereItsStaffSay(t *testing.T) {
	s, d := openWithDesk(t)
	d.change(&settingsv1.Settings{Countries: []string{"AT", "PT"}}, 0)
	v := s.visitor(t)
	v.put("LMP-ARC-01", 1)
	d.later(v)
	page := v.get("/checkout").want(http.StatusOK)
	// Prices are for Germany while nothing is chosen.
	if text := page.text(); !strings.Contains(text, "Portugal") || strings.Contains(text, "France") || strings.Contains(page.body, `<option value="DE"`) {
		t.Error("the checkout does not offer the countries that were set alone")
	}
	v.get("/checkout?country=FR").want(http.StatusOK).says("We do not send there yet") // before all else is filled in
	form := v.order()
	form.Set("country", "FR")
	refused := v.post("/checkout", form).want(http.StatusUnprocessableEntity)
	refused.says("We do not send there yet")
	form.Set("country", "PT")
	if taken := v.post("/checkout", form); strings.Contains(taken.text(), "We do not send there yet") {
		t.Error("a country that was set is refused")
	}
}
