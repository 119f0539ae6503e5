package floorplan

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// inset is the space between the wall of a room and its labels.
const inset = 14

// rooms paints all nodes.
func (p *painter) rooms() {
	for _, at := range p.layout.nodes {
		r, _ := p.house.Room(at.name)
		switch at.kind {
		case outsider:
			p.outsider(at)
		case vacant:
			p.rect(at.box, 3, "vacant")
			p.text(point{at.box.x + inset, at.box.y + 27}, 12, "soft", left, at.box, fit("no module is here", 12, false, at.box.w-2*inset))
		default:
			p.link(r, at)
		}
	}
}

// link makes a room, or the arm of one, something to click.
func (p *painter) link(r Room, at node) {
	title := fmt.Sprintf("%s: %s, %s", r.Module, r.Health, cmp.Or(r.Problem, r.Place))
	tag, attributes := "g", ""
	if p.options.Link != nil {
		tag, attributes = "a", fmt.Sprintf(` href="%s" aria-label="%s"`, escape(p.options.Link(r.Module, "")), escape(title))
	}
	p.add(`<%s class="room" id="room-%s-%d"%s><title>%s</title>`, tag, r.Module, at.arm, attributes, escape(title))
	if at.kind == lot {
		p.lot(r, at)
	} else {
		p.room(r, at)
	}
	p.add(`</%s>`, tag)
}

func (p *painter) outsider(at node) {
	b := at.box
	p.add(`<g class="outsider" id="caller-%s">`, escape(at.name))
	p.rect(b, 3, "stand")
	what := "from outside"
	switch at.name {
	case "edge":
		what = "shop and API"
		// Its awning.
		scallops := 8
		w := b.w / float64(scallops)
		for i := range scallops {
			class := "awning"
			if i%2 == 1 {
				class = "awning pale"
			}
			p.path(class, "M%s %sh%sv9a%s 7 0 0 1-%s 0z", n(b.x+float64(i)*w), n(b.y), n(w), n(w/2), n(w))
		}
	case "operator":
		what = "command line"
	}
	calls := 0.0
	for _, l := range p.house.Calls {
		if l.Caller == at.name {
			calls += l.Rate
		}
	}
	y := b.y + 46
	inner := b.w - 2*inset
	p.text(point{b.x + inset, y}, 15, "b", left, b, fit(at.name, 15, true, inner))
	p.text(point{b.x + inset, y + 21}, 12, "soft", left, b, fit(what, 12, false, inner))
	p.text(point{b.x + inset, y + 43}, 13, "num", left, b, fit(Rate(calls), 13, false, inner))
	p.add(`</g>`)
}

// room is a module under the roof.
func (p *painter) room(r Room, at node) {
	b := at.box
	class := "wall"
	if r.Mode == "held" {
		class += " held"
	}
	p.rect(b, 3, class)
	p.stripe(b, r.Health)
	p.head(b, r.Module, r.Health)
	p.text(point{b.x + inset, b.y + 45}, 12, "soft", left, b, fit(r.where(), 12, false, b.w-2*inset))
	p.figures(r, b)
}

// where says in few words where a module is.
func (r Room) where() string {
	words := r.Mode
	switch r.Mode {
	case "":
		return "runs nowhere"
	case "local":
		words = "here"
	case "held":
		return "held: calls wait"
	case "shadow":
		words = "here · compared"
	case "canary":
		words = fmt.Sprintf("here · %d %% to canary", r.Weight)
	}
	if len(r.Arms) > 0 && len(r.Arms[0].Units) > 0 {
		if g := r.Arms[0].Units[0].Generation; g > 0 {
			words += fmt.Sprintf(" · generation %d", g)
		}
	}
	return words
}

func (p *painter) stripe(b box, health Health) {
	p.path("h-"+string(health), "M%s %sv%sh3a3 3 0 0 1-3 0z", n(b.x), n(b.y), n(b.h))
	p.rect(box{b.x, b.y, 5, b.h}, 2, "h-"+string(health))
}

func (p *painter) head(b box, name string, health Health) {
	word := string(health)
	room := b.w - 2*inset - 24 - width(word, 12, true)
	size := 17.0
	for size > 11 && width(name, size, true) > room {
		size -= 0.5
	}
	p.text(point{b.x + inset, b.y + 26}, size, "b", left, b, fit(name, size, true, room))
	p.mark(b.right()-inset-5, b.y+20, health)
	p.text(point{b.right() - inset - 17, b.y + 24.5}, 12, "b t-"+word, right, b, word)
}

// figures are what is measured of a module, or what its problem is.
func (p *painter) figures(r Room, b box) {
	inner := b.w - 2*inset
	x, y := b.x+inset, b.y+69
	p.text(point{x, y}, 13, "num", left, b, Rate(r.Rate))
	errors := Share(r.Errors, r.Rate)
	class := "soft"
	if r.Errors > 0 {
		class = "b t-ill"
	}
	p.text(point{b.right() - inset, y}, 12, class, right, b, fit(errors, 12, true, inner-width(Rate(r.Rate), 13, false)-8))
	p.promise(r.Slowest, box{x, y + 9, inner, 6})
	words := "no calls yet"
	if m := r.Slowest; m != nil {
		took, promised := Late(m.P99, m.Promised)
		words = fmt.Sprintf("p99 %s of %s · %s", took, promised, m.Name)
	}
	p.text(point{x, y + 32}, 11.5, "soft", left, b, fit(words, 11.5, false, inner))
	if note, class := r.note(); note != "" {
		p.text(point{x, y + 51}, 11.5, class, left, b, fit(note, 11.5, isBold(class), inner))
	}
}

// note is the last line of a room: its problem, or how it does with events.
func (r Room) note() (text, class string) {
	problem := r.Problem
	for _, arm := range r.Arms {
		for _, u := range arm.Units {
			problem = cmp.Or(problem, u.Problem)
		}
	}
	switch {
	case problem != "":
		return problem, "t-ill"
	case r.Wanted != "" && r.Wanted != r.Place:
		return "wanted: " + r.Wanted, "t-ill"
	case r.DeadLetters > 0:
		return count(r.DeadLetters, "dead letter"), "b t-ill"
	case r.Waiting+r.Outbox > 0:
		return fmt.Sprintf("events: %d wait, %d in the outbox", r.Waiting, r.Outbox), "soft"
	case len(r.Databases) > 0:
		d := r.Databases[0]
		return dialects[d.Dialect] + " · " + Bytes(d.Bytes), "soft"
	}
	return "", ""
}

var dialects = map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}

// promise is a bar: how much of the promised time the slowest method takes. The notch is
// the promise.
func (p *painter) promise(m *Method, b box) {
	p.rect(b, 3, "bar")
	notch := b.x + b.w*0.8
	if m != nil && m.Promised > 0 {
		part := math.Min(1, float64(m.P99)/float64(m.Promised)*0.8)
		kept := m.Kept
		switch {
		case kept != Broken && m.P99 > m.Promised:
			kept = Nearly
		case kept == Idle || kept == Unused:
			kept = AsPromised
		}
		p.rect(box{b.x, b.y, math.Max(4, b.w*part), b.h}, 3, "k-"+string(kept))
	}
	p.path("notch", "M%s %sv%s", n(notch), n(b.y-3), n(b.h+6))
}

// lot is an arm of a module outside the house: a building of its own, with a part for
// each copy.
func (p *painter) lot(r Room, at node) {
	b := at.box
	role := ""
	if at.arm > 0 {
		role = r.Mode
	}
	class := "wall"
	if role == "shadow" {
		class += " shadow"
	}
	eaves := b.y + 16
	p.path("gable "+class, "M%s %sL%s %sL%s %sz", n(b.x-6), n(eaves), n(b.x+b.w/2), n(b.y-4), n(b.right()+6), n(eaves))
	p.rect(box{b.x, eaves, b.w, b.h - 16}, 0, class)
	arm := r.Arms[at.arm]
	health := r.Health
	if at.arm > 0 || health != Sick {
		health = arm.health()
	}
	body := box{b.x, eaves, b.w, b.h - 16}
	p.stripe(body, health)
	p.head(box{b.x, b.y + 10, b.w, b.h - 10}, r.Module, health)
	inner := b.w - 2*inset
	x, y := b.x+inset, b.y+53
	switch role {
	case "shadow":
		p.text(point{x, y}, 12, "soft", left, b, fit("shadow, only compared", 12, false, inner))
	case "canary":
		p.dial(b.right()-inset-13, b.y+54, r.Weight)
		p.text(point{x, y}, 12, "soft", left, b, fit(fmt.Sprintf("canary: %d %% of the calls", r.Weight), 12, false, inner-36))
	default:
		words := "on its own"
		if len(arm.Units) > 1 {
			words = fmt.Sprintf("%d copies", len(arm.Units))
		}
		p.text(point{x, y}, 12, "soft", left, b, fit(words+" · "+Rate(r.Rate)+" · "+Share(r.Errors, r.Rate), 12, false, inner))
		p.promise(r.Slowest, box{x, y + 7, inner, 6})
	}
	p.units(arm, box{x, b.bottom() - 58, inner, 48})
}

func (a Arm) health() Health {
	ill := 0
	for _, u := range a.Units {
		if u.Problem != "" {
			ill++
		}
	}
	switch {
	case ill == 0:
		return Well
	case ill == len(a.Units):
		return Down
	}
	return Sick
}

// units are the processes of an arm, side by side.
func (p *painter) units(a Arm, b box) {
	shown := min(len(a.Units), max(1, int(b.w/62)))
	if shown == 0 {
		return
	}
	w := (b.w - float64(shown-1)*6) / float64(shown)
	for i, u := range a.Units[:shown] {
		at := box{b.x + float64(i)*(w+6), b.y, w, b.h}
		health := Well
		if u.Problem != "" {
			health = Down
		}
		p.add(`<g><title>%s</title>`, escape(strings.TrimSpace(u.Address+" "+u.Process+" "+u.Problem)))
		p.rect(at, 2, "unit u-"+string(health))
		room := at.w - 12
		address := u.Address
		if shown > 1 { // the port is what tells copies on one machine apart
			if _, port, found := strings.Cut(address, ":"); found && width(address, 11.5, false) > room {
				address = ":" + port
			}
		}
		p.text(point{at.x + 6, at.y + 18}, 11.5, "num", left, at, fit(address, 11.5, false, room))
		words := cmp.Or(u.Version, "version not known")
		class := "soft"
		if u.Generation > 0 && shown == 1 {
			words += fmt.Sprintf(" · generation %d", u.Generation)
		}
		if u.Problem != "" {
			words, class = u.Problem, "t-down"
		} else if i == shown-1 && len(a.Units) > shown {
			words = fmt.Sprintf("and %d more", len(a.Units)-shown)
		}
		p.text(point{at.x + 6, at.y + 36}, 11, class, left, at, fit(words, 11, false, room))
		p.add(`</g>`)
	}
}

// dial is a canary's share of the calls.
func (p *painter) dial(x, y float64, share int) {
	const r = 12.0
	p.add(`<circle cx="%s" cy="%s" r="%s" class="dial"/>`, n(x), n(y), n(r))
	if share >= 100 {
		p.add(`<circle cx="%s" cy="%s" r="%s" class="slice"/>`, n(x), n(y), n(r))
		return
	}
	angle := 2 * math.Pi * float64(share) / 100
	large := 0
	if share > 50 {
		large = 1
	}
	p.path("slice", "M%s %sv-%sA%s %s 0 %d 1 %s %sz", n(x), n(y), n(r), n(r), n(r), large, n(x+r*math.Sin(angle)), n(y-r*math.Cos(angle)))
}
