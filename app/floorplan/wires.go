package floorplan

import (
	"fmt"
	"math"
	"strings"
)

// wires paints the lines, the unused ones first: what is busy is on top.
func (p *painter) wires() {
	for _, quiet := range []bool{true, false} {
		for i := range p.layout.wires {
			w := &p.layout.wires[i]
			if isQuiet(w) == quiet {
				p.wire(w)
			}
		}
	}
}

func isQuiet(w *wire) bool {
	return w.call != nil && (w.call.Kept == Unused || w.call.Kept == Idle)
}

func (p *painter) wire(w *wire) {
	class, thick, title, id := "", 1.5, "", ""
	switch {
	case w.call != nil:
		class, thick, title = "w-"+string(w.call.Kept), thickness(w.call.Rate), w.call.title()
		id = "call-" + w.call.Caller + "-" + w.call.Module
		if w.call.Kept == Unused {
			thick = 1.2
		}
	case w.event != nil:
		total := 0.0
		for _, e := range w.event {
			total += e.Rate
		}
		class, thick, title = "w-event", thickness(total), eventTitle(w.event)
		id = "event-" + w.event[0].From + "-" + w.event[0].To
		if handledOf(w.event) == 0 {
			class += " w-silent"
		}
	default:
		class = "w-arm"
		title = p.armTitle(w)
		id = "arm-" + p.layout.nodes[w.to].name
	}
	p.open(w, id, title)
	p.add(`<path class="w %s" stroke-width="%s" d="%s"/>`, class, n(thick), bent(w.points))
	if !w.arm {
		p.arrow(w, class)
	}
	if w.call != nil && (w.call.Kept == Broken || w.call.Kept == NotDeclared) {
		p.warn(w)
	}
	if p.options.Link != nil && w.call != nil {
		p.add(`</a>`)
	} else {
		p.add(`</g>`)
	}
}

// open begins a line that can be clicked and has its figures as a title.
func (p *painter) open(w *wire, id, title string) {
	if p.options.Link != nil && w.call != nil {
		p.add(`<a class="wire" id="%s" href="%s" aria-label="%s">`, id, escape(p.options.Link(w.call.Module, w.call.Caller)), escape(title))
	} else {
		p.add(`<g class="wire" id="%s">`, id)
	}
	p.add(`<title>%s</title>`, escape(title))
	// What is thin is hard to hit with a pointer.
	p.add(`<path class="hit" d="%s"/>`, bent(w.points))
}

// thickness grows with each tenfold of the rate.
func thickness(rate float64) float64 {
	return math.Min(6.5, 1.6+1.35*math.Log10(1+rate*3))
}

// bend is the radius of corners.
const bend = 5

// bent is the path through points, with round corners, up to the arrow's end.
func bent(points []point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", n(points[0].x), n(points[0].y))
	for i := 1; i < len(points)-1; i++ {
		before, at, after := points[i-1], points[i], points[i+1]
		r := math.Min(bend, math.Min(distance(before, at), distance(at, after))/2)
		if r < 0.5 {
			fmt.Fprintf(&b, "L%s %s", n(at.x), n(at.y))
			continue
		}
		in, out := toward(at, before, r), toward(at, after, r)
		fmt.Fprintf(&b, "L%s %sQ%s %s %s %s", n(in.x), n(in.y), n(at.x), n(at.y), n(out.x), n(out.y))
	}
	end := points[len(points)-1]
	tip := toward(end, points[len(points)-2], math.Min(6, distance(end, points[len(points)-2])))
	fmt.Fprintf(&b, "L%s %s", n(tip.x), n(tip.y))
	return b.String()
}

func distance(a, b point) float64 { return math.Abs(a.x-b.x) + math.Abs(a.y-b.y) }

// toward is the point so far from a on the way to b.
func toward(a, b point, far float64) point {
	d := distance(a, b)
	if d == 0 {
		return a
	}
	return point{a.x + (b.x-a.x)*far/d, a.y + (b.y-a.y)*far/d}
}

func (p *painter) arrow(w *wire, class string) {
	end, before := w.points[len(w.points)-1], w.points[len(w.points)-2]
	back := 8.0
	if before.x > end.x {
		back = -8
	}
	p.add(`<path class="tip %s" d="M%s %sl%s -4.5v9z"/>`, class, n(end.x), n(end.y), n(-back))
}

// warn puts a sign beside the caller, where a line begins that is not as it should be.
func (p *painter) warn(w *wire) {
	start, next := w.points[0], w.points[1]
	at := toward(start, next, math.Min(10, distance(start, next)))
	p.add(`<circle class="alarm" cx="%s" cy="%s" r="5.5"/>`, n(at.x), n(at.y))
	p.path("sign", "M%s %sv3.4m0 2.2v.1", n(at.x), n(at.y-2.9))
}

func (l Line) title() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s calls %s: %s, %s", l.Caller, l.Module, Rate(l.Rate), Share(l.Errors, l.Rate))
	if m := l.Slowest; m != nil {
		took, promised := Late(m.P99, m.Promised)
		fmt.Fprintf(&b, "; %s p50 %s, p99 %s of %s promised", m.Name, Duration(m.P50), took, promised)
	}
	if l.Kept == Unused {
		return l.Caller + " declares that it needs " + l.Module + ", and has not called it"
	}
	if len(l.Unused) > 0 {
		fmt.Fprintf(&b, "; declared and not called: %s", strings.Join(l.Unused, ", "))
	}
	if l.Kept == NotDeclared {
		fmt.Fprintf(&b, "; refused, for it is not declared%s", l.undeclared())
	}
	return b.String()
}

func eventTitle(events []Event) string {
	var parts []string
	for _, e := range events {
		parts = append(parts, fmt.Sprintf("%s %s (%d handled)", e.Type, Rate(e.Rate), e.Handled))
	}
	return events[0].To + " hears of " + events[0].From + ": " + strings.Join(parts, ", ")
}

func handledOf(events []Event) (sum int64) {
	for _, e := range events {
		sum += e.Handled
	}
	return sum
}

func (p *painter) armTitle(w *wire) string {
	r, _ := p.house.Room(p.layout.nodes[w.to].name)
	if r.Mode == "canary" {
		return fmt.Sprintf("%d %% of the calls to %s go here", r.Weight, r.Module)
	}
	return "what only reads is asked of this copy of " + r.Module + " as well, to compare"
}
