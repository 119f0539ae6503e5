package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"galleria/app"
	"galleria/platform/config"
	"galleria/platform/route"
)

func TestEachModeIsAPlace(t *testing.T) {
	elsewhere := route.Remote("10.0.0.5:7071", "10.0.0.6:7071")
	canary := func(weight int, steps []int, every time.Duration) route.Place {
		p := route.Canary(route.Local(), elsewhere, weight)
		p.Steps, p.Every = steps, every
		return p
	}
	held := func(calls int, within time.Duration) route.Place {
		p := route.Held()
		p.Hold = route.HeldOptions{Calls: calls, Within: within}
		return p
	}
	besideMain := canary(20, nil, 30*time.Second)
	besideMain.Arms[0] = route.Remote("10.0.0.4:7071")
	const address = `address: ["10.0.0.5:7071", "10.0.0.6:7071"]`
	for section, want := range map[string]route.Place{
		"":                         route.Local(),
		"mode: local, " + address:  route.Local(),
		"mode: remote, " + address: elsewhere,
		`mode: remote, address: "10.0.0.5:7071,10.0.0.6:7071"`:                                elsewhere,
		`mode: remote, address: "10.0.0.5:7071"`:                                              route.Remote("10.0.0.5:7071"),
		`mode: remote, address: "[::1]:7071"`:                                                 route.Remote("[::1]:7071"),
		"mode: shadow, " + address:                                                            route.Shadow(route.Local(), elsewhere),
		"mode: canary, " + address:                                                            canary(1, []int{1, 10, 50, 100}, 30*time.Second),
		"mode: canary, canary: {weight: 10, steps: [5, 50], every: 1m}, " + address:           canary(10, []int{5, 50}, time.Minute),
		"mode: canary, canary: {weight: 0, steps: [5, 50]}, " + address:                       canary(5, []int{5, 50}, 30*time.Second),
		"mode: canary, canary: {weight: 20, steps: []}, " + address:                           canary(20, nil, 30*time.Second),
		`mode: shadow, primary: "10.0.0.4:7071", ` + address:                                  route.Shadow(route.Remote("10.0.0.4:7071"), elsewhere),
		`mode: shadow, primary: "10.0.0.4:7071, 10.0.0.3:1", ` + address:                      route.Shadow(route.Remote("10.0.0.4:7071", "10.0.0.3:1"), elsewhere),
		`mode: canary, primary: "10.0.0.4:7071", canary: {weight: 20, steps: []}, ` + address: besideMain,
		`mode: remote, primary: "10.0.0.5:7071", ` + address:                                  elsewhere,
		`mode: local, primary: "10.0.0.5:7071", ` + address:                                   route.Local(),
		"mode: held": held(1000, 2*time.Second),
		"mode: held, held: {calls: 7, within: 90ms}": held(7, 90*time.Millisecond),
	} {
		c, err := configured(t, "modules: {payments: {"+section+"}}", nil)
		if err != nil {
			t.Errorf("%s: %v", section, err)
			continue
		}
		places, err := c.Placements()
		if got := places["payments"]; err != nil || !got.Equal(want) || got.Check() != nil {
			t.Errorf("%s: got %+v, error %v, check %v; want %+v", section, got, err, got.Check(), want)
		}
	}
}

func TestAddressesComeFromEnvironmentAndFlags(t *testing.T) {
	want := route.Remote("a:1", "b:2")
	c, err := configured(t, "{}", map[string]string{"modules.cart.mode": "remote", "modules.cart.address": "a:1, b:2"},
		"GALLERIA_MODULES_ORDERS_MODE=remote", "GALLERIA_MODULES_ORDERS_ADDRESS=a:1,b:2")
	if err != nil {
		t.Fatal(err)
	}
	places, err := c.Placements()
	if err != nil || !places["cart"].Equal(want) || !places["orders"].Equal(want) {
		t.Errorf("got %v, error %v, want cart and orders %s", places, err, want)
	}
}

func TestAPlaceThatMakesNoSenseIsRefused(t *testing.T) {
	for section, reason := range map[string]string{
		"mode: elsewhere":        `modules.cart.mode: "elsewhere" is not one of local, remote, shadow, canary, held`,
		"mode: remote":           "modules.cart.address: is needed for mode remote",
		"mode: shadow":           "modules.cart.address: is needed for mode shadow",
		"mode: canary":           "modules.cart.address: is needed for mode canary",
		"address: here:99999":    `modules.cart.address: must be host:port, not "here:99999"`,
		"address: here":          `modules.cart.address: must be host:port, not "here"`,
		`address: ["a:1","a:1"]`: "modules.cart.address: names a:1 twice",
		"primary: here":          `modules.cart.primary: must be host:port, not "here"`,
		`primary: "a:1, a:1"`:    "modules.cart.primary: names a:1 twice",
		`mode: shadow, address: ["a:1", "b:2"], primary: "b:2"`: "modules.cart.primary: is b:2, and so is address: the two arms of shadow are different processes",
		`mode: canary, address: "a:1", primary: "a:1"`:          "modules.cart.primary: is a:1, and so is address: the two arms of canary are different processes",
		"canary: {weight: 101}":                                 "modules.cart.canary.weight: is a percentage, 0 to 100, not 101",
		"canary: {steps: [0]}":                                  "modules.cart.canary.steps: are percentages, 1 to 100, not 0",
		"canary: {steps: [9,9]}":                                "modules.cart.canary.steps: must grow, and 9 follows 9",
		"canary: {every: 0s}":                                   "modules.cart.canary.every: must be positive",
		"mode: canary, address: 'a:1', canary: {steps: []}":     "modules.cart.canary.weight: is needed for mode canary without steps",
		"held: {calls: 0}":                                      "modules.cart.held.calls: must be positive",
		"held: {within: -1s}":                                   "modules.cart.held.within: must be positive",
		"dsn: 'mysql://a:b@h/db'":                               "modules.cart.dsn: must begin with postgres://",
	} {
		_, err := configured(t, "modules: {cart: {"+section+"}}", nil)
		if err == nil || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got error %v, want %q", section, err, reason)
		}
	}
}

// TestAModuleThatIsNotATargetCantBePlacedHere, not even as an arm.
func TestAModuleThatIsNotATargetCantBePlacedHere(t *testing.T) {
	all := "modules:\n"
	for _, row := range app.Table(app.DefaultConfig().Modules) {
		all += "  " + row.Definition.Name + ": {mode: remote, address: 'a:1'}\n"
	}
	for mode, works := range map[string]bool{"remote": true, "held": true, "local": false, "shadow": false, "canary": false} {
		c, err := configured(t, strings.Replace(all, "payments: {mode: remote", "payments: {mode: "+mode, 1), map[string]string{"target": "edge"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Placements(); works != (err == nil) || err != nil && !strings.Contains(err.Error(), "modules.payments") {
			t.Errorf("%s: got error %v", mode, err)
		}
	}
}

func TestPlacesAndLimitsAreLive(t *testing.T) {
	for key, want := range map[string]bool{
		"modules.cart.mode": true, "modules.cart.address": true, "modules.cart.primary": true, "modules.cart.canary.weight": true, "modules.cart.held.calls": true,
		"modules.cart.dsn": false, "modules.cart.lifetime": false, "http.listen": false, "http.limits.carts": true, "main": false,
	} {
		if got := app.Live(key); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
}

// TestProcessesCompareTheTaxesOfTheShop: a tax, the country, and which places have one.
func TestProcessesCompareTheTaxesOfTheShop(t *testing.T) {
	of := func(section string) map[string]string {
		t.Helper()
		c, err := configured(t, "modules: {pricing: {"+section+"}}", nil)
		if err != nil {
			t.Fatal(err)
		}
		return app.SharedSettings(c, "pricing")
	}
	here := of("")
	for section, key := range map[string]string{
		"country: PT": "modules.pricing.country",
		`taxes: {DE: "VAT included 16%", FR: "VAT included 20%"}`: "modules.pricing.taxes.DE",
		`taxes: {NZ: "GST included 15%"}`:                         "modules.pricing.taxes",
	} {
		if there := of(section); there[key] == here[key] || there[key] == "" {
			t.Errorf("%s: got %s %q in both, want a difference", section, key, there[key])
		}
	}
	if got := here["modules.pricing.taxes.DE"]; got != "VAT included 19%, books 7%, food 7%, reduced 7%" {
		t.Errorf("got %q, want the tax as the configuration has it", got)
	}
}

// TestALostFileIsNotMadeAnewForOneModule while the others are where it said.
func TestALostFileIsNotMadeAnewForOneModule(t *testing.T) {
	from := config.Sources{File: filepath.Join(t.TempDir(), "galleria.yaml")}
	now := map[string]string{}
	for _, row := range app.Table(app.DefaultConfig().Modules) {
		now[row.Definition.Name] = "local"
	}
	check := func() error { return app.CheckPresent(from, "cart", func(module string) string { return now[module] }) }
	now["cart"] = "remote at a:1"
	if err := check(); err != nil {
		t.Errorf("the others are at home: got %v, want that a file may be made", err)
	}
	now["payments"] = "remote at a:2"
	if err := check(); err == nil || !strings.Contains(err.Error(), "is missing, and the shop goes on by what it said (payments is remote at a:2): bring it back") {
		t.Errorf("got %v, want a refusal that says what to do", err)
	}
	if err := os.WriteFile(from.File, []byte("log: {level: info}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := check(); err != nil {
		t.Errorf("the file is there: got %v", err)
	}
}
