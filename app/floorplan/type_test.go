package floorplan

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
)

// tenModules is a house as large as the shop's: ten modules that call each other and hear
// of each other as the shop's do. place says where each runs.
func tenModules(place func(module int) Room) House {
	h := House{Callers: []string{"edge", "operator"}}
	for i, name := range []string{"catalog", "inventory", "cart", "pricing", "payments", "orders", "settings", "notifications", "accounts", "webhooks"} {
		r := place(i)
		r.Module, r.Rate = name, 1234
		r.Slowest = &Method{Name: "AMethodWithALongName", P99: 12 * timeUnit, Promised: 20 * timeUnit, Kept: AsPromised}
		h.Rooms = append(h.Rooms, r)
		h.Calls = append(h.Calls, Line{Caller: "edge", Module: name, Declared: true, Kept: AsPromised, Rate: 12})
		if name != "cart" {
			h.Calls = append(h.Calls, Line{Caller: "operator", Module: name, Declared: true, Kept: Unused})
		}
	}
	for _, pair := range [][2]string{
		{"cart", "catalog"}, {"pricing", "catalog"}, {"orders", "inventory"}, {"orders", "pricing"}, {"orders", "cart"}, {"orders", "payments"}, {"notifications", "settings"},
	} {
		h.Calls = append(h.Calls, Line{Caller: pair[0], Module: pair[1], Declared: true, Kept: Nearly, Rate: 3})
	}
	for _, pair := range [][2]string{{"payments", "orders"}, {"accounts", "notifications"}, {"orders", "notifications"}, {"orders", "webhooks"}, {"inventory", "webhooks"}} {
		h.Events = append(h.Events, Event{Type: "Happened", From: pair[0], To: pair[1]})
	}
	return h
}

// timeUnit keeps the figures of tests short.
const timeUnit = 1_000_000

// shops are houses of ten modules, with none to all of them outside, with one copy or more.
func shops() map[string]House {
	all := map[string]House{
		"ten, some with a canary or a shadow": tenModules(func(i int) Room {
			return []Room{away("local", 0), away("canary", 0, 1), away("shadow", 0, 1), away("shadow", 1, 2)}[i%4]
		}),
	}
	for _, out := range []int{0, 1, 4, 5, 9, 10} {
		for _, copies := range []int{1, 2, 5} {
			all[fmt.Sprintf("ten, %d outside, every third with %d copies", out, copies)] = tenModules(func(i int) Room {
				switch {
				case i >= out:
					return away("local", 0)
				case i%3 == 0:
					return away("remote", copies)
				}
				return away("remote", 1)
			})
		}
	}
	return all
}

// atDesk and onPhone are how wide the content of a page of the console is in a window of
// 1280 and of 360 px: less its padding, and a scroll bar where there may be one.
const (
	atDesk  = 1280 - 2*0.02*1280 - 15
	onPhone = 360 - 2*12
)

var viewBox, fontSize = regexp.MustCompile(`viewBox="0 0 ([0-9.]+)`), regexp.MustCompile(`font-size="([0-9.]+)"`)

// typeSizes are the width of a picture and its smallest type, in its own units.
func typeSizes(t *testing.T, svg string) (wide, smallest float64) {
	t.Helper()
	wide, err := strconv.ParseFloat(viewBox.FindStringSubmatch(svg)[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	smallest = 1e9
	for _, found := range fontSize.FindAllStringSubmatch(svg, -1) {
		size, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		smallest = min(smallest, size)
	}
	return wide, smallest
}

func TestTypeCanBeReadAtADeskWhereverTheModulesAre(t *testing.T) {
	for name, h := range shops() {
		wide, smallest := typeSizes(t, h.SVG(Options{}))
		if shown := smallest * atDesk / max(wide, atDesk); shown < 11 {
			t.Errorf("%s: the smallest type is %.1f px high in a window of 1280 px (%.0f units wide, type of %.1f), want at least 11", name, shown, wide, smallest)
		}
	}
}

// The page never makes a picture smaller than it is, so the type of all others is no smaller
// than it says; a picture wider than the window is scrolled. What scrolls there are lines only.
func TestRoomsCanBeSeenOnAPhoneWithoutScrolling(t *testing.T) {
	for name, h := range shops() {
		p := h.paint(Options{Narrow: true})
		if _, smallest := typeSizes(t, p.String()); smallest < 11 {
			t.Errorf("%s: the smallest type is %.1f px high, want at least 11", name, smallest)
		}
		for _, n := range p.layout.nodes {
			if n.box.x < 0 || n.box.right() > onPhone {
				t.Errorf("%s: %s is at %v, want it within the %d px of a phone", name, n.name, n.box, onPhone)
			}
		}
	}
}
