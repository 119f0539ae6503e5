package demo

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Descriptions of generated products stay within these lengths, in characters:
// what a catalogue page must cope with, neither a label nor an essay.
const (
	shortestDescription = 150
	longestDescription  = 400
)

// Generate gives a made-up catalogue of n products in 20 categories, as a CSV
// file with the columns of Columns. The same seed gives the same bytes; skus
// and names are unique within a file. Rows are made as they are read, so a
// catalogue of any size takes a few kilobytes of memory.
func Generate(seed uint64, n int) io.Reader {
	g := &generator{rand: rand.New(rand.NewPCG(seed, 0x9a11e41a)), left: n}
	g.csv = csv.NewWriter(&g.pending)
	for _, d := range departments {
		g.weight += d.weight
		g.shelves = append(g.shelves, newShelf(d, g.rand))
	}
	g.write(Columns())
	return g
}

type generator struct {
	rand    *rand.Rand
	left    int
	weight  int // of all departments together
	shelves []*shelf
	pending bytes.Buffer // rows made and not yet read
	csv     *csv.Writer
}

// Read implements io.Reader.
func (g *generator) Read(p []byte) (int, error) {
	for g.pending.Len() < len(p) && g.pending.Len() < 16<<10 && g.left > 0 {
		g.write(g.row())
		g.left--
	}
	return g.pending.Read(p)
}

func (g *generator) write(record []string) {
	// Writing to a bytes.Buffer cannot fail.
	_ = g.csv.Write(record)
	g.csv.Flush()
}

func (g *generator) row() []string {
	at := g.rand.IntN(g.weight)
	s := g.shelves[0]
	for _, s = range g.shelves {
		if at -= s.weight; at < 0 {
			break
		}
	}
	p := s.next()
	sku := fmt.Sprintf("%s-%s-%05d", s.prefix, strings.ToUpper(p.material[:3]), p.number)
	return []string{
		sku, p.name(), g.describe(s.department, p), s.slug, g.tags(p),
		price(p.noun.price * math.Exp(g.rand.NormFloat64()*0.3)), "EUR", strconv.Itoa(g.stock()),
		strings.ToLower(sku) + ".svg",
	}
}

// describe composes whole sentences, so the limits are kept without cutting one.
func (g *generator) describe(d department, p item) string {
	words := strings.NewReplacer(
		"{noun}", strings.ToLower(p.noun.word), "{material}", strings.ToLower(p.material),
		"{colour}", strings.ToLower(p.colour), "{series}", p.series)
	text := words.Replace(openings[g.rand.IntN(len(openings))])
	add := func(sentence string) {
		if s := words.Replace(sentence); len(text)+1+len(s) <= longestDescription {
			text += " " + s
		}
	}
	add(d.uses[g.rand.IntN(len(d.uses))])
	want := shortestDescription + g.rand.IntN(180)
	for _, i := range g.rand.Perm(len(details)) {
		if len(text) >= want {
			break
		}
		add(details[i])
	}
	return text
}

func (g *generator) tags(p item) string {
	tags := []string{p.noun.word, p.material, p.colour}
	if g.rand.IntN(3) == 0 {
		tags = append(tags, occasions[g.rand.IntN(len(occasions))])
	}
	return strings.ToLower(strings.Join(tags, "|"))
}

// stock is between 0 and 200: one product in twenty is sold out, one in ten
// nearly, and of the rest there are more short rows than long ones.
func (g *generator) stock() int {
	switch u := g.rand.Float64(); {
	case u < 0.05:
		return 0
	case u < 0.15:
		return 1 + g.rand.IntN(5)
	default:
		v := g.rand.Float64()
		return 6 + int(195*v*v)
	}
}

// price rounds an amount the way shops do: finer for cheap things, to whole
// euros for dear ones.
func price(amount float64) string {
	cents := max(190, int(math.Round(amount*100)))
	switch {
	case cents < 2000:
		cents = cents/50*50 + 40 // 12.40, 12.90
	case cents < 10000:
		cents = cents/100*100 + 90
	default:
		cents = cents / 100 * 100
	}
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}
