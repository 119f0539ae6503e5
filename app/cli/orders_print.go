package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/brands"
	"galleria/platform/money"
)

// orderWord is an enum's name as people read it: "partly refunded".
func orderWord(name, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", " ")
}

func orderStatus(o *ordersv1.Order) string { return orderWord(o.GetStatus().String(), "ORDER_STATUS_") }

func paymentStatus(o *ordersv1.Order) string {
	return orderWord(o.GetPaymentStatus().String(), "PAYMENT_STATUS_")
}

func deliveryStatus(o *ordersv1.Order) string {
	return orderWord(o.GetDeliveryStatus().String(), "DELIVERY_STATUS_")
}

// amountOf is an amount in the order's currency: "12.50 EUR".
func amountOf(o *ordersv1.Order, minor int64) string {
	m, err := money.New(o.GetCurrencyCode(), minor)
	if err != nil {
		return fmt.Sprintf("%d minor units of %s", minor, o.GetCurrencyCode())
	}
	return m.String()
}

// leftToSend counts the pieces that are still to be sent.
func leftToSend(o *ordersv1.Order) (n int64) {
	for _, l := range o.GetLines() {
		n += l.GetQuantity() - l.GetShipped() - l.GetCancelled()
	}
	return n
}

func lastRefund(o *ordersv1.Order) string {
	n := len(o.GetRefunds())
	if n == 0 {
		return "none yet"
	}
	last := o.GetRefunds()[n-1]
	return amountOf(o, last.GetAmountMinor()) + ", " + refundStatus(last)
}

func refundStatus(r *ordersv1.Refund) string {
	return orderWord(r.GetStatus().String(), "REFUND_STATUS_")
}

// printDone says what became of an order, as a sentence or for programs.
func printDone(cmd *cobra.Command, asJSON bool, o *ordersv1.Order, did string) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), asFields(o))
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "order %s %s\n", o.GetNumber(), did)
	return err
}

// printOrder prints all there is about an order, for people.
func printOrder(to io.Writer, o *ordersv1.Order) error {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	row := func(name, text string) {
		if text = oneLine(text); text != "" {
			fmt.Fprintf(out, "%s\t%s\n", name, text)
		}
	}
	a := o.GetAddress()
	row("Order", o.GetNumber()+" ("+o.GetId()+")")
	row("Placed", localStamp(o.GetCreatedAt()))
	row("Status", fmt.Sprintf("%s; payment: %s; delivery: %s", orderStatus(o), paymentStatus(o), deliveryStatus(o)))
	row("Attention", o.GetAttention().GetReason())
	if because := orderWord(o.GetEndedBecause(), ""); because != "" {
		row("Ended", strings.TrimSuffix(because+", by "+o.GetEndedBy()+": "+o.GetEndedNote(), ": "))
	}
	if o.GetContact().GetEmail() != "" { // who has deleted the account is not known any more
		row("Customer", o.GetContact().GetName()+" <"+o.GetContact().GetEmail()+">")
	}
	row("Address", strings.Join(nonEmpty(a.GetLine1(), a.GetLine2(), a.GetPostalCode()+" "+a.GetCity(), a.GetRegion(), a.GetCountry()), ", "))
	row("Delivery", o.GetDelivery().GetName())
	row("Codes", strings.Join(o.GetCodes(), ", "))
	// Not "paid with": the money may be held only, or gone back. The status says which.
	card := o.GetPaymentMethod()
	row("Card", strings.TrimSpace(brands.Name(card.GetBrand(), card.GetBrand())+" "+card.GetLast4()))

	fmt.Fprintln(out, "\nSKU\tNAME\tPIECES\tSHIPPED\tREFUNDED\tRETURNED\tCANCELLED\tTOTAL")
	for _, l := range o.GetLines() {
		fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\n", l.GetSku(), strings.Join(nonEmpty(l.GetName(), l.GetVariant()), ", "), l.GetQuantity(),
			l.GetShipped(), l.GetRefunded(), l.GetReturned(), l.GetCancelled(), amountOf(o, l.GetTotalMinor()))
	}
	t := o.GetTotals()
	fmt.Fprintln(out)
	row("Goods", amountOf(o, t.GetGoodsMinor()))
	for _, d := range o.GetDiscounts() {
		row(cmp.Or(d.GetCode(), "Discount"), "-"+amountOf(o, d.GetAmountMinor())+" "+d.GetName())
	}
	row("Delivery", amountOf(o, t.GetDeliveryMinor()))
	for _, tax := range o.GetTaxes() {
		included := ""
		if tax.GetIncluded() {
			included = " (included)"
		}
		row(tax.GetName(), amountOf(o, tax.GetAmountMinor())+included)
	}
	row("Total", amountOf(o, t.GetTotalMinor()))
	printParts(out, o)
	return out.Flush()
}

// printParts prints parcels, refunds, returns and the timeline.
func printParts(out io.Writer, o *ordersv1.Order) {
	if len(o.GetFulfilments()) > 0 {
		fmt.Fprintln(out, "\nSHIPPED\tPIECES\tCARRIER\tTRACKING")
	}
	for _, f := range o.GetFulfilments() {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", localStamp(f.GetAt()), piecesText(o, f.GetPieces()), cmp.Or(f.GetCarrier(), "-"), cmp.Or(f.GetTracking(), "-"))
	}
	if len(o.GetRefunds()) > 0 {
		fmt.Fprintln(out, "\nREFUNDED\tAMOUNT\tSTATUS\tPIECES\tBY\tREASON")
	}
	for _, r := range o.GetRefunds() {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", localStamp(r.GetAt()), amountOf(o, r.GetAmountMinor()), refundStatus(r),
			cmp.Or(piecesText(o, r.GetPieces()), "-"), r.GetBy(), cmp.Or(oneLine(strings.Join(nonEmpty(r.GetReason(), r.GetFailure()), "; ")), "-"))
	}
	if len(o.GetReturns()) > 0 {
		fmt.Fprintln(out, "\nRETURNED\tPIECES\tREASON")
	}
	for _, r := range o.GetReturns() {
		fmt.Fprintf(out, "%s\t%s\t%s\n", localStamp(r.GetAt()), piecesText(o, r.GetPieces()), cmp.Or(oneLine(r.GetReason()), "-"))
	}
	fmt.Fprintln(out, "\nAT\tWHAT\tNOTE")
	for _, e := range o.GetTimeline() {
		fmt.Fprintf(out, "%s\t%s\t%s\n", localStamp(e.GetAt()), e.GetWhat(), cmp.Or(oneLine(e.GetNote()), "-"))
	}
}

func piecesText(o *ordersv1.Order, pieces []*ordersv1.Piece) string {
	var all []string
	for _, p := range pieces {
		for _, l := range o.GetLines() {
			if l.GetId() == p.GetLineId() {
				all = append(all, fmt.Sprintf("%s=%d", l.GetSku(), p.GetQuantity()))
			}
		}
	}
	return strings.Join(all, ",")
}

func nonEmpty(texts ...string) []string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return all
}
