package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/proto"

	"galleria/app/console/internal/view"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/money"
)

// The fields of a parcel that is tried.
const (
	tryPlace  = "try-place"
	tryGoods  = "try-goods"
	tryWeight = "try-weight"
)

// drawTry shows the fields of a parcel: what was typed, or one that is common.
func (c *Console) drawTry(ctx echo.Context, page *view.Tariffs, country string, wrong map[string]string, focus string) {
	field := func(name, label, common string) view.TariffField {
		return view.TariffField{ID: name, Name: name, Label: label, Value: cmp.Or(ctx.FormValue(name), common), Problem: wrong[name], Most: 20, Focus: name == focus}
	}
	page.Try = []view.TariffField{
		field(tryPlace, "Where a parcel goes, such as DE or US-CA", country),
		field(tryGoods, "What its goods cost", "50 "+c.currency()),
		field(tryWeight, "Its weight in grams", "1000"),
	}
}

// tryTariffs says what a parcel would cost if what is typed were saved.
func (c *Console) tryTariffs(ctx echo.Context, of tariffSheet, got *pricingv1.GetTariffsResponse, form tariffForm, page view.Tariffs) error {
	work, done := c.working(ctx)
	defer done()
	to := proto.CloneOf(got.GetTariffs())
	fields, wrong := form.into(to)
	maps.Copy(fields, map[string]string{"destination.country": tryPlace, "destination.region": tryPlace, "currency_code": tryGoods, "goods_minor": tryGoods, "weight_grams": tryWeight})
	country, region, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(ctx.FormValue(tryPlace))), "-")
	number, currency, _ := strings.Cut(strings.TrimSpace(ctx.FormValue(tryGoods)), " ")
	goods, err := money.Parse(number, strings.ToUpper(strings.TrimSpace(cmp.Or(currency, c.currency()))))
	if err != nil || goods.Negative() {
		wrong[tryGoods] = "is an amount such as 50.00 " + c.currency()
	}
	grams, err := strconv.ParseInt(strings.TrimSpace(ctx.FormValue(tryWeight)), 10, 64)
	if err != nil {
		wrong[tryWeight] = "is a whole number of grams, such as 1000"
	}
	code := http.StatusOK
	if len(wrong) == 0 {
		var tried *pricingv1.TryTariffsResponse
		tried, err = c.Pricing.TryTariffs(work, &pricingv1.TryTariffsRequest{
			Tariffs: to, Destination: &pricingv1.Destination{Country: country, Region: region}, CurrencyCode: goods.Currency(), GoodsMinor: goods.Minor(), WeightGrams: grams,
		})
		if err == nil {
			page.Tried = triedOf(tried, goods.Currency())
		} else if len(contract.Violations(err)) == 0 {
			return err
		}
	}
	others := tariffProblems(err, fields, wrong)
	if len(wrong)+len(others) > 0 {
		code, page.Problem = http.StatusConflict, strings.Join(append([]string{"This can't be tried: see what is marked below."}, others...), " ")
	}
	return c.showTariffs(ctx, code, of, got, form, page, wrong, tryPlace)
}

func triedOf(tried *pricingv1.TryTariffsResponse, currency string) *view.TariffTried {
	ways := view.Table{Caption: "What it would cost", Heads: []string{"Way to send", "Price", "Working days"}, None: "Nothing is sent there in " + currency + ": no price fits the place and the weight."}
	for _, o := range tried.GetDeliveryOptions() {
		days := "–"
		if o.GetDaysMax() > 0 {
			days = fmt.Sprintf("%d–%d", o.GetDaysMin(), o.GetDaysMax())
		}
		ways.Rows = append(ways.Rows, view.Row{Cells: []string{o.GetName(), amount(currency, o.GetPriceMinor()), days}})
	}
	t := tried.GetTotals()
	total := "With the cheapest way, in all: " + amount(currency, t.GetTotalMinor())
	how := ", without tax"
	for _, x := range tried.GetTaxes() {
		if how = ", with "; x.GetIncluded() {
			how = ", including "
		}
		how += x.GetName() + ", " + amount(currency, x.GetAmountMinor())
	}
	if len(tried.GetDeliveryOptions()) == 0 {
		return &view.TariffTried{Ways: ways}
	}
	return &view.TariffTried{Ways: ways, Total: total + how + "."}
}
