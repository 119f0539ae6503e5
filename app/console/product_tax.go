package console

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	pricingv1 "galleria/modules/pricing/v1"
)

// offerTaxClasses lets the tax class of each variant be chosen from those that a tax names.
// One that none names stays as it is. While pricing is away they can be typed.
func (c *Console) offerTaxClasses(ctx echo.Context, variants [][]view.Field) {
	work, done := c.working(ctx)
	defer done()
	got, err := c.Pricing.GetTariffs(work, &pricingv1.GetTariffsRequest{})
	if err != nil {
		return
	}
	options := []view.Option{{Value: "", Name: "standard"}}
	for _, class := range got.GetTaxClasses() {
		if class != "standard" {
			options = append(options, view.Option{Value: class, Name: class})
		}
	}
	for _, fields := range variants {
		for i := range fields {
			f := &fields[i]
			if !strings.HasSuffix(f.Name, "-tax") {
				continue
			}
			f.Kind, f.Label, f.Options = "select", "Tax class", options
			if slices.ContainsFunc(options, func(o view.Option) bool { return o.Value == f.Value }) {
				continue
			}
			name := f.Value
			if !slices.Contains(got.GetTaxClasses(), f.Value) {
				name += ", which no tax names: standard"
			}
			f.Options = append(slices.Clone(options), view.Option{Value: f.Value, Name: name})
		}
	}
}
