package order

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// purchase is one of some lines, with delivery.
func purchase(delivery int64, lines ...Line) Purchase {
	p := Purchase{
		Key: "key", Fingerprint: "fingerprint", CartID: "cart", Currency: "EUR", Lines: lines,
		Contact: Contact{Email: "ana@example.org", Name: "Ana Example"},
		Address: Address{Line1: "1 Arcade", City: "Lisbon", PostalCode: "1100-000", Country: "PT"},
	}
	for _, l := range lines {
		p.Totals.Goods += l.Quantity * l.UnitPrice
		p.Totals.Discount += l.Discount
	}
	p.Totals.Delivery, p.Totals.TaxesIncluded = delivery, true
	p.Totals.Total = p.Totals.Goods - p.Totals.Discount + delivery
	return p
}

func line(sku string, quantity, unit, discount int64) Line {
	return Line{SKU: sku, Name: sku, Quantity: quantity, UnitPrice: unit, Discount: discount, Total: quantity*unit - discount}
}

// placed is an order of this purchase.
func placed(t interface{ Fatal(...any) }, p Purchase) *Order {
	o, err := Place("order", NewNumber(0), "token", p, t0, t0.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// open is an order that is paid.
func open(t interface{ Fatal(...any) }, p Purchase) *Order {
	o := placed(t, p)
	o.StartPayment()
	o.PaidBy(Paid, "visa", "4242", p.Totals.Total, t0)
	if err := o.Open(t0); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAPriceWhosePartsDoNotAddUpIsNoOrder(t *testing.T) {
	for name, change := range map[string]func(p *Purchase){
		"another total":       func(p *Purchase) { p.Totals.Total++ },
		"another delivery":    func(p *Purchase) { p.Totals.Delivery-- },
		"no lines":            func(p *Purchase) { p.Lines = nil },
		"none of a thing":     func(p *Purchase) { p.Lines[0].Quantity = 0 },
		"a negative price":    func(p *Purchase) { p.Lines[0].UnitPrice = -1 },
		"an unknown currency": func(p *Purchase) { p.Currency = "XXQ" },
		"a longer line":       func(p *Purchase) { p.Lines[0].Total = 100000 },
		"nobody":              func(p *Purchase) { p.Contact.Name = "" },
	} {
		p := purchase(500, line("mug", 2, 700, 0))
		change(&p)
		if _, err := Place("order", "G-1", "token", p, t0, t0); err == nil {
			t.Errorf("%s: got an order", name)
		}
	}
}

func TestNumbersFindWrongCharacters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := NewNumber(rapid.IntRange(0, 3).Draw(t, "longer"))
		if got, ok := ParseNumber(number); !ok || got != number {
			t.Fatalf("%s is read as %q, %t", number, got, ok)
		}
		if got, ok := ParseNumber(strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(number, "G"), "-", " "))); !ok || got != number {
			t.Fatalf("%s in small letters is read as %q, %t", number, got, ok)
		}
		characters := strings.ReplaceAll(strings.TrimPrefix(number, "G-"), "-", "")
		at := rapid.IntRange(0, len(characters)-1).Draw(t, "at")
		wrong := rapid.SampledFrom([]byte(numberAlphabet)).Draw(t, "wrong")
		if characters[at] == wrong {
			return
		}
		mistyped := characters[:at] + string(wrong) + characters[at+1:]
		if got, ok := ParseNumber("G-" + mistyped); ok && got == number {
			t.Fatalf("%s mistyped as %s is read as itself", number, mistyped)
		} else if ok && strings.TrimPrefix(got, "G-") == mistyped[:4]+"-"+mistyped[4:] {
			t.Fatalf("%s mistyped as %s was not found", number, mistyped)
		}
	})
}

func TestNamesThatAdvertiseAreRefused(t *testing.T) {
	for _, name := range []string{"Win a prize at https://evil.example/x", "www.evil.example", "me@evil.example"} {
		if got := (Contact{Email: "ana@example.org", Name: name}).Problems(); len(got) != 1 {
			t.Errorf("%q: got %v, want a problem", name, got)
		}
	}
	for _, name := range []string{"Ana Example", "J.R.R. Tolkien", "O'Neill-Smith, Jr.", "Jürgen", "山田太郎"} {
		if got := (Contact{Email: "ana@example.org", Name: name}).Problems(); len(got) != 0 {
			t.Errorf("%q: got %v, want none", name, got)
		}
	}
}

func TestACancellationRefundsWhatIsLeftAndNeverMore(t *testing.T) {
	o := open(t, purchase(500, line("mug", 3, 700, 100)))
	if err := o.Refund(Refund{ID: "r1", Key: "k1", Amount: 900}, t0); err != nil {
		t.Fatal(err)
	}
	o.RefundSettled("r1", RefundSucceeded, "", t0)
	if err := o.Cancel(Ending{Because: OnRequest, By: Guest}, t0); err != nil {
		t.Fatal(err)
	}
	refunds := o.Snapshot().Refunds
	if len(refunds) != 2 || refunds[1].Amount != 2500-900 || o.Status() != Cancelled {
		t.Errorf("got refunds %+v of an order that is %s, want one of 1600 more", refunds, o.Status())
	}
	if err := o.Cancel(Ending{Because: OnRequest, By: Guest}, t0); err != nil || len(o.Snapshot().Refunds) != 2 {
		t.Errorf("cancelled twice: got %v, and %d refunds", err, len(o.Snapshot().Refunds))
	}
}

// In dinars a card can't be paid back the third decimal.
func TestPiecesArePaidBackInAmountsThatCanBePaid(t *testing.T) {
	p := purchase(0, line("mug", 3, 1110, 10))
	p.Currency = "KWD"
	o := open(t, p)
	if err := o.Refund(Refund{ID: "odd", Key: "odd", Amount: 1005}, t0); !errors.Is(err, ErrNotInSteps) {
		t.Errorf("1.005: got %v, want ErrNotInSteps", err)
	}
	for i, want := range []int64{1100, 1110, 1110} {
		name := fmt.Sprint("r", i)
		if err := o.Refund(Refund{ID: name, Key: name, Pieces: []Piece{{Line: "1", Quantity: 1}}}, t0); err != nil {
			t.Fatal(err)
		}
		if got := o.Snapshot().Refunds[i].Amount; got != want {
			t.Errorf("piece %d: got %d paid back, want %d", i, got, want)
		}
	}
}

func TestWhatWasShippedIsNotCancelled(t *testing.T) {
	o := open(t, purchase(0, line("mug", 3, 700, 0)))
	if err := o.Ship(Fulfilment{ID: "f", Key: "k", Pieces: []Piece{{Line: "1", Quantity: 1}}}, t0); err != nil {
		t.Fatal(err)
	}
	if err := o.Cancel(Ending{Because: OnRequest, By: Guest}, t0); !errors.Is(err, ErrShipped) {
		t.Errorf("got %v, want ErrShipped", err)
	}
}

func TestARefusedRefundIsAskedForAgainAsAnotherOne(t *testing.T) {
	o := open(t, purchase(0, line("mug", 1, 700, 0)))
	if err := o.Cancel(Ending{Because: OnRequest, By: Guest}, t0); err != nil {
		t.Fatal(err)
	}
	o.RefundSettled(o.ID(), RefundFailed, "account closed", t0)
	o.NeedAttention("the refund was refused", t0)
	o.GivenBack()
	o.TakenFromCart()
	if err := o.Resolve(Answer{Key: "again", Retry: true}, o.s.Attention.Reason, "", t0); err != nil {
		t.Fatal(err)
	}
	r := o.Snapshot().Refunds[0]
	if r.Status != RefundPending || r.PaymentsID() != o.ID()+"-2" || !o.HasChores() {
		t.Errorf("got %+v with id %s, want a pending one with another id", r, r.PaymentsID())
	}
	o.RefundSettled(o.ID(), RefundFailed, "account closed", t0)
	o.NeedAttention("again", t0)
	if err := o.Resolve(Answer{Key: "left"}, o.s.Attention.Reason, "paid by bank transfer", t0); err != nil || o.HasChores() {
		t.Errorf("closed by the operator: got %v, chores %t; want nothing left to do", err, o.HasChores())
	}
}

func TestARefundIsFoundByItsNameAtPayments(t *testing.T) {
	for _, r := range []Refund{{ID: "0sgk2ab06g"}, {ID: "0sgk2ab06g", Attempt: 1}, {ID: "0sgk2ab06g", Attempt: 12}} {
		if id, attempt := RefundOf(r.PaymentsID()); id != r.ID || attempt != r.Attempt {
			t.Errorf("%s: got %s and %d, want %s and %d", r.PaymentsID(), id, attempt, r.ID, r.Attempt)
		}
	}
}

// A program that sends one key for a part and then for all that is left is told so, and
// not that the rest was sent or given back.
func TestTheKeyOfAPartIsNotThatOfTheRest(t *testing.T) {
	o := open(t, purchase(0, line("mug", 2, 500, 0)))
	all := open(t, purchase(0, line("mug", 2, 500, 0)))
	for _, step := range []struct {
		name string
		got  error
		want error
	}{
		{"ship one", o.Ship(Fulfilment{ID: "f", Key: "k", Pieces: []Piece{{Line: "1", Quantity: 1}}}, t0), nil},
		{"ship the rest with its key", o.Ship(Fulfilment{ID: "f2", Key: "k"}, t0), ErrKeyReused},
		{"refund an amount", o.Refund(Refund{ID: "r", Key: "k", Amount: 300}, t0), nil},
		{"refund the rest with its key", o.Refund(Refund{ID: "r2", Key: "k"}, t0), ErrKeyReused},
		{"ship all", all.Ship(Fulfilment{ID: "f", Key: "k"}, t0), nil},
		{"ship all again", all.Ship(Fulfilment{ID: "f2", Key: "k"}, t0), nil},
		{"refund all", all.Refund(Refund{ID: "r", Key: "k"}, t0), nil},
		{"refund all again", all.Refund(Refund{ID: "r2", Key: "k"}, t0), nil},
	} {
		if !errors.Is(step.got, step.want) {
			t.Errorf("%s: got %v, want %v", step.name, step.got, step.want)
		}
	}
}
