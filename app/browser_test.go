package app_test

import (
	"slices"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// fillIn types a checkout form as a shopper does.
func fillIn(b *shoptest.Browser) {
	for field, text := range map[string]string{
		"email": "ana@example.org", "name": "Ana Carvalho", "line1": "Rua das Flores 12", "city": "Porto", "postal_code": "4050-262",
	} {
		b.Types("[name="+field+"]", text)
	}
	b.Chooses("[name=country]", "PT")
}

// typeCard types a card into the sandbox's page.
func typeCard(b *shoptest.Browser, card string) {
	for field, text := range map[string]string{"card_number": card, "exp_month": "12", "exp_year": "2040", "cvc": "123"} {
		b.Types("[name="+field+"]", text)
	}
}

func TestSomebodyBuysInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	for name, prepare := range map[string]func(*shoptest.Browser){
		"with JavaScript":    func(*shoptest.Browser) {},
		"without JavaScript": (*shoptest.Browser).WithoutScript,
		"on a phone":         func(b *shoptest.Browser) { b.Screen(390, 844) },
	} {
		t.Run(name, func(t *testing.T) {
			b := shop.Browse(t)
			prepare(b)
			b.Open("/")
			b.Click(`main a[href^="/products/"]`, `form[action="/cart/items"]`)
			b.Open("/products/round-teapot")
			added := `[data-cart-count]` // the script stays on the page and counts
			if name == "without JavaScript" {
				added = `main a[href="/checkout"]` // in the cart; the footer of every page has one, too
			}
			b.Click(`form[action="/cart/items"] button[type=submit]`, added)
			b.Open("/cart")
			b.Click(`main a[href="/checkout"]`, `[name=email]`)
			fillIn(b)
			b.Follow(`form[action="/checkout"] button[name=requote]`, `[name=email]`)
			if got := shoptest.Eval[string](b, `document.querySelector("[name=email]").value`); got != "ana@example.org" {
				t.Errorf("after the total was updated the e-mail is %q, want what was typed", got)
			}
			b.Follow(`form[action="/checkout"] button.wide`, `[name=card_number]`)
			typeCard(b, shoptest.Declined)
			b.Follow(`form.form button.wide`, `.notice:not(.small)`)
			if got := b.Text("main"); !strings.Contains(got, "refused") {
				t.Errorf("the page says %q, want that the card was refused", got)
			}
			if got := shoptest.Eval[string](b, `document.documentElement.outerHTML`); strings.Contains(got, shoptest.Declined) {
				t.Error("the card's number is in the page")
			}
			typeCard(b, shoptest.Visa)
			b.Follow(`form.form button.wide`, `.walk`)
			if !strings.HasPrefix(b.Path(), "/orders/") {
				t.Errorf("the checkout led to %s, want the order", b.Path())
			}
			b.Follow(`form[action$="/cancel"] button`, `.timeline`)
			// A refused form is a 422, which Chromium reports on the console.
			b.Clean("422")
		})
	}
	shop.Books(t)
}

func TestADoubleClickInABrowserAddsOnce(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	b.Open("/products/round-teapot")
	badge := func() string {
		return shoptest.Eval[string](b, `document.querySelector("[data-cart-count]").textContent + (document.querySelector("#buy[data-sent]") ? " and one on its way" : "")`)
	}
	const button = `form[action="/cart/items"] button[type=submit]`
	for _, want := range []string{"1", "2"} { // the page stays, and the next click is another one
		b.DoubleClick(button, ".toast:not([hidden])")
		if got := badge(); got != want {
			t.Errorf("got %s in the cart, want %s", got, want)
		}
		shoptest.Eval[bool](b, `document.querySelector(".toast").hidden = true`)
	}
	b.Open("/cart")
	if got := badge(); got != "2" {
		t.Errorf("the cart's page: got %s in the cart, want 2", got)
	}
}

func TestEveryPageFitsAPhoneAndHoldsStill(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	b.Screen(360, 740)
	for _, path := range []string{"/", "/search?q=tea", "/products/round-teapot", "/cart", "/no-such-page", "/api/v1/docs"} {
		b.Open(path)
		if over := shoptest.Eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			t.Errorf("%s is %d pixels wider than a phone of 360", path, over)
		}
		// Chromium keeps the shifts it saw for observers that come later.
		shift := shoptest.Eval[float64](b, `(() => {
			const seen = new PerformanceObserver(() => {});
			seen.observe({type: "layout-shift", buffered: true});
			return seen.takeRecords().reduce((sum, e) => sum + e.value, 0);
		})()`)
		if shift > 0.1 {
			t.Errorf("%s shifts its layout by %.2f, want at most 0.1", path, shift)
		}
	}
	b.Clean("404")
}

// contrast is the lowest contrast of visible text against what lies behind it,
// by WCAG's formula, and the text that has it.
const contrast = `(() => {
	const channel = c => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
	const parse = s => (s.match(/[\d.]+/g) || []).map(Number);
	const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const style = getComputedStyle(e), c = parse(style.backgroundColor);
			if (style.backgroundImage !== "none") return null;
			if (c.length === 3 || c[3] === 1) return c;
		}
		return [255, 255, 255];
	};
	let worst = [21, ""];
	for (const e of document.querySelectorAll("body *")) {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
		const box = e.getBoundingClientRect();
		if (!own || box.width < 2 || box.height < 2 || e.closest("[disabled],[hidden],noscript")) continue;
		const text = parse(getComputedStyle(e).color), ground = behind(e);
		if (!ground || text[3] === 0) continue;
		const [a, b] = [luminance(text), luminance(ground)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < worst[0]) worst = [ratio, e.textContent.trim().slice(0, 40)];
	}
	return worst.map(String);
})()`

func TestTextCanBeReadInBothLooks(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	for _, look := range []string{"light", "dark"} {
		if look == "dark" {
			b.Dark()
		}
		for _, path := range []string{"/", "/products/round-teapot", "/cart", "/no-such-page", "/api/v1/docs"} {
			b.Open(path)
			worst := shoptest.Eval[[]string](b, contrast)
			if ratio := worst[0]; len(strings.Split(ratio, ".")[0]) == 1 && ratio < "4.5" {
				t.Errorf("%s, %s: contrast %s at %q, want at least 4.5", path, look, ratio, worst[1])
			}
		}
	}
}

func TestEveryFieldHasALabelAndEveryPageItsLandmarks(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	b.Open("/products/round-teapot")
	b.Click(`form[action="/cart/items"] button[type=submit]`, `header`)
	for _, path := range []string{"/", "/products/round-teapot", "/cart", "/checkout"} {
		b.Open(path)
		unnamed := shoptest.Eval[[]string](b, `[...document.querySelectorAll("input:not([type=hidden]),select,textarea")]
			.filter(e => !e.labels?.length && !e.getAttribute("aria-label")).map(e => e.outerHTML.slice(0, 80))`)
		for _, field := range unnamed {
			t.Errorf("%s: a field without a label: %s", path, field)
		}
		found := shoptest.Eval[[]string](b, `["header", "main", "footer", "nav", "h1"].filter(s => document.querySelector(s))`)
		for _, landmark := range []string{"header", "main", "footer", "nav", "h1"} {
			if !slices.Contains(found, landmark) {
				t.Errorf("%s has no %s", path, landmark)
			}
		}
	}
	b.Clean()
}
