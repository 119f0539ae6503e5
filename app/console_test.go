package app_test

import (
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// enter logs an operator in, in the browser.
func enter(t *testing.T, shop *shoptest.Shop, b *shoptest.Browser) {
	t.Helper()
	makeOperator(t, shop)
	b.Open("/console")
	b.Types("[name=email]", "olga@example.org")
	b.Types("[name=password]", "a-long-word-of-olga")
	b.Follow("main button[type=submit]", ".plan svg, .problem")
	if path := b.Path(); path != "/console" {
		t.Fatalf("the log-in leads to %s: %s", path, b.Text("main"))
	}
}

func makeOperator(t *testing.T, shop *shoptest.Shop) {
	t.Helper()
	if out, code := shop.RunWith(t, "a-long-word-of-olga\n", "admin", "create", "--email", "olga@example.org", "--role", "operator"); code != 0 {
		t.Fatalf("galleria admin create: exit %d: %s", code, out)
	}
}

func TestAnOperatorLooksAtTheHouseInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"payments"}})
	b := shop.Browse(t)
	b.Screen(1600, 1000)
	enter(t, shop, b)
	for _, module := range shoptest.Modules {
		b.Sees("#room-" + module + "-0")
	}
	// What was wrong while the processes started is seen for a while; the page is live.
	shop.Await(t, "the picture says that all are well", func() bool {
		return strings.Contains(shoptest.Eval[string](b, `document.querySelector(".banner").textContent`), "modules are well")
	})
	outside := shoptest.Eval[bool](b, `document.querySelector("#room-payments-0").getBoundingClientRect().top >= document.querySelector(".house .floor").getBoundingClientRect().bottom`)
	if !outside {
		t.Error("payments has moved out, and stands under the roof")
	}
	// What the picture measured a text by, and what the browser makes of it.
	for _, look := range []string{".plan.wide", ".plan.narrow"} {
		if look == ".plan.narrow" {
			b.Screen(360, 740)
		}
		for _, label := range shoptest.Eval[[]string](b, `[...document.querySelectorAll("`+look+` .room")].flatMap(room => {
				const wall = room.getBBox();
				return [...room.querySelectorAll("text")].filter(t => { const b = t.getBBox(); return b.x < wall.x || b.x + b.width > wall.x + wall.width || b.y < wall.y || b.y + b.height > wall.y + wall.height + 1; })
			}).map(t => t.textContent)`) {
			t.Errorf("%s: the label %q leaves its room in the browser", look, label)
		}
	}
	for _, width := range []int64{360, 3840} {
		b.Screen(width, 900)
		if wide := shoptest.Eval[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`); wide {
			t.Errorf("at %d px the page scrolls sideways", width)
		}
	}
	b.Screen(1600, 1000)
	shop.Module("payments").Kill(t)
	b.Sees(".banner .t-down, .banner .t-ill") // by itself: the page is live
	b.Click(".plan.wide #room-catalog-0", ".contract")
	if got := b.Path(); got != "/console/rooms/catalog" {
		t.Errorf("a click on a room leads to %s", got)
	}
	for _, want := range []string{"GetOffers", "edge", "sqlite"} {
		if !strings.Contains(b.Text("#room"), want) {
			t.Errorf("the room lacks %q", want)
		}
	}
	b.Click("a[href='/console/events']", "#letters")
	b.Clean()
}

func TestTheConsoleWorksWithoutScripts(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	b.WithoutScript()
	enter(t, shop, b)
	if got := shoptest.Eval[string](b, `document.querySelector("noscript")?.innerHTML ?? ""`); !strings.Contains(got, "refresh") {
		t.Errorf("got %q, want a page that loads again by itself", got)
	}
	b.Follow(".who button", "[name=password]")
	b.Open("/console/rooms/catalog")
	if path := b.Path(); !strings.HasPrefix(path, "/console/login") {
		t.Errorf("after logging out the room is shown at %s", path)
	}
}

func TestTheLooksOfTheConsoleReadWell(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	b.Screen(1300, 1000)
	enter(t, shop, b)
	for _, path := range []string{"/console", "/console/rooms/orders", "/console/events", "/console/products", "/console/products/new"} {
		for _, look := range []string{"light", "dark"} {
			if look == "dark" {
				b.Dark()
			}
			b.Open(path)
			if worst := shoptest.Eval[[]string](b, contrast); len(strings.Split(worst[0], ".")[0]) == 1 && worst[0] < "4.5" {
				t.Errorf("%s, %s: contrast %s at %q, want at least 4.5", path, look, worst[0], worst[1])
			}
		}
	}
	b.Clean()
}
