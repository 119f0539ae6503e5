package demo

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestShelfGivesEachCombinationOnceBeforeNumberingThem(t *testing.T) {
	d := department{slug: "small", prefix: "SML", nouns: []noun{{"Mug", 9}}, materials: []string{"Tin", "Clay"}}
	for seed := range uint64(20) {
		s := newShelf(d, rand.New(rand.NewPCG(seed, 0)))
		names := map[string]bool{}
		for i := range 3 * s.count {
			name := s.next().name()
			if names[name] {
				t.Fatalf("seed %d: product %d is called %q like another", seed, i, name)
			}
			names[name] = true
			if numbered := strings.Contains(name, " No. "); numbered != (i >= s.count) {
				t.Fatalf("seed %d: product %d of %d combinations is called %q", seed, i, s.count, name)
			}
		}
	}
}

func TestDepartmentsShareNoNounAndNoPrefix(t *testing.T) {
	owner := map[string]string{}
	claim := func(what, slug string) {
		if other, taken := owner[what]; taken {
			t.Errorf("%s is in %s and in %s: names and skus would meet", what, other, slug)
		}
		owner[what] = slug
	}
	for _, d := range departments {
		claim("prefix "+d.prefix, d.slug)
		for _, n := range d.nouns {
			claim("noun "+n.word, d.slug)
		}
	}
}

func TestColoursAreNotMaterials(t *testing.T) {
	colour := map[string]bool{}
	for _, c := range colours {
		colour[c] = true
	}
	for _, d := range departments {
		for _, m := range d.materials {
			if colour[m] {
				t.Errorf("%s: %s is a colour too, so a product would carry the tag twice", d.slug, m)
			}
			if len(m) < 3 || strings.ContainsRune(m[:3], ' ') {
				t.Errorf("%s: %s does not begin with three letters for the sku", d.slug, m)
			}
		}
	}
}
