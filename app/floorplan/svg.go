package floorplan

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed floorplan.css
var stylesheet string

// Stylesheet is what pages need that show the picture as a part of themselves. It takes
// its colours from the reader's system, light or dark.
func Stylesheet() string { return stylesheet }

// Options of a picture; the zero value is a wide file that stands by itself.
type Options struct {
	// Narrow lays the house out in one column, for a phone.
	Narrow bool
	// Link gives the address of a module's page, and of a caller's part of it; nil: the
	// picture has no links, brings its styles along, and is a file.
	Link func(module, caller string) string
}

type painter struct {
	canvas
	house   House
	layout  *layout
	options Options
}

// SVG draws the house.
func (h House) SVG(o Options) string {
	p := h.paint(o)
	return p.String()
}

func (h House) paint(o Options) *painter {
	p := &painter{house: h, options: o}
	if o.Narrow {
		p.layout = arrange(h, stack(h), narrowSizes, p.top(true))
	} else {
		p.layout = arrange(h, spread(h), wideSizes, p.top(false))
	}
	l := p.layout
	w, height := l.w, l.h+l.legendHeight()
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" class="floorplan" viewBox="0 0 %s %s" width="%s" height="%s" role="%s" aria-labelledby="floorplan-title">`,
		n(w), n(height), n(w), n(height), p.role())
	p.add(`<title id="floorplan-title">%s</title>`, escape(h.headline()))
	if o.Link == nil {
		p.add(`<style>%s</style>`, strings.ReplaceAll(stylesheet, "\n", ""))
		p.rect(box{0, 0, w, height}, 0, "ground")
	}
	p.add(`<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0v7"/></pattern></defs>`)
	p.banner()
	p.building()
	p.layer("wires", p.wires)
	p.layer("rooms", p.rooms)
	p.legend()
	p.add(`</svg>`)
	return p
}

func (p *painter) layer(name string, paint func()) {
	p.add(`<g class="%s">`, name)
	paint()
	p.add(`</g>`)
}

// role tells a picture to look at from one with links in it.
func (p *painter) role() string {
	if p.options.Link == nil {
		return "img"
	}
	return "group"
}

// headline is how the house does, in one sentence.
func (h House) headline() string {
	down, ill := 0, 0
	for _, r := range h.Rooms {
		switch r.Health {
		case Down:
			down++
		case Sick:
			ill++
		}
	}
	of := fmt.Sprintf("of %d modules", len(h.Rooms))
	switch {
	case down > 0 && ill > 0:
		return fmt.Sprintf("%d %s %s down, %d ill", down, of, are(down), ill)
	case down > 0:
		return fmt.Sprintf("%d %s %s down", down, of, are(down))
	case ill > 0:
		return fmt.Sprintf("%d %s %s ill", ill, of, are(ill))
	case len(h.Ills) > 0:
		return "All modules are well, the house is not"
	}
	return fmt.Sprintf("All %d modules are well", len(h.Rooms))
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func (h House) health() Health {
	health := Well
	for _, r := range h.Rooms {
		if r.Health == Down {
			return Down
		}
		if r.Health == Sick {
			health = Sick
		}
	}
	if len(h.Ills) > 0 {
		health = Sick
	}
	return health
}

// shownIlls is how many things that are ill the picture itself names.
const shownIlls = 3

func (p *painter) top(narrow bool) float64 {
	top := 66 + 20*float64(min(len(p.house.Ills), shownIlls))
	if narrow {
		return top + 22
	}
	return top + roofHeight
}

const roofHeight = 84

// banner says above the house how it does, and what is ill.
func (p *painter) banner() {
	m, w := p.layout.margin, p.layout.w
	size := 22.0
	if p.options.Narrow {
		// Many lines make the picture wider than a phone; its words stay in sight.
		size, w = 16, narrowSizes.least
	}
	all := box{0, 0, w, p.layout.h}
	p.add(`<g class="banner">`)
	p.mark(m+9, 26, p.house.health())
	p.text(point{m + 26, 33}, size, "b", left, all, fit(p.house.headline(), size, true, w-m*2-26))
	processes := 0
	for _, process := range p.house.Processes {
		if process.State == "answering" {
			processes++
		}
	}
	facts := fmt.Sprintf("%s in all · %s", Rate(p.house.Rate()), count(int64(processes), "process"))
	facts = strings.Replace(facts, "processs", "processes", 1)
	p.text(point{m + 26, 54}, 13, "soft", left, all, facts)
	for i, ill := range p.house.Ills {
		if i == shownIlls-1 && len(p.house.Ills) > shownIlls {
			p.text(point{m + 26, 76 + 20*float64(i)}, 13, "soft", left, all, fmt.Sprintf("and %d more", len(p.house.Ills)-i))
			break
		}
		p.text(point{m + 26, 76 + 20*float64(i)}, 13, "t-"+string(ill.Health), left, all, fit(ill.Text, 13, false, w-m*2-26))
	}
	p.add(`</g>`)
}

// building paints roof, walls and floor of the house.
func (p *painter) building() {
	l := p.layout
	if l.cols == 1 {
		return
	}
	b := l.house
	p.add(`<g class="house">`)
	p.rect(b, 0, "floor")
	ridge := b.y - roofHeight + 18
	p.path("roof", "M%s %sL%s %sL%s %sz", n(b.x-22), n(b.y), n(b.x+b.w/2), n(ridge), n(b.right()+22), n(b.y))
	p.path("cornice", "M%s %sh%s", n(b.x-22), n(b.y), n(b.w+44))
	p.path("outline", "M%s %sv%sh%sv%s", n(b.x), n(b.y), n(b.h), n(b.w), n(-b.h))
	name := "the main process"
	for _, process := range p.house.Processes {
		if process.Main && process.Version != "" {
			name += " · " + process.Version
		}
	}
	mid := b.x + b.w/2
	pediment := box{b.x + b.w/4, ridge, b.w / 2, b.y - ridge}
	p.text(point{mid, b.y - 28}, 15, "b caps", center, pediment, "Galleria")
	p.text(point{mid, b.y - 11}, 12, "soft", center, pediment, fit(name, 12, false, pediment.w))
	// The ground that the house stands on: below it is outside.
	p.path("earth", "M%s %sH%s", n(l.margin), n(b.bottom()), n(l.w-l.margin))
	p.add(`</g>`)
}
