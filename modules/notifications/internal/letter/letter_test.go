package letter_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"galleria/modules/notifications/internal/letter"
)

var shop = letter.Writer{Shop: "Tom & Ida", BaseURL: "https://shop.example/s"}

func facts() letter.Facts {
	return letter.Facts{
		Kind: letter.Placed, OrderID: "01", Token: "a+b/c=&x", At: time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC), Name: "Ana",
		Address: []string{"12 Main Street", "PL"}, Lines: []letter.Line{{Name: "Lamp", Quantity: 3, Unit: 430, Total: 1290}},
		Currency: "EUR", Total: 1290, Card: "visa •••• 4242",
	}
}

func TestTheLinkKeepsTheTokenWhole(t *testing.T) {
	text, page, err := shop.Write(facts())
	if err != nil {
		t.Fatal(err)
	}
	want := "https://shop.example/s/orders/01?token=a%2Bb%2Fc%3D%26x"
	if !strings.Contains(text, want+"\n") {
		t.Errorf("text: want the link %s in\n%s", want, text)
	}
	if links := hrefs(t, page); len(links) != 2 || links[1] != want {
		t.Errorf("links of the page: got %q, want the shop and %s", links, want)
	}
}

func TestLettersTellWhatCameBackOrThatNothingWasTaken(t *testing.T) {
	f := facts()
	f.Kind = letter.Cancelled
	for refunded, want := range map[int64]string{1290: "€12.90 back to your card", 0: "not charged"} {
		f.Refunded = refunded
		text, page, err := shop.Write(f)
		if err != nil || !strings.Contains(text, want) || !strings.Contains(page, want) {
			t.Errorf("refund of %d: got %v, want %q in\n%s\n%s", refunded, err, want, text, page)
		}
	}
}

func TestALetterOfAParcelSaysThatPiecesAreNotSentAtAll(t *testing.T) {
	f := facts()
	f.Kind, f.Parcel = letter.Shipped, letter.Parcel{Lacking: true}
	if text, _, err := shop.Write(f); err != nil || !strings.Contains(text, "the rest of it is not sent") {
		t.Errorf("got %v, %s", err, text)
	}
}

func TestLettersAboutNothingKnownAreNotWritten(t *testing.T) {
	currency, kind := facts(), facts()
	currency.Currency = "XXQ"
	kind.Kind = "birthday"
	for _, f := range []letter.Facts{currency, kind, {}} {
		if text, page, err := shop.Write(f); err == nil || text+page != "" {
			t.Errorf("%+v: got a letter, want an error", f)
		}
	}
}

func TestThePageLoadsAndRunsNothing(t *testing.T) {
	f := facts()
	f.Name, f.Lines[0].Name = `<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`
	_, page, err := shop.Write(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"script", "img", "link", "iframe", "form", "svg"} {
		if n := count(t, page, tag); n > 0 {
			t.Errorf("the page has %d <%s>:\n%s", n, tag, page)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("Ana\r\nBcc: eve@example.com")
	f.Add("\x00\u0085\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := letter.Clean(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00\t\u0085\u2028\u2029") {
			t.Errorf("Clean(%q): got %q", s, got)
		}
		if letter.Clean(got) != got {
			t.Errorf("Clean(%q): got %q, and cleaning that %q", s, got, letter.Clean(got))
		}
	})
}

func hrefs(t *testing.T, page string) []string {
	var all []string
	each(t, page, func(tag html.Token) {
		for _, a := range tag.Attr {
			if a.Key == "href" {
				all = append(all, a.Val)
			}
		}
	})
	return all
}

func count(t *testing.T, page, name string) int {
	n := 0
	each(t, page, func(tag html.Token) {
		if tag.Data == name {
			n++
		}
	})
	return n
}

func each(t *testing.T, page string, visit func(html.Token)) {
	t.Helper()
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			visit(z.Token())
		}
	}
}

func TestTheDayIsThatOfTheShopsTimeZone(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	far := shop
	far.Zone = auckland
	for want, writer := range map[string]letter.Writer{"9 March 2026": shop, "10 March 2026": far} {
		if text, _, err := writer.Write(facts()); err != nil || !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s\n%v", want, text, err)
		}
	}
}
