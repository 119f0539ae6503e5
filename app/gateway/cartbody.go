package gateway

import (
	"net/url"
	"slices"
	"strings"
	"time"

	cartv1 "galleria/modules/cart/v1"
	pricingv1 "galleria/modules/pricing/v1"
)

// Cart is what is in a cart and what it costs now.
type Cart struct {
	ID              string           `json:"id" doc:"Opens the cart to all who know it."`
	Items           []CartItem       `json:"items" doc:"In the order they were first added."`
	ItemCount       int64            `json:"item_count" doc:"Number of things in it."`
	Address         *Destination     `json:"address,omitempty" doc:"Where the goods go, as it was said."`
	PricedFor       *Destination     `json:"priced_for,omitempty" doc:"The destination that the prices hold for: the address, or the shop's own country as an estimate."`
	DeliveryOptions []DeliveryOption `json:"delivery_options" doc:"The cheapest first; empty when no delivery goes there."`
	DeliveryOption  string           `json:"delivery_option,omitempty" doc:"Id of the one in the totals."`
	Codes           []CartCode       `json:"codes" doc:"Voucher codes."`
	Discounts       []Discount       `json:"discounts" doc:"What was taken off."`
	Taxes           []Tax            `json:"taxes"`
	Totals          Totals           `json:"totals"`
	ExpiresAt       time.Time        `json:"expires_at" doc:"When it is forgotten unless it changes before."`
}

// CartItem is one variant in a cart.
type CartItem struct {
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity"`
	Name      string `json:"name"`
	Page      string `json:"page,omitempty" doc:"Address of the product's page on this host."`
	Picture   string `json:"picture,omitempty"`
	UnitPrice *Money `json:"unit_price,omitempty"`
	CompareAt *Money `json:"compare_at,omitempty" doc:"What one cost before."`
	Discount  *Money `json:"discount,omitempty" doc:"What is taken off the whole line."`
	Total     *Money `json:"total,omitempty" doc:"What is paid for the whole line."`
	Problem   string `json:"problem,omitempty" enum:"not_sold,no_price" doc:"Why it can't be bought; then it is in no total, and no part of an order."`
}

// Destination is where goods go, as far as prices depend on it.
type Destination struct {
	Country    string `json:"country" pattern:"^[A-Z]{2}$" example:"PT" doc:"ISO 3166-1 alpha-2."`
	Region     string `json:"region,omitempty" maxLength:"64" doc:"State or province, by the second part of ISO 3166-2 or by name. Needed where taxes depend on it, as in the USA."`
	PostalCode string `json:"postal_code,omitempty" maxLength:"16"`
}

// DeliveryOption is a way to send the goods.
type DeliveryOption struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Price   Money  `json:"price"`
	DaysMin int32  `json:"days_min,omitempty" doc:"Working days."`
	DaysMax int32  `json:"days_max,omitempty"`
}

// CartCode is a voucher code of a cart.
type CartCode struct {
	Code    string `json:"code"`
	Applied bool   `json:"applied" doc:"It takes something off."`
	Problem string `json:"problem,omitempty" enum:"unknown,ended,not_yet,used_up,minimum_not_reached,not_for_these,not_combined" doc:"Why it does not."`
	Minimum *Money `json:"minimum,omitempty" doc:"With minimum_not_reached: what the goods have to cost."`
}

// Discount is what one promotion takes off.
type Discount struct {
	Name     string `json:"name"`
	Code     string `json:"code,omitempty"`
	Amount   Money  `json:"amount" doc:"Off the goods."`
	Delivery *Money `json:"delivery,omitempty" doc:"Off the delivery, whose price is without it already."`
}

// Tax is the tax of one rate.
type Tax struct {
	Name     string `json:"name" example:"VAT 23 %"`
	Amount   Money  `json:"amount"`
	Included bool   `json:"included" doc:"It is within the prices."`
}

// Totals add up: goods - discount + delivery, and tax unless it is included, are the
// total.
type Totals struct {
	Goods         Money `json:"goods" doc:"Before discounts."`
	Discount      Money `json:"discount"`
	Delivery      Money `json:"delivery"`
	Tax           Money `json:"tax"`
	Total         Money `json:"total" doc:"What an order expects as expected_total."`
	TaxesIncluded bool  `json:"taxes_included"`
}

func (g *Gateway) toCart(held *cartv1.Cart, q *pricingv1.Quote) Cart {
	in := func(minor int64) Money { return money(q.GetCurrencyCode(), minor) }
	c := Cart{
		ID: held.GetId(), ItemCount: held.GetItemCount(), ExpiresAt: when(held.GetExpiresAt()), DeliveryOption: q.GetDeliveryOption(),
		Items: make([]CartItem, 0, len(held.GetLines())), Taxes: all(q.GetTaxes(), func(t *pricingv1.TaxLine) Tax {
			return Tax{Name: t.GetName(), Amount: in(t.GetAmountMinor()), Included: t.GetIncluded()}
		}),
		Totals: Totals{
			Goods: in(q.GetTotals().GetGoodsMinor()), Discount: in(q.GetTotals().GetDiscountMinor()), Delivery: in(q.GetTotals().GetDeliveryMinor()),
			Tax: in(q.GetTotals().GetTaxMinor()), Total: in(q.GetTotals().GetTotalMinor()), TaxesIncluded: q.GetTotals().GetTaxesIncluded(),
		},
		Discounts: all(q.GetDiscounts(), func(d *pricingv1.Discount) Discount {
			return Discount{Name: d.GetName(), Code: d.GetCode(), Amount: in(d.GetAmountMinor()), Delivery: some(q.GetCurrencyCode(), d.GetDeliveryMinor())}
		}),
		DeliveryOptions: all(q.GetDeliveryOptions(), func(d *pricingv1.DeliveryOption) DeliveryOption {
			return DeliveryOption{ID: d.GetId(), Name: d.GetName(), Price: in(d.GetPriceMinor()), DaysMin: d.GetDaysMin(), DaysMax: d.GetDaysMax()}
		}),
		Codes: all(held.GetCodes(), func(code string) CartCode { return codeOf(q, code) }),
	}
	if to := held.GetDestination(); to != nil {
		c.Address = &Destination{Country: to.GetCountry(), Region: to.GetRegion(), PostalCode: to.GetPostalCode()}
	}
	if to := q.GetDestination(); to.GetCountry() != "" {
		c.PricedFor = &Destination{Country: to.GetCountry(), Region: to.GetRegion(), PostalCode: to.GetPostalCode()}
	}
	for _, l := range held.GetLines() {
		c.Items = append(c.Items, itemOf(l, q))
	}
	return c
}

func itemOf(l *cartv1.Line, q *pricingv1.Quote) CartItem {
	item := CartItem{SKU: l.GetSku(), Quantity: l.GetQuantity(), Name: l.GetName(), Picture: picture(l.GetPicture()), Problem: "not_sold"}
	if l.GetSlug() != "" {
		item.Page = "/products/" + url.PathEscape(l.GetSlug())
	}
	at := slices.IndexFunc(q.GetLines(), func(one *pricingv1.QuoteLine) bool { return one.GetSku() == l.GetSku() })
	if at < 0 {
		return item
	}
	line := q.GetLines()[at]
	switch line.GetProblem() {
	case pricingv1.LineProblem_LINE_PROBLEM_NO_PRICE:
		item.Problem = "no_price"
	case pricingv1.LineProblem_LINE_PROBLEM_UNSPECIFIED:
		unit, total := money(q.GetCurrencyCode(), line.GetUnitPriceMinor()), money(q.GetCurrencyCode(), line.GetTotalMinor())
		item.Problem, item.UnitPrice, item.Total = "", &unit, &total
		item.CompareAt, item.Discount = some(q.GetCurrencyCode(), line.GetCompareAtMinor()), some(q.GetCurrencyCode(), line.GetDiscountMinor())
	}
	return item
}

func codeOf(q *pricingv1.Quote, code string) CartCode {
	for _, p := range q.GetCodeProblems() {
		if p.GetCode() == code {
			name := strings.ToLower(strings.TrimPrefix(p.GetProblem().String(), "PROBLEM_"))
			return CartCode{Code: code, Problem: name, Minimum: some(q.GetCurrencyCode(), p.GetMinimumMinor())}
		}
	}
	return CartCode{Code: code, Applied: len(q.GetLines()) > 0}
}
