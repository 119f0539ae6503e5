package service

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"

	"galleria/modules/pricing/internal/quote"
	"galleria/modules/pricing/internal/store"
	"galleria/modules/pricing/internal/tariff"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/access"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// GetTariffs implements the contract.
func (s *Service) GetTariffs(ctx context.Context, _ *pricingv1.GetTariffsRequest) (*pricingv1.GetTariffsResponse, error) {
	if err := access.Role(ctx, notAllowed, identity.Operator); err != nil {
		return nil, err
	}
	// Not those in memory: who changed them in another process is to see the change.
	got, err := s.Store.Tariffs(ctx, s.Configured)
	if err != nil {
		return nil, fmt.Errorf("get the tariffs: %w", err)
	}
	answer := &pricingv1.GetTariffsResponse{
		Version: got.Version, Changed: !got.ChangedAt.IsZero(), ChangedAt: toTime(got.ChangedAt), TaxClasses: got.Table.Classes(),
		DeliveryCurrencies: got.Table.Delivery.Currencies(),
	}
	if answer.Tariffs, err = toTariffs(got.Table); err != nil {
		return nil, err
	}
	if answer.GetChanged() {
		answer.Configured, err = toTariffs(s.Configured)
	}
	return answer, err
}

// ChangeTariffs implements the contract.
func (s *Service) ChangeTariffs(ctx context.Context, r *pricingv1.ChangeTariffsRequest) (*pricingv1.ChangeTariffsResponse, error) {
	if err := access.Role(ctx, notAllowed, identity.Admin); err != nil {
		return nil, err
	}
	to, bad := fromTariffs(r.GetTariffs())
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	version, err := s.Store.ChangeTariffs(ctx, to, s.Configured, r.GetSeenVersion(), s.Now())
	if err != nil {
		return nil, notChanged(err, "change the tariffs")
	}
	return &pricingv1.ChangeTariffsResponse{Version: version}, s.changed(ctx)
}

// ResetTariffs implements the contract.
func (s *Service) ResetTariffs(ctx context.Context, r *pricingv1.ResetTariffsRequest) (*pricingv1.ResetTariffsResponse, error) {
	if err := access.Role(ctx, notAllowed, identity.Admin); err != nil {
		return nil, err
	}
	version, err := s.Store.ResetTariffs(ctx, s.Configured, r.GetSeenVersion())
	if err != nil {
		return nil, notChanged(err, "reset the tariffs")
	}
	return &pricingv1.ResetTariffsResponse{Version: version}, s.changed(ctx)
}

// What can be tried at most.
const (
	mostGoods = 1_000_000_000
	mostGrams = 1_000_000
)

// TryTariffs implements the contract.
func (s *Service) TryTariffs(ctx context.Context, r *pricingv1.TryTariffsRequest) (*pricingv1.TryTariffsResponse, error) {
	if err := access.Role(ctx, notAllowed, identity.Operator); err != nil {
		return nil, err
	}
	table, bad := fromTariffs(r.GetTariffs())
	bad.checkPlace(r.GetCurrencyCode(), r.GetDestination())
	bad.check(0 <= r.GetGoodsMinor() && r.GetGoodsMinor() <= mostGoods, "goods_minor", "is between 0 and %d", mostGoods)
	bad.check(0 <= r.GetWeightGrams() && r.GetWeightGrams() <= mostGrams, "weight_grams", "is between 0 and %d", mostGrams)
	bad.check(len(r.GetTaxClass()) <= 32, "tax_class", "has up to 32 characters")
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	to := destination(r.GetDestination(), table)
	q, err := quote.Table(table).Price(quote.Request{
		Lines:    []quote.Line{{SKU: "parcel", Quantity: 1, Unit: r.GetGoodsMinor(), Grams: r.GetWeightGrams(), TaxClass: r.GetTaxClass()}},
		Currency: r.GetCurrencyCode(), Country: to.GetCountry(), Region: to.GetRegion(), Now: s.Now(),
	})
	if err != nil {
		return nil, fmt.Errorf("try tariffs: %w", err)
	}
	return &pricingv1.TryTariffsResponse{DeliveryOptions: toOptions(q.Options), Totals: toTotals(q.Totals), Taxes: toTaxes(q)}, nil
}

// notChanged is why tariffs were not.
func notChanged(err error, doing string) error {
	if errors.Is(err, store.ErrChangedMeanwhile) {
		return contract.Error(codes.FailedPrecondition, pricingv1.Reason_REASON_CHANGED_MEANWHILE, "%v; get them, and change those", err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// toTariffs writes a table in the words of the configuration.
func toTariffs(t tariff.Table) (*pricingv1.Tariffs, error) {
	to := &pricingv1.Tariffs{
		Country: t.Delivery.Home, Taxes: map[string]string{},
		Zones: map[string]*pricingv1.Tariffs_Zone{}, Delivery: map[string]*pricingv1.Tariffs_Option{},
	}
	var err error
	text := func(of encoding.TextMarshaler) string {
		written, failed := of.MarshalText()
		err = errors.Join(err, failed)
		return string(written)
	}
	for place, tax := range t.Taxes {
		to.Taxes[place] = text(tax)
	}
	for name, countries := range t.Delivery.Zones {
		to.Zones[name] = &pricingv1.Tariffs_Zone{Countries: slices.Clone(countries)}
	}
	for id, option := range t.Delivery.Options {
		o := &pricingv1.Tariffs_Option{Name: option.Name}
		for _, days := range option.Days {
			o.Days = append(o.Days, text(days))
		}
		for _, rate := range option.Rates {
			o.Rates = append(o.Rates, text(rate))
		}
		to.Delivery[id] = o
	}
	return to, err
}

// fromTariffs reads a table, and says what is wrong with each bad field.
func fromTariffs(m *pricingv1.Tariffs) (tariff.Table, violations) {
	t := tariff.Table{
		Taxes:    tariff.Taxes{},
		Delivery: tariff.Delivery{Home: m.GetCountry(), Zones: map[string][]string{}, Options: map[string]tariff.Option{}},
	}
	var bad violations
	unread := map[string]bool{} // what can't be read is wrong once
	read := func(field, text string, into encoding.TextUnmarshaler) {
		if err := into.UnmarshalText([]byte(text)); err != nil {
			unread[field] = true
			bad.check(false, "tariffs."+field, "%v", err)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(m.GetTaxes())) {
		var tax tariff.Tax
		read("taxes."+place, m.GetTaxes()[place], &tax)
		t.Taxes[place] = tax
	}
	for name, zone := range m.GetZones() {
		t.Delivery.Zones[name] = slices.Clone(zone.GetCountries())
	}
	for _, id := range slices.Sorted(maps.Keys(m.GetDelivery())) {
		o := m.GetDelivery()[id]
		option := tariff.Option{Name: o.GetName(), Days: make([]tariff.Days, len(o.GetDays())), Rates: make([]tariff.Step, len(o.GetRates()))}
		for i, text := range o.GetDays() {
			read(fmt.Sprintf("delivery.%s.days[%d]", id, i), text, &option.Days[i])
		}
		for i, text := range o.GetRates() {
			read(fmt.Sprintf("delivery.%s.rates[%d]", id, i), text, &option.Rates[i])
		}
		t.Delivery.Options[id] = option
	}
	for _, p := range t.CheckChange() {
		bad.check(unread[p.Field()], "tariffs."+p.Field(), "%s", p.Message)
	}
	return t, bad
}
