package floorplan

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"
)

// canvas writes SVG. It notes the labels, so that a test can see where each is.
type canvas struct {
	strings.Builder
	labels []label
}

// label is a text of the picture.
type label struct {
	text string
	box  box
	// within is what it must not leave.
	within box
}

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.Builder, format, args...) }

// n writes a number with one decimal at most.
func n(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

func escape(text string) string { return html.EscapeString(text) }

// anchor is the side of a text that its place is given for.
type anchor string

const (
	left   anchor = ""
	right  anchor = "end"
	center anchor = "middle"
)

// text writes a label at a point of its base line.
func (c *canvas) text(at point, size float64, class string, side anchor, within box, text string) {
	if text == "" {
		return
	}
	bold := isBold(class)
	w := width(text, size, bold)
	where := box{at.x, at.y - size*0.8, w, size * 1.05}
	attribute := ""
	switch side {
	case right:
		where.x -= w
		attribute = ` text-anchor="end"`
	case center:
		where.x -= w / 2
		attribute = ` text-anchor="middle"`
	}
	c.labels = append(c.labels, label{text, where, within})
	c.add(`<text x="%s" y="%s" font-size="%s" class="%s"%s>%s</text>`, n(at.x), n(at.y), n(size), class, attribute, escape(text))
}

func isBold(class string) bool { return slices.Contains(strings.Fields(class), "b") }

func (c *canvas) rect(b box, radius float64, class string) {
	c.add(`<rect x="%s" y="%s" width="%s" height="%s" rx="%s" class="%s"/>`, n(b.x), n(b.y), n(b.w), n(b.h), n(radius), class)
}

func (c *canvas) path(class, format string, args ...any) {
	c.add(`<path class="%s" d="%s"/>`, class, fmt.Sprintf(format, args...))
}

// mark is a sign of health: a tick, an exclamation mark or a cross in a disc, so that
// colour is not all that tells them apart.
func (c *canvas) mark(x, y float64, health Health) {
	c.add(`<circle cx="%s" cy="%s" r="7" class="h-%s"/>`, n(x), n(y), health)
	switch health {
	case Well:
		c.path("sign", "M%s %sl2.4 2.6 4.2-5", n(x-3.3), n(y+.2))
	case Sick:
		c.path("sign", "M%s %sv4.2m0 2.6v.1", n(x), n(y-3.4))
	default:
		c.path("sign", "M%s %sl5.2 5.2m0-5.2l-5.2 5.2", n(x-2.6), n(y-2.6))
	}
}
