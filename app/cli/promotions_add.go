package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
	"galleria/platform/money"
)

func newPromotionsAdd(p Program, s *settings) *cobra.Command {
	f := &promotionFlags{}
	var replace, asJSON bool
	cmd := &cobra.Command{
		Use:   "add ID",
		Short: "Add a promotion: a discount, or free delivery, for all or by voucher code",
		Long: `Add makes a promotion, known by its id. It takes off a share (--percent), an amount
(--amount, once for each currency), free pieces (--buy with --get) or the cheapest
delivery (--free-delivery).

Without --code it is automatic. Without --category, --tag and --sku it is for
everything; with several of them it is for goods that any of them names. Without
--combinable it is never applied together with others: whichever makes the lowest
total is. A day stands for its first moment, in UTC.

A promotion that is there already is changed with --replace only: then all it says
is what this command says, and how often it was used stays.`,
		Example: `  galleria promotions add summer --name "Summer: 20 % off" --percent 20 --category garden \
      --starts 2026-07-01 --ends 2026-09-01
  galleria promotions add hello5 --name "5 € for you" --amount "5 EUR" --minimum "40 EUR" \
      --code HELLO5 --max-uses-per-customer 1 --combinable`,
		Args: exactly(1, "an id for the promotion"),
		RunE: func(cmd *cobra.Command, args []string) error {
			promotion, err := f.promotion(args[0])
			if err != nil {
				return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
			}
			return withPricing(cmd, p, s, func(pricing pricingv1.PricingServiceClient) error {
				if err := put(cmd, pricing, promotion, replace); err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), promotionRow(promotion))
				}
				return printPromotions(cmd.OutOrStdout(), []promotionJSON{promotionRow(promotion)})
			})
		},
	}
	f.addTo(cmd)
	cmd.Flags().BoolVar(&replace, "replace", false, "change the promotion with this id, if there is one")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the promotion as one object")
	return cmd
}

// put writes a promotion, and completes it by how often it was used.
func put(cmd *cobra.Command, pricing pricingv1.PricingServiceClient, promotion *pricingv1.Promotion, replace bool) error {
	found, err := pricing.ListPromotions(cmd.Context(), &pricingv1.ListPromotionsRequest{Id: promotion.GetId()})
	if err != nil {
		return err
	}
	for _, before := range found.GetPromotions() { // one at most
		if !replace {
			return fmt.Errorf("there is a promotion %s already, %q; choose another id, or change that one with --replace", before.GetId(), before.GetName())
		}
		promotion.Used = before.GetUsed()
	}
	_, err = pricing.UpsertPromotions(cmd.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: []*pricingv1.Promotion{promotion}})
	if wrong := contract.Violations(err); len(wrong) > 0 {
		return usageError{fmt.Errorf("%s; see %s --help", inFlags(wrong), cmd.CommandPath())}
	}
	return err
}

// promotionFlags are a promotion as it is typed.
type promotionFlags struct {
	name, percent                 string
	amounts, minimums             []string
	buy, get                      int32
	freeDelivery, combinable      bool
	categories, tags, skus, codes []string
	starts, ends                  string
	maxUses, maxEach              int64
}

func (f *promotionFlags) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "what shoppers read (needed)")
	flags.StringVar(&f.percent, "percent", "", "the share it takes off, like 10 or 12.5")
	flags.StringArrayVar(&f.amounts, "amount", nil, `the amount it takes off all its goods together, like "5 EUR"; once for each currency`)
	flags.Int32Var(&f.buy, "buy", 0, "with --get: of each buy + get pieces …")
	flags.Int32Var(&f.get, "get", 0, "… the cheapest get are free")
	flags.BoolVar(&f.freeDelivery, "free-delivery", false, "the cheapest delivery costs nothing")
	flags.StringArrayVar(&f.categories, "category", nil, "for goods of this category; can be repeated")
	flags.StringArrayVar(&f.tags, "tag", nil, "for goods with this tag; can be repeated")
	flags.StringArrayVar(&f.skus, "sku", nil, "for goods with this sku; can be repeated")
	flags.StringArrayVar(&f.minimums, "minimum", nil, `what all goods have to cost, like "40 EUR"; once for each currency`)
	flags.StringVar(&f.starts, "starts", "", "when it begins, like 2026-12-01 or 2026-12-01T09:00:00+01:00 (default: always)")
	flags.StringVar(&f.ends, "ends", "", "when it holds no longer, like 2027-01-01 (default: never)")
	flags.StringArrayVar(&f.codes, "code", nil, "a voucher code; can be repeated")
	flags.Int64Var(&f.maxUses, "max-uses", 0, "uses of its codes in all (default: no limit)")
	flags.Int64Var(&f.maxEach, "max-uses-per-customer", 0, "uses of its codes by one customer (default: no limit)")
	flags.BoolVar(&f.combinable, "combinable", false, "it may be applied together with others")
}

// flagsOf are the flags by field of the contract.
var flagsOf = map[string]string{
	"id": "the id", "name": "--name", "kind": "the kind", "percent_millionths": "--percent", "amounts": "--amount", "buy": "--buy", "get": "--get",
	"categories": "--category", "tags": "--tag", "skus": "--sku", "minimums": "--minimum", "starts_at": "--starts", "ends_at": "--ends",
	"codes": "--code", "max_uses": "--max-uses", "max_uses_per_customer": "--max-uses-per-customer",
}

// inFlags says what is wrong in the words of the command line.
func inFlags(wrong []contract.Violation) string {
	var all []string
	for _, v := range wrong {
		field := strings.TrimPrefix(v.Field, "promotions[0].")
		if flag, known := flagsOf[field]; known {
			field = flag
		}
		all = append(all, field+" "+strings.ReplaceAll(v.Message, "starts_at", "--starts"))
	}
	return strings.Join(all, "; ")
}

// promotion reads the flags. Whether it can hold is for pricing to say.
func (f *promotionFlags) promotion(id string) (*pricingv1.Promotion, error) {
	made := &pricingv1.Promotion{
		Id: id, Name: f.name, Buy: f.buy, Get: f.get, Categories: f.categories, Tags: f.tags, Skus: f.skus,
		Codes: f.codes, MaxUses: f.maxUses, MaxUsesPerCustomer: f.maxEach, Combinable: f.combinable,
	}
	var errs [6]error
	made.Kind, errs[0] = f.kind()
	made.PercentMillionths, errs[1] = millionths(f.percent)
	made.Amounts, errs[2] = promotionAmounts("--amount", f.amounts)
	made.Minimums, errs[3] = promotionAmounts("--minimum", f.minimums)
	made.StartsAt, errs[4] = moment("--starts", f.starts)
	made.EndsAt, errs[5] = moment("--ends", f.ends)
	return made, errors.Join(errs[:]...)
}

func (f *promotionFlags) kind() (pricingv1.Promotion_Kind, error) {
	var kinds []pricingv1.Promotion_Kind
	for kind, given := range map[pricingv1.Promotion_Kind]bool{
		pricingv1.Promotion_KIND_PERCENT: f.percent != "", pricingv1.Promotion_KIND_AMOUNT: len(f.amounts) > 0,
		pricingv1.Promotion_KIND_BUY_X_GET_Y: f.buy != 0 || f.get != 0, pricingv1.Promotion_KIND_FREE_DELIVERY: f.freeDelivery,
	} {
		if given {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) != 1 {
		return 0, errors.New("a promotion takes off one of --percent, --amount, --buy with --get, or --free-delivery")
	}
	return kinds[0], nil
}

// millionths reads a percentage such as 10, 12.5 or 7.25%.
func millionths(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	whole, fraction, _ := strings.Cut(strings.TrimSpace(strings.TrimSuffix(text, "%")), ".")
	notDigit := func(r rune) bool { return r < '0' || '9' < r }
	if whole == "" || len(whole) > 3 || len(fraction) > 4 || strings.ContainsFunc(whole+fraction, notDigit) {
		return 0, fmt.Errorf("--percent is a number like 10 or 12.5, not %q", text)
	}
	n, err := strconv.ParseInt(whole+(fraction + "0000")[:4], 10, 64)
	if err != nil || n < 1 || n > 1_000_000 {
		return 0, fmt.Errorf("--percent is above 0 and up to 100, not %q", text)
	}
	return n, nil
}

func promotionAmounts(flag string, texts []string) ([]*pricingv1.Promotion_Amount, error) {
	var all []*pricingv1.Promotion_Amount
	for _, text := range texts {
		number, currency, _ := strings.Cut(strings.TrimSpace(text), " ")
		amount, err := money.Parse(number, currency)
		if err != nil || amount.Minor() < 1 {
			return nil, fmt.Errorf("%s is an amount above 0 and its currency, like %q, not %q", flag, "5.00 EUR", text)
		}
		if slices.ContainsFunc(all, func(a *pricingv1.Promotion_Amount) bool { return a.GetCurrencyCode() == currency }) {
			return nil, fmt.Errorf("%s has %s twice", flag, currency)
		}
		all = append(all, &pricingv1.Promotion_Amount{CurrencyCode: currency, AmountMinor: amount.Minor()})
	}
	return all, nil
}

// moment reads a day, which is its first moment in UTC, or a time.
func moment(flag, text string) (*timestamppb.Timestamp, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return timestamppb.New(at), nil
		}
	}
	return nil, fmt.Errorf("%s is a day like 2026-12-01 or a time like 2026-12-01T09:00:00+01:00, not %q", flag, text)
}
