package order

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)

func purchase() Purchase {
	return Purchase{
		Key: "key", Fingerprint: "print", CartID: "cart", PaymentMethodID: "pm", Currency: "EUR",
		Contact: Contact{Email: "ana@example.org", Name: "Ana"},
		Address: Address{Line1: "1 High Street", City: "Berlin", PostalCode: "10115", Country: "DE"},
		Lines:   []Line{{SKU: "mug", Name: "Mug", Quantity: 2, UnitPrice: 1250}, {SKU: "tea", Name: "Tea", Quantity: 1, UnitPrice: 399}},
	}
}

func accepted(t interface{ Fatal(...any) }) *Order {
	o, err := Accept("id", "token", purchase(), noon)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestWhatMustNotBeAnOrderIsNone(t *testing.T) {
	for what, spoil := range map[string]func(*Purchase){
		"no key":             func(p *Purchase) { p.Key = "" },
		"no card":            func(p *Purchase) { p.PaymentMethodID = "" },
		"nobody":             func(p *Purchase) { p.Contact = Contact{} },
		"nowhere":            func(p *Purchase) { p.Address.Country = "XX" },
		"nothing":            func(p *Purchase) { p.Lines = nil },
		"none of a thing":    func(p *Purchase) { p.Lines[0].Quantity = 0 },
		"a negative price":   func(p *Purchase) { p.Lines[0].UnitPrice = -1 },
		"a line too dear":    func(p *Purchase) { p.Lines[0].UnitPrice = math.MaxInt64 },
		"a sum too dear":     func(p *Purchase) { p.Lines[0].UnitPrice, p.Lines[1].UnitPrice = math.MaxInt64/2, math.MaxInt64/2 },
		"no such currency":   func(p *Purchase) { p.Currency = "EURO" },
		"a mail with a tail": func(p *Purchase) { p.Contact.Email = "ana@example.org\r\nBcc: all" },
	} {
		p := purchase()
		spoil(&p)
		if o, err := Accept("id", "token", p, noon); err == nil {
			t.Errorf("%s: got order %s, want an error", what, o.ID())
		}
	}
	if got := accepted(t).Snapshot().Total; got != 2899 {
		t.Errorf("got a total of %d, want 2899", got)
	}
}

func TestFieldsOfAForm(t *testing.T) {
	for email, ok := range map[string]bool{
		"ana@example.org": true, "jürgen@bücher.example": true,
		"": false, "ana": false, "ana@example,org": false, "ana@example.org.": false, "ana.@example.org": false,
	} {
		if got := len(Contact{Email: email, Name: "Ana"}.Problems()) == 0; got != ok {
			t.Errorf("email %.20q: got fine %v, want %v", email, got, ok)
		}
	}
	for country, ok := range map[string]bool{"DE": true, "AD": true, "ZW": true, "": false, "D": false, "de": false, "XX": false, "E ": false, "DE ": false} {
		a := purchase().Address
		a.Country = country
		if got := len(a.Problems()) == 0; got != ok {
			t.Errorf("country %q: got fine %v, want %v", country, got, ok)
		}
	}
	if got := (Address{Country: " de "}).Trimmed().Country; got != "DE" {
		t.Errorf("got country %q, want DE", got)
	}
}

func TestASnapshotIsTheReadersOwn(t *testing.T) {
	o := accepted(t)
	s := o.Snapshot()
	s.Lines[0].Quantity, s.Timeline[0].Note = 99, "changed"
	if again := o.Snapshot(); again.Lines[0].Quantity != 2 || again.Timeline[0].Note == "changed" {
		t.Error("changing a snapshot changed the order")
	}
}

func TestTooLateOrTooEarly(t *testing.T) {
	o := accepted(t)
	if err := o.Cancel(Ending{Because: ByGuest}, noon); !errors.Is(err, ErrNotConfirmed) {
		t.Errorf("cancel an accepted order: got %v, want ErrNotConfirmed", err)
	}
	if err := o.Ship(noon); !errors.Is(err, ErrNotCompleted) {
		t.Errorf("ship an accepted order: got %v, want ErrNotCompleted", err)
	}
	for _, step := range []error{
		o.Reserve(noon), o.Authorize(Card{}, noon), o.Confirm(noon), o.Capture(noon), o.Complete(noon), o.Ship(noon), o.Ship(noon),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if err := o.Cancel(Ending{Because: ByGuest}, noon); !errors.Is(err, ErrShipped) {
		t.Errorf("cancel a shipped order: got %v, want ErrShipped", err)
	}
}

// Whatever is asked of an order in whatever sequence: it goes only ways there
// are, and tells of each once.
func TestOrdersGoOnlyWaysThereAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := accepted(t)
		now := noon
		wishes := map[string]func() error{
			"reserve":   func() error { return o.Reserve(now) },
			"authorize": func() error { return o.Authorize(Card{Brand: "visa", Last4: "4242"}, now) },
			"confirm":   func() error { return o.Confirm(now) },
			"capture":   func() error { return o.Capture(now) },
			"complete":  func() error { return o.Complete(now) },
			"ship":      func() error { return o.Ship(now) },
			"fail":      func() error { return o.Fail(Ending{Because: OutOfStock}, now) },
			"cancel":    func() error { return o.Cancel(Ending{Because: ByGuest}, now) },
			"undone":    func() error { return o.Undone(rapid.SampledFrom([]int64{-1, 0, 2899, 2900}).Draw(t, "back"), now) },
			"taken":     func() error { o.TakenFromCart(); return nil },
			"drive":     func() error { o.Drive("me", now.Add(time.Second)); return nil },
			"leave":     func() error { o.Leave(now); return nil },
		}
		names := make([]string, 0, len(wishes))
		for name := range wishes {
			names = append(names, name)
		}
		slices.Sort(names)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Second)
			before := o.Snapshot()
			wish := rapid.SampledFrom(names).Draw(t, "wish")
			err := wishes[wish]()
			after := o.Snapshot()
			check(t, wish, err, before, after)
		}
	})
}

func check(t *rapid.T, wish string, err error, before, after Snapshot) {
	moved := before.Status != after.Status
	switch {
	case moved && err != nil:
		t.Fatalf("%s from %s: moved and failed with %v", wish, before.Status, err)
	case moved && !before.Status.leadsTo(after.Status):
		t.Fatalf("%s: there is no way from %s to %s", wish, before.Status, after.Status)
	case moved && len(after.Timeline) != len(before.Timeline)+1, !moved && len(after.Timeline) != len(before.Timeline):
		t.Fatalf("%s: the timeline went from %d to %d entries", wish, len(before.Timeline), len(after.Timeline))
	}
	if last := after.Timeline[len(after.Timeline)-1]; last.Status != after.Status || last.Note == "" {
		t.Fatalf("%s: the timeline ends with %v for an order that is %s", wish, last, after.Status)
	}
	seen := map[Status]bool{}
	for _, e := range after.Timeline {
		if seen[e.Status] {
			t.Fatalf("%s: %s twice", wish, e.Status)
		}
		seen[e.Status] = true
	}
	if seen[Confirmed] && (seen[Failing] || seen[Failed]) || seen[Cancelling] && !seen[Confirmed] || seen[Shipped] && seen[Cancelling] {
		t.Fatalf("%s: a story that can't be: %v", wish, after.Timeline)
	}
	if after.Refunded < 0 || after.Refunded > after.Total {
		t.Fatalf("%s: %d refunded of %d", wish, after.Refunded, after.Total)
	}
	o := FromStore(after)
	if after.CartPending && !seen[Confirmed] || !o.Open() && len(ways[after.Status]) > 0 && after.Status != Completed {
		t.Fatalf("%s: nothing left to do for an order that is %s", wish, after.Status)
	}
	if o.Status().Settled() != (seen[Confirmed] || seen[Failing]) {
		t.Fatalf("%s: settled is %v for %v", wish, o.Status().Settled(), after.Timeline)
	}
}

func TestAClaimIsFreeWhenItEnds(t *testing.T) {
	o := accepted(t)
	if !o.Free(noon) {
		t.Error("nobody drives a new order, but it is not free")
	}
	o.Drive("me", noon.Add(time.Second))
	if o.Free(noon) || !o.DrivenBy("me") || o.DrivenBy("") {
		t.Error("a driven order is not its driver's")
	}
	if !o.Free(noon.Add(time.Second)) {
		t.Error("a claim that ended is not free")
	}
	o.Leave(noon.Add(time.Minute))
	if !o.Free(noon) || o.Attempts() != 1 {
		t.Error("an order left for later can't be taken by who waits for it")
	}
}

func TestANameHoldsNoLink(t *testing.T) {
	c := Contact{Email: "ana@example.org", Name: "Win a prize at https://evil.example/x"}
	problems := c.Problems()
	if len(problems) != 1 || problems[0].Field != "contact.name" || !strings.Contains(problems[0].Message, "without a link") {
		t.Errorf("got %v, want that the name holds a link", problems)
	}
}
