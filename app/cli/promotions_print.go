package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/money"
)

// promotionJSON is a promotion as it is printed for programs.
type promotionJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Kind is percent, amount, buy_x_get_y or free_delivery.
	Kind string `json:"kind"`
	// PercentMillionths is the share of a percent; 100000 is 10 %.
	PercentMillionths int64 `json:"percent_millionths,omitempty"`
	// Amounts and Minimums are in minor units, by currency.
	Amounts            map[string]int64 `json:"amounts,omitempty"`
	Buy                int32            `json:"buy,omitempty"`
	Get                int32            `json:"get,omitempty"`
	Categories         []string         `json:"categories,omitempty"`
	Tags               []string         `json:"tags,omitempty"`
	SKUs               []string         `json:"skus,omitempty"`
	Minimums           map[string]int64 `json:"minimums,omitempty"`
	Codes              []string         `json:"codes,omitempty"`
	Used               int64            `json:"used"`
	MaxUses            int64            `json:"max_uses,omitempty"`
	MaxUsesPerCustomer int64            `json:"max_uses_per_customer,omitempty"`
	// Starts and Ends are times as in RFC 3339; empty: always, never.
	Starts     string `json:"starts,omitempty"`
	Ends       string `json:"ends,omitempty"`
	Combinable bool   `json:"combinable"`
}

func promotionRow(p *pricingv1.Promotion) promotionJSON {
	return promotionJSON{
		ID: p.GetId(), Name: p.GetName(), Kind: strings.ToLower(strings.TrimPrefix(p.GetKind().String(), "KIND_")),
		PercentMillionths: p.GetPercentMillionths(), Amounts: byCurrency(p.GetAmounts()), Buy: p.GetBuy(), Get: p.GetGet(),
		Categories: p.GetCategories(), Tags: p.GetTags(), SKUs: p.GetSkus(), Minimums: byCurrency(p.GetMinimums()),
		Codes: p.GetCodes(), Used: p.GetUsed(), MaxUses: p.GetMaxUses(), MaxUsesPerCustomer: p.GetMaxUsesPerCustomer(),
		Starts: inRFC3339(p.GetStartsAt()), Ends: inRFC3339(p.GetEndsAt()), Combinable: p.GetCombinable(),
	}
}

func byCurrency(amounts []*pricingv1.Promotion_Amount) map[string]int64 {
	by := map[string]int64{}
	for _, a := range amounts {
		by[a.GetCurrencyCode()] = a.GetAmountMinor()
	}
	return by
}

func inRFC3339(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format(time.RFC3339)
}

func printPromotions(to io.Writer, rows []promotionJSON) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(to, "there are no promotions; see galleria promotions add --help")
		return err
	}
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "ID\tNAME\tTAKES OFF\tFOR\tCODES\tUSED\tSTARTS\tENDS")
	for _, r := range rows {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Name, r.takesOff(), r.goods(),
			cmp.Or(strings.Join(r.Codes, ", "), "automatic"), r.uses(), cmp.Or(r.Starts, "always"), cmp.Or(r.Ends, "never"))
	}
	return out.Flush()
}

// takesOff is "10 %", "5.00 EUR, from 40.00 EUR" and the like.
func (r promotionJSON) takesOff() string {
	var text string
	switch {
	case r.PercentMillionths > 0:
		text = strconv.FormatFloat(float64(r.PercentMillionths)/10_000, 'f', -1, 64) + " %"
	case len(r.Amounts) > 0:
		text = inWords(r.Amounts)
	case r.Buy > 0:
		text = fmt.Sprintf("%d free of %d", r.Get, r.Buy+r.Get)
	default:
		text = "the cheapest delivery"
	}
	if len(r.Minimums) > 0 {
		text += ", from " + inWords(r.Minimums)
	}
	return text
}

func inWords(amounts map[string]int64) string {
	var all []string
	for currency, minor := range amounts {
		text := fmt.Sprintf("%d minor units of %s", minor, currency)
		if m, err := money.New(currency, minor); err == nil {
			text = m.String()
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, " or ")
}

func (r promotionJSON) goods() string {
	var all []string
	for what, names := range map[string][]string{"category": r.Categories, "tag": r.Tags, "sku": r.SKUs} {
		for _, name := range names {
			all = append(all, what+" "+name)
		}
	}
	slices.Sort(all)
	return cmp.Or(strings.Join(all, ", "), "everything")
}

func (r promotionJSON) uses() string {
	text := strconv.FormatInt(r.Used, 10)
	if r.MaxUses > 0 {
		text += "/" + strconv.FormatInt(r.MaxUses, 10)
	}
	return text
}
