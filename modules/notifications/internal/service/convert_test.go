package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/service"
	ordersv1 "galleria/modules/orders/v1"
)

func TestALetterNamesCountryAndCardAsThePagesDo(t *testing.T) {
	f := service.FactsOf(letter.Placed, &ordersv1.Order{
		Address:       &ordersv1.Address{Line1: "Rua Um 1", City: "Lisboa", PostalCode: "1000-001", Country: "PT"},
		PaymentMethod: &ordersv1.PaymentMethod{Brand: "visa", Last4: "4242"},
	}, "", time.Now())
	if want := []string{"Rua Um 1", "1000-001 Lisboa", "Portugal"}; !slices.Equal(f.Address, want) {
		t.Errorf("the address: got %q, want %q", f.Address, want)
	}
	if want := "Visa •••• 4242"; f.Card != want {
		t.Errorf("the card: got %q, want %q", f.Card, want)
	}
}

func TestALetterOfAParcelSaysWhetherMoreOfTheOrderFollows(t *testing.T) {
	for name, c := range map[string]struct {
		line    *ordersv1.Line // as it is with this parcel, of a piece
		parcels []string
		want    letter.Parcel
	}{
		"all at once":                    {&ordersv1.Line{Quantity: 1, Shipped: 1}, []string{"this"}, letter.Parcel{}},
		"the first of more":              {&ordersv1.Line{Quantity: 3, Shipped: 1}, []string{"this"}, letter.Parcel{Part: true}},
		"one in the middle":              {&ordersv1.Line{Quantity: 3, Shipped: 2}, []string{"before", "this"}, letter.Parcel{Part: true}},
		"the last":                       {&ordersv1.Line{Quantity: 3, Shipped: 3}, []string{"before", "this"}, letter.Parcel{Last: true}},
		"all that was not cancelled":     {&ordersv1.Line{Quantity: 3, Shipped: 1, Cancelled: 2}, []string{"this"}, letter.Parcel{Lacking: true}},
		"the last that is not cancelled": {&ordersv1.Line{Quantity: 3, Shipped: 2, Cancelled: 1}, []string{"before", "this"}, letter.Parcel{Last: true, Lacking: true}},
	} {
		o := &ordersv1.Order{Lines: []*ordersv1.Line{c.line, {Quantity: 1, Shipped: 1}}}
		for _, p := range c.parcels {
			o.Fulfilments = append(o.Fulfilments, &ordersv1.Fulfilment{Id: p})
		}
		got := service.Shipped(&ordersv1.OrderShipped{
			Order: o, Fulfilment: &ordersv1.Fulfilment{Id: "this", Pieces: []*ordersv1.Piece{{Quantity: 1}}},
		}).Parcel
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// TestALetterSaysWhichPiecesItIsAbout: whole is of one that is about all of the order.
func TestALetterSaysWhichPiecesItIsAbout(t *testing.T) {
	o := &ordersv1.Order{CurrencyCode: "EUR", Lines: []*ordersv1.Line{
		{Id: "1", Name: "Lamp", Variant: "Oak", Quantity: 3, Cancelled: 1}, {Id: "2", Name: "Mug <b>", Quantity: 1},
	}}
	pieces := func(lamps, mugs int64) (all []*ordersv1.Piece) {
		for line, n := range map[string]int64{"1": lamps, "2": mugs} {
			if n > 0 {
				all = append(all, &ordersv1.Piece{LineId: line, Quantity: n})
			}
		}
		return all
	}
	shipped := func(p []*ordersv1.Piece) letter.Facts {
		return service.Shipped(&ordersv1.OrderShipped{Order: o, Fulfilment: &ordersv1.Fulfilment{Pieces: p}})
	}
	refunded := func(p []*ordersv1.Piece) letter.Facts {
		return service.Refunded(&ordersv1.OrderRefunded{Order: o, Refund: &ordersv1.Refund{Id: "r", AmountMinor: 700, Pieces: p}})
	}
	failed := func(p []*ordersv1.Piece) letter.Facts {
		return service.RefundFailed(&ordersv1.OrderRefundFailed{Order: o, Refund: &ordersv1.Refund{Id: "r", AmountMinor: 700, Pieces: p}})
	}
	for name, c := range map[string]struct {
		facts letter.Facts
		text  string // "": no pieces are named
		page  string
	}{
		"a parcel with the whole order":      {shipped(pieces(3, 1)), "", ""},
		"a parcel without what is cancelled": {shipped(pieces(2, 1)), "\nIn this parcel:\n  2 × Lamp, Oak\n  1 × Mug <b>\n\nOrder ", "In this parcel:<br>2 × Lamp, Oak<br>1 × Mug &lt;b&gt;</p>"},
		"a parcel with a part of a line":     {shipped(pieces(2, 0)), "\nIn this parcel:\n  2 × Lamp, Oak\n\nOrder ", "In this parcel:<br>2 × Lamp, Oak</p>"},
		"a parcel with one of the lines":     {shipped(pieces(3, 0)), "\nIn this parcel:\n  3 × Lamp, Oak\n\nOrder ", "In this parcel:<br>3 × Lamp, Oak</p>"},
		"a refund of an amount":              {refunded(nil), "", ""},
		"a refund of pieces":                 {refunded(pieces(1, 1)), "\nThe refund is for:\n  1 × Lamp, Oak\n  1 × Mug <b>\n\nOrder ", "The refund is for:<br>1 × Lamp, Oak<br>1 × Mug &lt;b&gt;</p>"},
		"a refund of pieces that failed":     {failed(pieces(1, 0)), "\nThe refund was for:\n  1 × Lamp, Oak\n\nOrder ", "The refund was for:<br>1 × Lamp, Oak</p>"},
	} {
		text, page, err := letter.Writer{}.Write(c.facts)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, c.text) || !strings.Contains(page, c.page) {
			t.Errorf("%s: got\n%s\n%s\nwant\n%s\nand\n%s", name, text, page, c.text, c.page)
		}
		if c.text == "" && (strings.Contains(text, "parcel:") || strings.Contains(text, "for:") || strings.Contains(page, ":<br>")) {
			t.Errorf("%s: got\n%s\n%s\nwant no list of pieces beside that of the order", name, text, page)
		}
	}
}

// TestALetterSaysWhetherItsCardWasCharged, or its money is held, or was let go.
func TestALetterSaysWhetherItsCardWasCharged(t *testing.T) {
	const (
		paid    = ordersv1.PaymentStatus_PAYMENT_STATUS_PAID
		held    = ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED
		letGo   = ordersv1.PaymentStatus_PAYMENT_STATUS_NONE
		paidRow = "Paid with Visa •••• 4242"
		heldRow = "Held on Visa •••• 4242"
		taking  = "We are taking the money that is held on your card (Visa •••• 4242)."
		ends    = "The money that was held on your card (Visa •••• 4242) is let go"
	)
	refund := &ordersv1.Refund{Id: "r", AmountMinor: 700}
	kinds := map[letter.Kind]func(o *ordersv1.Order) letter.Facts{
		letter.Placed:  func(o *ordersv1.Order) letter.Facts { return service.Placed(&ordersv1.OrderPlaced{Order: o}) },
		letter.Shipped: func(o *ordersv1.Order) letter.Facts { return service.Shipped(&ordersv1.OrderShipped{Order: o}) },
		letter.Refunded: func(o *ordersv1.Order) letter.Facts {
			return service.Refunded(&ordersv1.OrderRefunded{Order: o, Refund: refund})
		},
		letter.RefundFailed: func(o *ordersv1.Order) letter.Facts {
			return service.RefundFailed(&ordersv1.OrderRefundFailed{Order: o, Refund: refund})
		},
		letter.Cancelled: func(o *ordersv1.Order) letter.Facts { return service.Cancelled(&ordersv1.OrderCancelled{Order: o}) },
		letter.Failed:    func(o *ordersv1.Order) letter.Facts { return service.Failed(&ordersv1.OrderFailed{Order: o}) },
	}
	all := []string{paidRow, heldRow, taking, ends}
	for _, c := range []struct {
		kind   letter.Kind
		status ordersv1.PaymentStatus
		says   []string // of all, and no other
	}{
		{letter.Placed, paid, []string{paidRow}},
		{letter.Placed, held, []string{heldRow}},
		{letter.Shipped, paid, []string{paidRow}},
		{letter.Shipped, held, []string{heldRow, taking}},
		{letter.Refunded, ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED, []string{paidRow}},
		{letter.RefundFailed, paid, []string{paidRow}},
		{letter.Cancelled, paid, []string{paidRow}},
		{letter.Cancelled, held, []string{ends}},
		{letter.Cancelled, letGo, nil},
		{letter.Failed, letGo, nil},
	} {
		text, page, err := letter.Writer{}.Write(kinds[c.kind](&ordersv1.Order{
			CurrencyCode: "EUR", PaymentStatus: c.status, PaymentMethod: &ordersv1.PaymentMethod{Brand: "visa", Last4: "4242"},
		}))
		if err != nil {
			t.Fatal(err)
		}
		page = strings.ReplaceAll(page, "</span>", "") // beside the words of a row
		for _, words := range all {
			want := slices.Contains(c.says, words)
			if strings.Contains(text, words) != want || strings.Contains(page, words) != want {
				t.Errorf("%s, %s: want %q said: %t; got\n%s\n%s", c.kind, c.status, words, want, text, page)
			}
		}
	}
}

func TestACancellationSaysNothingOfNotBeingChargedWhenTheOrderWasPaid(t *testing.T) {
	const (
		uncharged = "You were not charged."
		before    = "What you paid went back to your card before, or is on its way there."
	)
	for status, want := range map[ordersv1.PaymentStatus]string{
		ordersv1.PaymentStatus_PAYMENT_STATUS_NONE:            uncharged,
		ordersv1.PaymentStatus_PAYMENT_STATUS_AUTHORIZED:      uncharged + " The money that was held on your card is let go; your bank may take some days to show it.",
		ordersv1.PaymentStatus_PAYMENT_STATUS_PAID:            before,
		ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED: before,
		ordersv1.PaymentStatus_PAYMENT_STATUS_REFUNDED:        before,
	} {
		text, _, err := letter.Writer{}.Write(service.Cancelled(&ordersv1.OrderCancelled{
			Order: &ordersv1.Order{CurrencyCode: "EUR", PaymentStatus: status},
		}))
		if err != nil || !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("nothing goes back of an order with %s: got %v, want %q in\n%s", status, err, want, text)
		}
	}
}

// The rest of an order that is sent in parts may be cancelled when no money is left to give
// back: its customer is told all the same that it does not come.
func TestALetterSaysThatTheRestOfAnOrderIsNotSent(t *testing.T) {
	o := &ordersv1.Order{Id: "o", CurrencyCode: "EUR", Status: ordersv1.OrderStatus_ORDER_STATUS_CLOSED, Lines: []*ordersv1.Line{{Id: "1", Name: "Lamp", Quantity: 3}}}
	for amount, money := range map[int64]bool{0: false, 700: true} {
		facts := service.Refunded(&ordersv1.OrderRefunded{Order: o, Refund: &ordersv1.Refund{
			Id: "o", AmountMinor: amount, Reason: "The kiln broke.", Pieces: []*ordersv1.Piece{{LineId: "1", Quantity: 2}},
		}})
		if got := facts.Subject(); got != "The rest of your order o is cancelled" {
			t.Errorf("%d: got the subject %q", amount, got)
		}
		text, _, err := letter.Writer{}.Write(facts)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"is not sent any more. The kiln broke.", "What is not sent:\n  2 × Lamp\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("%d: got\n%s\nwant %q", amount, text, want)
			}
		}
		if strings.Contains(text, "We are giving") != money {
			t.Errorf("%d: got\n%s\nwant money %t", amount, text, money)
		}
	}
}
