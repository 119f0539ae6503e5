package demo

import (
	"fmt"
	"math/rand/v2"
)

// A department is the vocabulary of one category of generated products.
type department struct {
	slug, prefix string
	weight       int // share of the catalogue, relative to the others
	nouns        []noun
	materials    []string // at least three letters each: they go into the sku
	uses         []string // sentences that only make sense here
}

type noun struct {
	word  string
	price float64 // of a typical one, in euros
}

// A shelf gives a department's products one after the other. Every
// combination of its words is a number; the numbers are walked in steps that
// have no factor in common with their count, so each comes once before any
// comes again, in an order that looks shuffled, and nothing is remembered.
type shelf struct {
	department
	count       int // combinations
	start, step int
	given       int
}

type item struct {
	number                   int // from 1, unique within the department
	series, colour, material string
	noun                     noun
	round                    int // how often all combinations have been used up before
}

func newShelf(d department, r *rand.Rand) *shelf {
	s := &shelf{department: d, count: len(series) * len(colours) * len(d.materials) * len(d.nouns)}
	s.start = r.IntN(s.count)
	s.step = s.count/3 + r.IntN(s.count/3)
	for common(s.step, s.count) != 1 {
		s.step++
	}
	return s
}

func (s *shelf) next() item {
	at := (s.start + s.given%s.count*s.step) % s.count
	take := func(n int) int {
		i := at % n
		at /= n
		return i
	}
	p := item{number: s.given + 1, round: s.given / s.count}
	p.noun = s.nouns[take(len(s.nouns))]
	p.material = s.materials[take(len(s.materials))]
	p.colour = colours[take(len(colours))]
	p.series = series[take(len(series))]
	s.given++
	return p
}

func (p item) name() string {
	name := fmt.Sprintf("%s %s %s in %s", p.series, p.material, p.noun.word, p.colour)
	if p.round > 0 {
		name += fmt.Sprintf(" No. %d", p.round+1)
	}
	return name
}

// common is the greatest common divisor.
func common(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
