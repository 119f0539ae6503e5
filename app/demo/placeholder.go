package demo

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// Placeholder draws an SVG for a picture that nobody holds: a small still life
// or a framed abstract in the niche of the demo drawings, in the colours of
// the category. The same name and category give the same bytes. Neither
// appears in the drawing, which is made of numbers and colours alone, so any
// string is safe.
func Placeholder(name, category string) []byte {
	p := &painter{rand: rand.New(rand.NewPCG(hash(name), hash(category)))}
	t, known := tones[category]
	if !known {
		t = tonesOf(hash(category))
	}
	p.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 800">`)
	p.add(`<path fill="%s" d="M0 0h800v800H0z"/>`, t.wall)
	p.add(`<path fill="%s" d="M118 640V372C118 216 242 92 400 91S683 214 682 372V640z"/>`, t.depth)
	p.add(`<path fill="%s" d="M136 640V376C135 232 254 108 407 107S682 226 682 376V640z"/>`, t.niche)
	p.add(`<path fill="%s" d="M0 638Q400 633 800 640V800H0z"/>`, t.floor)
	scenes := []func(){p.landscape, p.composition, p.vessels, p.solids, p.branch}
	scenes[p.rand.IntN(len(scenes))]()
	p.add("</svg>\n")
	return p.out.Bytes()
}

// tone is the light a category stands in: the four colours behind every
// drawing. Those of the demo's categories are the ones in its pictures.
type tone struct{ wall, niche, depth, floor string }

var tones = map[string]tone{
	"lighting":   {"#e9d3a0", "#f6e8c6", "#dcc083", "#dbbf84"},
	"kitchen":    {"#eec5b0", "#f8e1d3", "#dfab92", "#e0ae96"},
	"stationery": {"#c3d2df", "#e1e9f0", "#a6bacd", "#a9bccf"},
	"bags":       {"#dccab6", "#efe4d7", "#c5ae95", "#c6af97"},
	"garden":     {"#c0d4b7", "#dfebd7", "#a1bb95", "#a3bc98"},
	"audio":      {"#cfc6de", "#e7e1ef", "#b1a5c8", "#b4a8ca"},
	"games":      {"#b8d8d8", "#dbeeed", "#93c0c1", "#97c2c3"},
	"textiles":   {"#ecc5c8", "#f8e3e3", "#d9a4a9", "#daa7ac"},
}

// tonesOf gives an unknown category a hue of its own at the lightness of the
// known ones, so that pages mixing both look like one shop.
func tonesOf(seed uint64) tone {
	hue := float64(seed % 360)
	return tone{shade(hue, .40, .80), shade(hue, .45, .91), shade(hue, .28, .67), shade(hue, .28, .69)}
}

// shade converts hue (degrees), saturation and lightness (0 to 1) to #rrggbb.
func shade(hue, saturation, lightness float64) string {
	a := saturation * math.Min(lightness, 1-lightness)
	channel := func(n float64) int {
		k := math.Mod(n+hue/30, 12)
		return int(math.Round(255 * (lightness - a*math.Max(-1, math.Min(math.Min(k-3, 9-k), 1)))))
	}
	return fmt.Sprintf("#%02x%02x%02x", channel(0), channel(8), channel(4))
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails to write
	return h.Sum64()
}

type painter struct {
	rand *rand.Rand
	out  bytes.Buffer
	pots []string // colours not yet used since the last refill
}

// The pigments of the demo drawings, without the pale ones.
var pigments = []string{"#c75f43", "#e2a83b", "#7d9a7c", "#3f6450", "#2f4a63", "#5b82a3", "#6d4a6b", "#e0937a", "#7d4f35"}

const (
	cream = "#fbf4e6"
	oak   = "#cf9f68"
	wood  = "#7d4f35"
	leaf  = "#3f6450"
)

// colour gives every pigment once before any comes again: neighbours differ.
func (p *painter) colour() string {
	if len(p.pots) == 0 {
		for _, i := range p.rand.Perm(len(pigments)) {
			p.pots = append(p.pots, pigments[i])
		}
	}
	c := p.pots[0]
	p.pots = p.pots[1:]
	return c
}

func (p *painter) add(format string, args ...any) { fmt.Fprintf(&p.out, format, args...) }

func (p *painter) path(colour, format string, args ...any) {
	p.add(`<path fill="%s" d="%s"/>`, colour, fmt.Sprintf(format, args...))
}

// dim lays a shadow over a shape already painted.
func (p *painter) dim(format string, args ...any) {
	p.add(`<path fill="#000" opacity=".12" d="%s"/>`, fmt.Sprintf(format, args...))
}

func (p *painter) disc(colour string, x, y, r int) {
	p.add(`<circle fill="%s" cx="%d" cy="%d" r="%d"/>`, colour, x, y, r)
}

func (p *painter) line(colour string, width int, format string, args ...any) {
	p.add(`<path fill="none" stroke="%s" stroke-width="%d" stroke-linecap="round" d="%s"/>`, colour, width, fmt.Sprintf(format, args...))
}

func (p *painter) groundShadow(x, halfWidth int) {
	p.add(`<ellipse fill="#1d1408" opacity=".14" cx="%d" cy="668" rx="%d" ry="18"/>`, x+10, halfWidth+16)
}

// between is a number from low up to, not including, high.
func (p *painter) between(low, high int) int { return low + p.rand.IntN(high-low) }
