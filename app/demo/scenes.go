package demo

import "fmt"

// The five things a placeholder can show. Objects stand on the line y=668,
// inside the niche between x=150 and x=670.

// frame hangs an empty picture in the niche; what is painted until the
// returned function is called stays within its mat, 270..530 by 220..540.
func (p *painter) frame() (done func()) {
	p.dim("M232 176h364v440h-364z")
	wooden := []string{oak, wood, "#3d3c43", "#c99b3e"}[p.rand.IntN(4)]
	p.path(wooden, "M218 161Q400 158 582 160V600Q400 603 217 599z")
	p.dim("M558 160h24v440h-364v-20h340z")
	p.path(cream, "M240 182h320v396h-320z")
	p.add(`<clipPath id="mat"><path d="M270 220h260v320h-260z"/></clipPath><g clip-path="url(#mat)">`)
	return func() { p.add("</g>") }
}

// landscape is a framed view of hills, and sometimes of water, under a sun.
func (p *painter) landscape() {
	done := p.frame()
	p.path([]string{"#f3dcb4", "#cfe0e6", "#f3cfc0", "#dcd6e8"}[p.rand.IntN(4)], "M260 210h280v340h-280z")
	p.disc([]string{"#c75f43", "#e2a83b", cream}[p.rand.IntN(3)], p.between(320, 480), p.between(270, 340), p.between(30, 52))
	for y := 360; y < 520; y += p.between(44, 64) {
		a, b := p.between(-70, 50), p.between(-50, 70)
		p.path(p.colour(), "M260 %dC340 %d 420 %d 540 %dV550H260z", y+p.between(-20, 20), y+a, y+b, y+p.between(-20, 20))
	}
	done()
}

// composition is a framed arrangement of halves and quarters of circles.
func (p *painter) composition() {
	done := p.frame()
	p.path("#f3e6cf", "M260 210h280v340h-280z")
	for row := range 4 {
		for column := range 3 {
			x, y := 270+column*87, 220+row*80
			switch p.rand.IntN(6) {
			case 0:
				p.path(p.colour(), "M%d %dh87v80h-87z", x, y)
				p.disc(p.colour(), x+43, y+40, 28)
			case 1:
				p.path(p.colour(), "M%d %da87 80 0 0 1 87 80h-87z", x, y)
			case 2:
				p.path(p.colour(), "M%d %da43 43 0 0 1 86 0z", x, y+62)
			case 3:
				p.path(p.colour(), "M%d %dh87l-87 80z", x, y)
			case 4:
				p.path(p.colour(), "M%d %dv80h87a87 80 0 0 1 -87 -80z", x, y)
			default:
				p.disc(p.colour(), x+43, y+40, 34)
			}
		}
	}
	done()
}

// vessels is a row of bottles, jugs and bowls, in the manner of a kitchen shelf.
func (p *painter) vessels() {
	kinds := p.rand.Perm(3)
	for i, x := range []int{256, 404, 552} {
		belly, top, c := p.between(48, 66), p.between(270, 400), p.colour()
		p.groundShadow(x, belly)
		switch kinds[i] {
		case 0:
			bottle := vessel{x: x, mouth: p.between(16, 24), top: top, belly: belly, waist: p.between(500, 560), foot: belly - 8}
			p.turn(c, bottle)
			p.path(wood, "M%d %dh%dv30h-%dz", x-14, top-24, 28, 28)
		case 1:
			p.line(c, 16, "M%d 500C%d 480 %d 610 %d 600", x+belly-10, x+belly+52, x+belly+52, x+belly-16)
			p.turn(c, vessel{x: x, mouth: belly - 14, top: top + 60, belly: belly, waist: 560, foot: belly - 14})
		default:
			p.disc(p.colour(), x-26, 548, 32)
			p.disc(p.colour(), x+26, 552, 30)
			p.turn(c, vessel{x: x, mouth: belly + 14, top: 556, belly: belly + 8, waist: 600, foot: 26})
		}
	}
}

// solids is a pile of toy blocks with an arch at the bottom and a ball on top.
func (p *painter) solids() {
	x := 400
	p.groundShadow(x, 190)
	left, c := x-170, p.colour()
	p.path(c, "M%d 668V530H%dV668H%dC%d 560 %d 560 %d 668z", left, left+340, x+70, x+70, x-70, x-70)
	p.dim("M%d 668V530h70V668z", left+270)
	y := 530
	for width := 260; width > 110 && y > 330; width -= p.between(50, 90) {
		height := p.between(54, 96)
		shift := p.between(-24, 24)
		p.path(p.colour(), "M%d %dh%dv%dh-%dz", x-width/2+shift, y-height, width, height, width)
		p.dim("M%d %dh%dv%dh-%dz", x+width/2+shift-width/4, y-height, width/4, height, width/4)
		y -= height
	}
	if p.rand.IntN(2) == 0 {
		p.disc(p.colour(), x, y-46, 46)
	} else {
		p.path(p.colour(), "M%d %dL%d %dL%d %dz", x-62, y, x, y-110, x+62, y)
		p.dim("M%d %dL%d %dL%d %dz", x+24, y, x, y-110, x+62, y)
	}
}

// branch is a vase with a few leafy stems, and a fruit beside it.
func (p *painter) branch() {
	leaves := [][2]string{{leaf, "#7d9a7c"}, {"#7d9a7c", "#a9bf8f"}, {"#c75f43", "#e2a83b"}, {"#5b82a3", leaf}}[p.rand.IntN(4)]
	for stem := range 3 + p.rand.IntN(2) {
		lean := -130 + stem*80 + p.between(-20, 20)
		tip := p.between(170, 260)
		p.line(leaf, 7, "M400 480Q400 %d %d %d", tip+120, 400+lean, tip)
		for i := range 4 {
			t := 0.4 + 0.2*float64(i)
			x := 400 + int(float64(lean)*t*t)
			y := 480 - int(float64(480-tip)*t)
			side := 1 - 2*(i%2)
			p.path(leaves[i%2], "M%d %dc%d -50 %d -40 %d -34c%d 40 %d 40 %d 34z", x, y, side*14, side*50, side*66, -side*6, -side*40, -side*66)
		}
	}
	p.groundShadow(400, 90)
	p.turn(p.colour(), vessel{x: 400, mouth: 34, top: 440, belly: p.between(70, 110), waist: p.between(540, 600), foot: 56})
	if p.rand.IntN(3) > 0 {
		x := 400 + (1-2*p.rand.IntN(2))*p.between(150, 180)
		p.groundShadow(x, 40)
		p.disc(p.colour(), x, 626, 42)
		p.line(wood, 6, "M%d 586q4 -16 12 -22", x)
	}
}

// A vessel stands on the floor at x; mouth, belly and foot are half widths,
// the mouth at y=top and the belly at y=waist.
type vessel struct{ x, mouth, top, belly, waist, foot int }

// turn paints a vessel and lays a shadow on its right.
func (p *painter) turn(colour string, v vessel) {
	upper, lower := (v.waist-v.top)/2, (668-v.waist)*3/4
	right := fmt.Sprintf("M%d %dC%d %d %d %d %d %dQ%d %d %d 668",
		v.x+v.mouth, v.top, v.x+v.mouth, v.top+upper, v.x+v.belly, v.waist-upper, v.x+v.belly, v.waist,
		v.x+v.belly, v.waist+lower, v.x+v.foot)
	// The way back up, at a part of the width: -1 is the mirror image.
	back := func(part float64) string {
		at := func(half int) int { return v.x + int(part*float64(half)) }
		return fmt.Sprintf("H%dQ%d %d %d %dC%d %d %d %d %d %dz",
			at(v.foot), at(v.belly), v.waist+lower, at(v.belly), v.waist,
			at(v.belly), v.waist-upper, at(v.mouth), v.top+upper, at(v.mouth), v.top)
	}
	p.path(colour, "%s", right+back(-1))
	p.dim("%s", right+back(.45))
}
