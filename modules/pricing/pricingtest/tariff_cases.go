package pricingtest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/module/moduletest"
)

// The tariffs are one for all: these cases change them one after the other, and return to
// the configuration.

type tariffs = pricingv1.Tariffs

func (s *shop) tariffs() *pricingv1.GetTariffsResponse {
	s.Helper()
	got, err := s.Pricing.GetTariffs(s.Context(), &pricingv1.GetTariffsRequest{})
	if err != nil {
		s.Fatalf("get the tariffs: %v", err)
	}
	return got
}

// tryTariffs changes the tariffs as they are now.
func (s *shop) tryTariffs(change func(*tariffs)) error {
	got := s.tariffs()
	change(got.GetTariffs())
	_, err := s.Pricing.ChangeTariffs(s.Context(), &pricingv1.ChangeTariffsRequest{Tariffs: got.GetTariffs(), SeenVersion: got.GetVersion()})
	return err
}

// changeTariffs does so until the case ends.
func (s *shop) changeTariffs(change func(*tariffs)) {
	s.Helper()
	s.works(s.tryTariffs(change))
	s.Cleanup(s.resetTariffs)
}

func (s *shop) resetTariffs() {
	s.Helper()
	ctx := context.WithoutCancel(s.Context()) // it also runs when the case has ended
	got, err := s.Pricing.GetTariffs(ctx, &pricingv1.GetTariffsRequest{})
	if err == nil {
		_, err = s.Pricing.ResetTariffs(ctx, &pricingv1.ResetTariffsRequest{SeenVersion: got.GetVersion()})
	}
	if err != nil {
		s.Errorf("reset the tariffs: %v", err)
	}
}

func getTariffsCases(w World) cases {
	return cases{
		"says what the configuration says, in its words": func(t *testing.T) {
			s := w.shop(t)
			got := s.tariffs()
			standard := got.GetTariffs().GetDelivery()["standard"]
			if got.GetChanged() || got.GetChangedAt() != nil || got.GetConfigured() != nil || got.GetVersion() == "" {
				t.Errorf("got %v, want the configuration's", got)
			}
			if got.GetTariffs().GetCountry() != "DE" || got.GetTariffs().GetTaxes()["DE"] != "VAT included 19%, books 7%, food 7%, reduced 7%" ||
				standard.GetDays()[0] != "home 2-4" || standard.GetRates()[0] != "home 4.90 EUR up to 5kg" || len(got.GetTariffs().GetZones()["eu"].GetCountries()) != 27 {
				t.Errorf("got %v", got.GetTariffs())
			}
			if want := []string{"books", "food", "reduced", "standard", "zero"}; !slices.Equal(got.GetTaxClasses(), want) {
				t.Errorf("got tax classes %v, want %v", got.GetTaxClasses(), want)
			}
			if want := []string{"BHD", "CHF", "EUR", "GBP", "JPY", "USD"}; !slices.Equal(got.GetDeliveryCurrencies(), want) {
				t.Errorf("got prices of delivery in %v, want %v", got.GetDeliveryCurrencies(), want)
			}
		},
		"says in which currencies delivery has a price, as it was changed": func(t *testing.T) {
			s := w.shop(t)
			s.changeTariffs(func(m *tariffs) {
				m.Delivery = map[string]*pricingv1.Tariffs_Option{"post": {Name: "Post", Rates: []string{"home 5 EUR", "world 7 USD", "home 4 EUR from 50 EUR"}}}
			})
			if got := s.tariffs().GetDeliveryCurrencies(); !slices.Equal(got, []string{"EUR", "USD"}) {
				t.Errorf("got %v, want EUR and USD", got)
			}
		},
		"says what was changed, and beside it the configuration": func(t *testing.T) {
			s := w.shop(t)
			before := s.tariffs()
			s.changeTariffs(func(m *tariffs) { m.Taxes["NZ"] = "GST included 15 %, haka 3.50%" })
			got := s.tariffs()
			if !got.GetChanged() || got.GetChangedAt() == nil || got.GetVersion() == before.GetVersion() || !proto.Equal(got.GetConfigured(), before.GetTariffs()) {
				t.Errorf("got %v, want that it was changed, and the configuration", got)
			}
			if got.GetTariffs().GetTaxes()["NZ"] != "GST included 15%, haka 3.5%" || !slices.Contains(got.GetTaxClasses(), "haka") {
				t.Errorf("got %q and classes %v", got.GetTariffs().GetTaxes()["NZ"], got.GetTaxClasses())
			}
		},
	}
}

func changeTariffsCases(w World) cases {
	return cases{
		"holds for the next quote, and its fingerprint is another": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1190))
			before := s.quote(r)
			s.changeTariffs(func(m *tariffs) {
				standard := m.GetDelivery()["standard"]
				standard.Rates[slices.Index(standard.GetRates(), "home 4.90 EUR up to 5kg")] = "home 5.20 EUR up to 5kg"
			})
			after := s.quote(r)
			if before.GetTotals().GetDeliveryMinor() != 490 || after.GetTotals().GetDeliveryMinor() != 520 || before.GetFingerprint() == after.GetFingerprint() {
				t.Errorf("got a delivery of %v, then of %v, and fingerprints that are the same: %v; want 490, 520, and others",
					before.GetTotals(), after.GetTotals(), before.GetFingerprint() == after.GetFingerprint())
			}
			s.works(s.tryTariffs(func(m *tariffs) { m.Taxes["DE"] = "VAT included 16%" }))
			if taxed := s.quote(r); taxed.GetTaxes()[0].GetName() != "VAT 16 %" || taxed.GetFingerprint() == after.GetFingerprint() {
				t.Errorf("got %v, want another tax and fingerprint", taxed)
			}
			s.resetTariffs()
			if again := s.quote(r); again.GetFingerprint() != before.GetFingerprint() {
				t.Errorf("after the return to the configuration: got %v, want %v", again, before)
			}
		},
		"adds a zone and an option, and moves home": func(t *testing.T) {
			s := w.shop(t)
			r := request(s.sell("mug", 1190))
			s.changeTariffs(func(m *tariffs) {
				m.Country = "AT"
				m.Zones["islands"] = &pricingv1.Tariffs_Zone{Countries: []string{"NZ", "FJ"}}
				m.Delivery["canoe"] = &pricingv1.Tariffs_Option{Name: "By canoe", Days: []string{"islands 20-40"}, Rates: []string{"islands 7.00 EUR"}}
			})
			if to := s.quote(r).GetDestination().GetCountry(); to != "AT" {
				t.Errorf("got an estimate for %s, want AT", to)
			}
			r.Destination = &pricingv1.Destination{Country: "FJ"}
			q := s.quote(r)
			if len(q.GetDeliveryOptions()) != 1 || q.GetDeliveryOptions()[0].GetName() != "By canoe" || q.GetDeliveryOptions()[0].GetDaysMax() != 40 || q.GetTotals().GetDeliveryMinor() != 700 {
				t.Errorf("got %v", q)
			}
		},
		"changes only the version that was seen": func(t *testing.T) {
			s := w.shop(t)
			seen := s.tariffs()
			s.changeTariffs(func(m *tariffs) { m.Taxes["NZ"] = "GST included 15%" })
			seen.GetTariffs().Taxes["NZ"] = "GST included 10%"
			_, err := s.Pricing.ChangeTariffs(t.Context(), &pricingv1.ChangeTariffsRequest{Tariffs: seen.GetTariffs(), SeenVersion: seen.GetVersion()})
			moduletest.WantReason(s, err, codes.FailedPrecondition, pricingv1.Reason_REASON_CHANGED_MEANWHILE)
			if got := s.tariffs().GetTariffs().GetTaxes()["NZ"]; got != "GST included 15%" {
				t.Errorf("got %q, want the tax of the first change", got)
			}
		},
		"of many at once lets one through": func(t *testing.T) {
			s := w.shop(t)
			s.Cleanup(s.resetTariffs)
			seen := s.tariffs()
			var racing sync.WaitGroup
			var changed atomic.Int32
			for _, rate := range []string{"11%", "12%", "13%", "14%"} {
				to := proto.CloneOf(seen.GetTariffs())
				to.Taxes["NZ"] = "GST included " + rate
				racing.Go(func() {
					_, err := s.Pricing.ChangeTariffs(t.Context(), &pricingv1.ChangeTariffsRequest{Tariffs: to, SeenVersion: seen.GetVersion()})
					if err == nil {
						changed.Add(1)
						return
					}
					moduletest.WantReason(s, err, codes.FailedPrecondition, pricingv1.Reason_REASON_CHANGED_MEANWHILE)
				})
			}
			racing.Wait()
			if changed.Load() != 1 {
				t.Errorf("%d changes of one version were made, want 1", changed.Load())
			}
		},
		"changes nothing when it is repeated": func(t *testing.T) {
			s := w.shop(t)
			seen := s.tariffs()
			r := &pricingv1.ChangeTariffsRequest{Tariffs: proto.CloneOf(seen.GetTariffs()), SeenVersion: "another"}
			same, err := s.Pricing.ChangeTariffs(t.Context(), r)
			s.works(err)
			if now := s.tariffs(); now.GetChanged() || same.GetVersion() != seen.GetVersion() {
				t.Errorf("the configuration's own words: got version %s and %v, want no change", same.GetVersion(), now.GetChanged())
			}
			r.Tariffs.Taxes["NZ"], r.SeenVersion = "GST included 15%", seen.GetVersion()
			first, err := s.Pricing.ChangeTariffs(t.Context(), r)
			s.works(err)
			s.Cleanup(s.resetTariffs)
			at := s.tariffs().GetChangedAt()
			again, err := s.Pricing.ChangeTariffs(t.Context(), r)
			s.works(err)
			if now := s.tariffs(); first.GetVersion() != again.GetVersion() || now.GetVersion() != again.GetVersion() || !proto.Equal(now.GetChangedAt(), at) {
				t.Errorf("got version %s at %v, then %s and %s at %v, want the same", first.GetVersion(), at, again.GetVersion(), now.GetVersion(), now.GetChangedAt())
			}
		},
		"names each bad field, and changes nothing": func(t *testing.T) {
			s := w.shop(t)
			before := s.tariffs()
			many := func(m *tariffs, n int) {
				for range n {
					m.Delivery["standard"].Rates = append(m.Delivery["standard"].Rates, "home 1 EUR")
				}
			}
			for name, row := range map[string]struct {
				change func(*tariffs)
				want   []string
			}{
				"no country":       {func(m *tariffs) { m.Country = "" }, []string{"tariffs.country"}},
				"no place":         {func(m *tariffs) { m.Taxes["Oregon"] = "none" }, []string{"tariffs.taxes.Oregon"}},
				"too high a tax":   {func(m *tariffs) { m.Taxes["NZ"] = "GST included 101%" }, []string{"tariffs.taxes.NZ"}},
				"a tax below 0":    {func(m *tariffs) { m.Taxes["NZ"] = "GST included -1%" }, []string{"tariffs.taxes.NZ"}},
				"a bad class":      {func(m *tariffs) { m.Taxes["NZ"] = "GST included 15%, books 120%" }, []string{"tariffs.taxes.NZ"}},
				"a zone called so": {func(m *tariffs) { m.Zones["world"] = nil }, []string{"tariffs.zones.world"}},
				"no such country":  {func(m *tariffs) { m.Zones["eu"].Countries[0] = "austria" }, []string{"tariffs.zones.eu"}},
				"an unknown zone":  {func(m *tariffs) { m.Delivery["standard"].Rates[1] = "moon 5 EUR" }, []string{"tariffs.delivery.standard.rates[1]"}},
				"a zone that goes": {func(m *tariffs) { delete(m.Zones, "europe"); delete(m.Delivery, "express") }, []string{"tariffs.delivery.standard.days[2]", "tariffs.delivery.standard.rates[16]", "tariffs.delivery.standard.rates[17]", "tariffs.delivery.standard.rates[18]", "tariffs.delivery.standard.rates[19]", "tariffs.delivery.standard.rates[20]", "tariffs.delivery.standard.rates[21]", "tariffs.delivery.standard.rates[22]"}},
				"no such currency": {func(m *tariffs) { m.Delivery["standard"].Rates[1] = "home 5 XYZ" }, []string{"tariffs.delivery.standard.rates[1]"}},
				"a price below 0":  {func(m *tariffs) { m.Delivery["express"].Rates[0] = "home -5 EUR" }, []string{"tariffs.delivery.express.rates[0]"}},
				"too high a price": {func(m *tariffs) { m.Delivery["express"].Rates[0] = "home 99999999999999999 JPY" }, []string{"tariffs.delivery.express.rates[0]"}},
				"half a cent":      {func(m *tariffs) { m.Delivery["express"].Rates[0] = "home 5.005 EUR" }, []string{"tariffs.delivery.express.rates[0]"}},
				"two currencies":   {func(m *tariffs) { m.Delivery["express"].Rates[0] = "home 5 EUR from 10 USD" }, []string{"tariffs.delivery.express.rates[0]"}},
				"days backwards":   {func(m *tariffs) { m.Delivery["express"].Days[0] = "home 3-1" }, []string{"tariffs.delivery.express.days[0]"}},
				"days of nowhere":  {func(m *tariffs) { m.Delivery["express"].Days[0] = "moon 1-3" }, []string{"tariffs.delivery.express.days[0]"}},
				"no name":          {func(m *tariffs) { m.Delivery["express"].Name = "" }, []string{"tariffs.delivery.express.name"}},
				"too long a name":  {func(m *tariffs) { m.Delivery["express"].Name = strings.Repeat("x", 101) }, []string{"tariffs.delivery.express.name"}},
				"a bad id":         {func(m *tariffs) { m.Delivery["By Air"] = &pricingv1.Tariffs_Option{Name: "Air"} }, []string{"tariffs.delivery.By Air"}},
				"no delivery":      {func(m *tariffs) { m.Delivery = nil }, []string{"tariffs.delivery"}},
				"no rate":          {func(m *tariffs) { m.Delivery = map[string]*pricingv1.Tariffs_Option{"post": {Name: "Post"}} }, []string{"tariffs.delivery"}},
				"too many rates":   {func(m *tariffs) { many(m, 500) }, []string{"tariffs.delivery.standard.rates"}},
				"all at once":      {func(m *tariffs) { m.Country, m.Taxes["NZ"], m.Delivery["express"].Name = "x", "x", "" }, []string{"tariffs.taxes.NZ", "tariffs.country", "tariffs.delivery.express.name"}},
				"nothing whatever": {func(m *tariffs) { proto.Reset(m) }, []string{"tariffs.country", "tariffs.delivery"}},
			} {
				t.Run(name, func(t *testing.T) { moduletest.WantFields(t, s.tryTariffs(row.change), row.want...) })
			}
			if now := s.tariffs(); now.GetVersion() != before.GetVersion() || now.GetChanged() {
				t.Errorf("what was refused has changed the tariffs to %v", now)
			}
		},
	}
}

func resetTariffsCases(w World) cases {
	return cases{
		"returns to the configuration, once": func(t *testing.T) {
			s := w.shop(t)
			before := s.tariffs()
			s.works(s.tryTariffs(func(m *tariffs) { m.Taxes["NZ"] = "GST included 15%" }))
			s.resetTariffs()
			if now := s.tariffs(); now.GetChanged() || now.GetVersion() != before.GetVersion() {
				t.Errorf("got %v, want the configuration", now)
			}
			again, err := s.Pricing.ResetTariffs(t.Context(), &pricingv1.ResetTariffsRequest{SeenVersion: "another"})
			s.works(err)
			if again.GetVersion() != before.GetVersion() {
				t.Errorf("got version %s, want %s", again.GetVersion(), before.GetVersion())
			}
		},
		"resets only the version that was seen": func(t *testing.T) {
			s := w.shop(t)
			seen := s.tariffs().GetVersion()
			s.changeTariffs(func(m *tariffs) { m.Taxes["NZ"] = "GST included 15%" })
			_, err := s.Pricing.ResetTariffs(t.Context(), &pricingv1.ResetTariffsRequest{SeenVersion: seen})
			moduletest.WantReason(s, err, codes.FailedPrecondition, pricingv1.Reason_REASON_CHANGED_MEANWHILE)
			if !s.tariffs().GetChanged() {
				t.Error("the change is gone")
			}
		},
	}
}

func tryTariffsCases(w World) cases {
	return cases{
		"says what a parcel would cost, and changes nothing": func(t *testing.T) {
			s := w.shop(t)
			got := s.tariffs()
			m := got.GetTariffs()
			m.Delivery["standard"].Rates[0] = "home 5.20 EUR up to 5kg"
			m.Taxes["DE"] = "VAT included 16%, books 5%"
			r := &pricingv1.TryTariffsRequest{Tariffs: m, CurrencyCode: "EUR", GoodsMinor: 5000, WeightGrams: 4000}
			tried, err := s.Pricing.TryTariffs(t.Context(), r)
			s.works(err)
			// 16 % within 50.00 and within 5.20: 6.90 and 0.72.
			if totals := tried.GetTotals(); tried.GetDeliveryOptions()[0].GetPriceMinor() != 520 || totals.GetTotalMinor() != 5520 || totals.GetTaxMinor() != 762 || tried.GetTaxes()[0].GetName() != "VAT 16 %" {
				t.Errorf("got %v", tried)
			}
			r.TaxClass, r.WeightGrams = "books", 6000
			tried, err = s.Pricing.TryTariffs(t.Context(), r)
			s.works(err)
			if tried.GetDeliveryOptions()[0].GetPriceMinor() != 990 || tried.GetTaxes()[0].GetName() != "VAT 5 %" {
				t.Errorf("books of 6 kg: got %v", tried)
			}
			r.Destination, r.CurrencyCode = &pricingv1.Destination{Country: "US", Region: "ca"}, "USD"
			tried, err = s.Pricing.TryTariffs(t.Context(), r)
			s.works(err)
			if tried.GetTotals().GetTaxesIncluded() || tried.GetTaxes()[0].GetName() != "Sales tax 7.25 %" {
				t.Errorf("to California: got %v", tried)
			}
			r.WeightGrams = 40_000
			tried, err = s.Pricing.TryTariffs(t.Context(), r)
			s.works(err)
			if len(tried.GetDeliveryOptions()) != 0 {
				t.Errorf("what nothing carries: got %v", tried)
			}
			if now := s.tariffs(); now.GetVersion() != got.GetVersion() || now.GetChanged() {
				t.Error("trying has changed the tariffs")
			}
		},
		"names each bad field": func(t *testing.T) {
			s := w.shop(t)
			m := s.tariffs().GetTariffs()
			m.Delivery["standard"].Rates[1] = "moon 5 EUR"
			_, err := s.Pricing.TryTariffs(t.Context(), &pricingv1.TryTariffsRequest{
				Tariffs: m, CurrencyCode: "XYZ", GoodsMinor: -1, WeightGrams: 1_000_001, Destination: &pricingv1.Destination{Country: "x"}, TaxClass: strings.Repeat("x", 33),
			})
			moduletest.WantFields(t, err, "tariffs.delivery.standard.rates[1]", "currency_code", "destination.country", "goods_minor", "weight_grams", "tax_class")
		},
	}
}
