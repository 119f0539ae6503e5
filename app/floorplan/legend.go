package floorplan

// entries explain the lines.
var entries = []struct {
	class, text string
}{
	{"w-kept", "promise kept"},
	{"w-nearly", "nearly broken"},
	{"w-broken", "broken"},
	{"w-event", "event"},
	{"w-idle", "called before"},
	{"w-unused", "declared, unused"},
	{"w-undeclared", "not declared"},
}

const entryWidth = 156

// legendRow is how many entries stand beside each other.
func (l *layout) legendRow() int {
	return max(1, min(len(entries), int((l.w-2*l.margin)/entryWidth)))
}

func (l *layout) legendHeight() float64 {
	rows := (len(entries) + l.legendRow() - 1) / l.legendRow()
	return 46 + 20*float64(rows)
}

// legend says below the house what colours and bars mean.
func (p *painter) legend() {
	m, y, perRow := p.layout.margin, p.layout.h, p.layout.legendRow()
	all := box{0, y, p.layout.w, p.layout.legendHeight()}
	p.add(`<g class="legend">`)
	for i, e := range entries {
		x, row := m+float64(i%perRow)*entryWidth, y+28+20*float64(i/perRow)
		p.add(`<path class="w %s" stroke-width="3" d="M%s %sh22"/>`, e.class, n(x), n(row-4))
		p.text(point{x + 30, row}, 11.5, "soft", left, all, fit(e.text, 11.5, false, entryWidth-34))
	}
	words := "Lines are as thick as calls are many. A bar is the p99 of the slowest method; its notch is the promise."
	if p.options.Narrow {
		words = "Thicker: more calls. Notch: the promised p99."
	}
	p.text(point{m, all.bottom() - 14}, 11.5, "soft", left, all, fit(words, 11.5, false, p.layout.w-2*m))
	p.add(`</g>`)
}
