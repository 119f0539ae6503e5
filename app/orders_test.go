package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestOperatorsTakeOrdersOnByCommand: an operator of an open shop ships an order in
// two parcels and refunds a part of it, cancels another, and the customers hear of it.
func TestOperatorsTakeOrdersOnByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, append([]string{"orders"}, args...)...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria orders %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	type order struct {
		Number, Status string
		DeliveryStatus string `json:"delivery_status"`
		RefundedMinor  int64  `json:"refunded_minor"`
		Lines          []struct {
			SKU                          string
			Shipped, Refunded, Cancelled int64
		}
		Refunds []struct {
			Status, By  string
			AmountMinor int64 `json:"amount_minor"`
		}
	}
	show := func(id string) (o order) {
		t.Helper()
		if err := json.Unmarshal([]byte(run(0, "", "show", id, "--json")), &o); err != nil {
			t.Fatal(err)
		}
		return o
	}

	run(0, "there are no such orders", "list")
	run(0, "no order needs attention", "attention")
	ana := shop.Guest(t, "Ana")
	ana.Adds(2, shoptest.Mug)
	ana.Adds(1, shoptest.Teapot)
	kept := ana.Pays(shoptest.Visa).ID
	bea := shop.Guest(t, "Bea")
	bea.Adds(1, shoptest.Tray)
	returned := bea.Pays(shoptest.Visa).ID
	number := show(kept).Number

	run(0, number, "list", "--status", "open", "--query", "ana@example.org")
	run(0, "Ana Example <ana@example.org>", "show", strings.ToLower(number))
	run(0, "Visa 4242", "show", number)
	run(1, "has no line of GONG-1; it has MUG-1, POT-1", "ship", number, "--lines", "GONG-1=1")
	run(1, "does not have that many", "ship", number, "--lines", "MUG-1=3")
	for range 2 {
		run(0, "pieces left to send: 2", "ship", number, "--carrier", "CTT", "--tracking", "RR1", "--lines", "MUG-1=1", "--key", "parcel-1")
	}
	run(0, "RR1", "show", number)
	run(0, "gets a refund: 1.00 EUR", "refund", number, "--amount", "1.00", "--reason", "a scratch")
	run(0, "gets a refund", "refund", number, "--lines", "POT-1=1", "--restock")
	run(1, "has less paid that is not refunded", "refund", number, "--amount", "1000 EUR")
	run(1, "was paid in EUR, not in USD", "refund", number, "--amount", "1 USD")
	shop.Await(t, "both refunds succeeded", func() bool {
		o := show(kept)
		return len(o.Refunds) == 2 && o.Refunds[0].Status == "succeeded" && o.Refunds[1].Status == "succeeded"
	})
	run(0, "is shipped, and closed", "ship", kept)
	if o := show(kept); o.Status != "closed" || o.Lines[0].Shipped != 2 || o.Lines[1].Cancelled != 1 || o.Refunds[0].AmountMinor != 100 || o.Refunds[0].By != "operator" {
		t.Errorf("got %+v, want two mugs sent, the teapot not, and 1.00 refunded by the operator first", o)
	}
	run(1, "nothing is to be sent", "ship", number)
	for range 2 {
		run(0, "has pieces that came back: MUG-1=1", "return", number, "--lines", "MUG-1=1", "--reason", "too small", "--restock", "--key", "back-1")
	}
	shop.Await(t, "the mug is on the shelf again, once", func() bool {
		out, _ := shop.Run(t, "stock", "show", "MUG-1", "--json")
		return strings.Count(out, `"reason": "return"`) == 1
	})
	run(1, "does not have that many", "return", number, "--lines", "MUG-1=2")
	run(1, "does not have that many", "return", number, "--lines", "POT-1=1")

	eve := shop.Guest(t, "Eve")
	eve.Adds(1, shoptest.Mug)
	unpaid := shop.Unpaid(t, eve.Post("/checkout", eve.FillsIn("")).Want(http.StatusSeeOther).Location())
	run(0, "is called off; it was not paid", "cancel", unpaid.ID)
	run(0, "is cancelled", "cancel", returned, "--reason", "the tray broke")
	run(0, "is cancelled", "cancel", returned)
	run(0, "the tray broke", "show", returned)
	run(0, show(returned).Number, "list", "--status", "cancelled")
	run(1, "is shipped, or a part of it", "cancel", number)
	run(1, "needs no attention", "attention", number, "--retry")
	run(1, "no such order", "show", strings.Repeat("0", len(kept)))
	run(1, "is no number of an order", "show", "nothing")
	for _, subject := range []string{number + " is on its way", show(returned).Number + " is cancelled"} {
		shop.AwaitMail(t, subject)
	}
	shop.Books(t) // and one for each refund
}

// TestOrdersCommandsSayWhatTheyWant refuses command lines that are not understood.
func TestOrdersCommandsSayWhatTheyWant(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	for args, says := range map[string]string{
		"list --status lost":              "--status is placing, open",
		"list --most 0":                   "--most must be at least 1",
		"show":                            "wants the number or the id of one order",
		"ship":                            "wants the number or the id of one order",
		"refund G-1":                      "wants one of --amount, --lines and --all",
		"refund G-1 --all --amount 5":     "wants one of --amount, --lines and --all",
		"refund G-1 --amount 5 --restock": "--restock needs --lines",
		"attention G-1":                   "wants --retry or --close",
		"attention G-1 --retry --close":   "wants --retry or --close",
		"attention --retry":               "wants the number or the id of one order",
		"refund":                          "wants one of",
		"return":                          "wants --lines",
		"attention G-1 G-2 --retry":       "one order at most",
	} {
		if out, code := shop.Run(t, strings.Fields("orders "+args)...); code != 2 || !strings.Contains(out, says) {
			t.Errorf("galleria orders %s: got exit %d and %q, want 2 and %q", args, code, out, says)
		}
	}
}

// TestOperatorsAnswerOrdersThatNeedAttentionByCommand: a refund is refused for good, and
// an operator finds the order and closes it.
func TestOperatorsAnswerOrdersThatNeedAttentionByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	eva := shop.Guest(t, "Eva")
	eva.Adds(1, shoptest.Mug)
	order := eva.Pays("4000000000006066").ID
	if out, code := shop.Run(t, "orders", "refund", order, "--all"); code != 0 || !strings.Contains(out, "gets a refund: 22.40 EUR") {
		t.Fatalf("got exit %d and %s, want a refund of all", code, out)
	}
	var listed []struct{ ID string }
	shop.Await(t, "the order needs attention", func() bool {
		out, _ := shop.Run(t, "orders", "attention", "--json")
		if err := json.Unmarshal([]byte(out), &listed); err != nil {
			t.Fatalf("orders attention --json: %v in\n%s", err, out)
		}
		return len(listed) == 1 && listed[0].ID == order
	})
	if out, _ := shop.Run(t, "orders", "attention"); !strings.Contains(out, "refund") {
		t.Errorf("got %s, want that the refund was refused", out)
	}
	if out, code := shop.Run(t, "orders", "attention", order, "--close", "--note", "sent by bank transfer"); code != 0 || !strings.Contains(out, "needs no attention any more") {
		t.Errorf("got exit %d and %s, want that it needs no attention any more", code, out)
	}
	if out, _ := shop.Run(t, "orders", "attention"); !strings.Contains(out, "no order needs attention") {
		t.Errorf("got %s, want none", out)
	}
	if out, _ := shop.Run(t, "orders", "show", order); !strings.Contains(out, "sent by bank transfer") {
		t.Errorf("got %s, want the note", out)
	}
}
