package floorplan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// shop is a house like the shop's, with modules where places say.
func shop(places map[string]Room) House {
	h := House{Over: time.Second, Callers: []string{"edge", "operator"}}
	needs := map[string][]string{
		"cart": {"catalog"}, "pricing": {"catalog"}, "orders": {"inventory", "pricing", "cart", "payments"},
		"edge": {"catalog", "inventory", "cart", "pricing", "payments", "orders"}, "operator": {"catalog", "orders"},
	}
	for _, name := range []string{"catalog", "inventory", "cart", "pricing", "payments", "orders", "notifications"} {
		r := Room{Module: name, Mode: "local", Arms: []Arm{{Here: true, Units: []Unit{{Generation: 1}}}}, Health: Well}
		if placed, ok := places[name]; ok {
			r = placed
			r.Module = name
		}
		r.Slowest = &Method{Name: "AMethodWithALongName", P99: 12 * time.Millisecond, Promised: 20 * time.Millisecond, Kept: AsPromised}
		h.Rooms = append(h.Rooms, r)
	}
	for _, caller := range []string{"edge", "operator", "orders", "pricing", "cart"} {
		for _, callee := range needs[caller] {
			h.Calls = append(h.Calls, Line{Caller: caller, Module: callee, Declared: true, Kept: AsPromised, Rate: 12})
		}
	}
	h.Events = []Event{{Type: "OrderPlaced", From: "orders", To: "notifications"}, {Type: "PaymentSettled", From: "payments", To: "orders"}}
	return h
}

func away(mode string, units ...int) Room {
	r := Room{Mode: mode, Health: Well, Weight: 25}
	port := 7071
	for _, n := range units {
		arm := Arm{Here: n == 0}
		for range max(1, n) {
			u := Unit{Version: "v1.2.3", Generation: 3}
			if n > 0 {
				u.Address = fmt.Sprintf("10.0.0.%d:%d", n, port)
				port++
			}
			arm.Units = append(arm.Units, u)
		}
		r.Arms = append(r.Arms, arm)
	}
	return r
}

// houses are all that a house may look like, and random ones.
func houses() map[string]House {
	all := map[string]House{
		"as it starts": shop(nil),
		"in all modes": shop(map[string]Room{
			"catalog": away("remote", 5), "cart": away("canary", 0, 1), "inventory": away("shadow", 0, 1), "payments": away("remote", 1),
			"pricing": away("shadow", 1, 2), "notifications": {Mode: "held", Health: Sick}, "orders": {Health: Down, Problem: "its database can't be opened, for a reason that takes many words"},
		}),
		"all moved out": shop(map[string]Room{
			"catalog": away("remote", 1), "cart": away("remote", 1), "inventory": away("remote", 1), "payments": away("remote", 1),
			"pricing": away("remote", 1), "notifications": away("remote", 1), "orders": away("remote", 1),
		}),
		"empty": {},
	}
	for seed := range uint64(20) {
		all[fmt.Sprintf("random %d", seed)] = randomHouse(rand.New(rand.NewPCG(seed, 7)))
	}
	return all
}

func randomHouse(r *rand.Rand) House {
	h := House{Callers: []string{"edge", "operator"}}
	kept := []Kept{Unused, Idle, AsPromised, Nearly, Broken, NotDeclared}
	for i := range 1 + r.IntN(13) {
		name := fmt.Sprintf("module_with_a_name_%d", i)
		room := []Room{away("local", 0), away("remote", 1+r.IntN(6)), away("canary", 0, 1), away("shadow", 1, 2), {Mode: "held", Health: Sick}}[r.IntN(5)]
		room.Module, room.Rate, room.DeadLetters = name, r.Float64()*2e5, int64(r.IntN(2))
		for _, earlier := range h.Rooms {
			if r.IntN(4) == 0 {
				h.Calls = append(h.Calls, Line{Caller: name, Module: earlier.Module, Declared: r.IntN(9) > 0, Rate: r.Float64() * 1e5, Kept: kept[r.IntN(len(kept))]})
			}
			if r.IntN(8) == 0 {
				h.Events = append(h.Events, Event{Type: "Happened", From: earlier.Module, To: name})
			}
		}
		h.Rooms = append(h.Rooms, room)
	}
	for _, caller := range h.Callers {
		for _, room := range h.Rooms {
			h.Calls = append(h.Calls, Line{Caller: caller, Module: room.Module, Declared: true, Rate: r.Float64() * 1000, Kept: kept[r.IntN(len(kept))]})
		}
	}
	for range r.IntN(5) {
		h.Ills = append(h.Ills, Ill{Health: Sick, Text: "something is ill in a way that takes more words to tell than there is room for in one line of a picture as wide as this one may be"})
	}
	return h
}

func inEveryLook(t *testing.T, test func(t *testing.T, p *painter)) {
	for name, house := range houses() {
		for look, o := range map[string]Options{"wide": {}, "narrow": {Narrow: true}} {
			t.Run(name+", "+look, func(t *testing.T) { test(t, house.paint(o)) })
		}
	}
}

func TestNoTwoRoomsOverlap(t *testing.T) {
	inEveryLook(t, func(t *testing.T, p *painter) {
		for i, a := range p.layout.nodes {
			for _, b := range p.layout.nodes[:i] {
				if a.box.overlaps(b.box) {
					t.Errorf("%s (arm %d) and %s (arm %d) overlap: %v and %v", a.name, a.arm, b.name, b.arm, a.box, b.box)
				}
			}
		}
	})
}

func TestEachLabelStaysWhereItBelongs(t *testing.T) {
	inEveryLook(t, func(t *testing.T, p *painter) {
		for i, l := range p.labels {
			if !l.within.contains(l.box) {
				t.Errorf("the label %q at %v leaves %v", l.text, l.box, l.within)
			}
			for _, other := range p.labels[:i] {
				if l.box.overlaps(other.box) {
					t.Errorf("the labels %q at %v and %q at %v overlap", l.text, l.box, other.text, other.box)
				}
			}
		}
	})
}

func TestNoLineCoversALabelOrARoomOrAnotherLine(t *testing.T) {
	inEveryLook(t, func(t *testing.T, p *painter) {
		var all []stretch
		for i, w := range p.layout.wires {
			for j := 1; j < len(w.points); j++ {
				all = append(all, stretch{i, w.points[j-1], w.points[j]})
			}
		}
		for i, s := range all {
			for _, n := range p.layout.nodes {
				if s.box(0).overlaps(n.box) {
					t.Errorf("a line at %v runs through the room of %s at %v", s.box(0), n.name, n.box)
				}
			}
			for _, l := range p.labels {
				if s.box(2).overlaps(l.box) {
					t.Errorf("a line at %v covers the label %q at %v", s.box(2), l.text, l.box)
				}
			}
			for _, other := range all[:i] {
				if s.covers(other) {
					t.Errorf("line %d at %v covers line %d at %v", s.wire, s.box(0), other.wire, other.box(0))
				}
			}
		}
	})
}

// stretch is a straight part of a line.
type stretch struct {
	wire int
	a, b point
}

func (s stretch) box(wide float64) box {
	const sliver = 0.01 // a line that only touches a wall is not in the room
	x, y := min(s.a.x, s.b.x), min(s.a.y, s.b.y)
	b := box{x - wide, y - wide, max(s.a.x, s.b.x) - x + 2*wide, max(s.a.y, s.b.y) - y + 2*wide}
	if s.a.y == s.b.y {
		b.x, b.w = b.x+sliver, b.w-2*sliver
	} else {
		b.y, b.h = b.y+sliver, b.h-2*sliver
	}
	return b
}

// covers tells whether two stretches run along each other.
func (s stretch) covers(o stretch) bool {
	if s.wire == o.wire {
		return false
	}
	along := func(a1, a2, b1, b2 float64) bool {
		return max(min(a1, a2), min(b1, b2)) < min(max(a1, a2), max(b1, b2))
	}
	level := s.a.y == s.b.y && o.a.y == o.b.y && s.a.y == o.a.y && along(s.a.x, s.b.x, o.a.x, o.b.x)
	upright := s.a.x == s.b.x && o.a.x == o.b.x && s.a.x == o.a.x && along(s.a.y, s.b.y, o.a.y, o.b.y)
	return level || upright
}

func TestEachLineLeadsFromItsCallerToWhatItCalls(t *testing.T) {
	inEveryLook(t, func(t *testing.T, p *painter) {
		if got, most := len(p.layout.wires), len(p.house.Calls)+len(p.house.Events)+2*len(p.house.Rooms); got < len(p.house.Calls) || got > most {
			t.Errorf("got %d lines for %d pairs that call each other", got, len(p.house.Calls))
		}
		for _, w := range p.layout.wires {
			from, to := p.layout.nodes[w.from].box, p.layout.nodes[w.to].box
			start, end := w.points[0], w.points[len(w.points)-1]
			if start.x != from.x && start.x != from.right() || start.y < from.y || start.y > from.bottom() {
				t.Errorf("a line begins at %v, not at the wall of its caller %v", start, from)
			}
			if end.x != to.x && end.x != to.right() || end.y < to.y || end.y > to.bottom() {
				t.Errorf("a line ends at %v, not at the wall of what it calls %v", end, to)
			}
			for i := 1; i < len(w.points); i++ {
				if w.points[i].x != w.points[i-1].x && w.points[i].y != w.points[i-1].y {
					t.Errorf("a line runs askew from %v to %v", w.points[i-1], w.points[i])
				}
			}
		}
	})
}

func TestAModuleIsUnderTheRoofUntilItMovesOut(t *testing.T) {
	p := houses()["in all modes"].paint(Options{})
	for _, n := range p.layout.nodes {
		inside := p.layout.house.contains(n.box)
		if want := n.kind == room || n.kind == vacant; inside != want {
			t.Errorf("%s (arm %d, kind %d) is at %v, the house at %v: got inside %v, want %v", n.name, n.arm, n.kind, n.box, p.layout.house, inside, want)
		}
	}
	for module, arms := range map[string]int{"catalog": 1, "cart": 1, "inventory": 1, "payments": 1, "pricing": 2, "notifications": 0, "orders": 0} {
		lots := slices.DeleteFunc(slices.Clone(p.layout.nodes), func(n node) bool { return n.kind != lot || n.name != module })
		if len(lots) != arms {
			t.Errorf("%s has %d lots outside, want %d", module, len(lots), arms)
		}
	}
}

func TestTheSameHouseGivesTheSamePicture(t *testing.T) {
	for name, house := range houses() {
		if first, second := house.SVG(Options{}), house.SVG(Options{}); first != second {
			t.Errorf("%s: two pictures of one house differ", name)
		}
	}
}
