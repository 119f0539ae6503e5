package shelf

import (
	"slices"
	"sort"
	"strings"

	"galleria/modules/catalog/internal/product"
)

// Fields a word can be in, by how much they say; two bits of a posting.
const (
	inText = iota // description, attributes
	inCode        // sku
	inMark        // tags, category, options
	inName
)

// weights of the fields.
var weights = [4]uint16{inText: 1, inCode: 3, inMark: 4, inName: 10}

// How well a word matches, times the field's weight.
const (
	asTypo   = 1
	asPrefix = 2
	asStem   = 4
)

// segment is an index of words over some products. It never changes; a product
// that was replaced or deleted is still in it, and passed over.
type segment struct {
	docs     []*item
	terms    []string // sorted
	starts   []uint32 // of each term's postings, and the end of the last one's
	postings []uint32 // number of the product, and the field in the last two bits
}

func newSegment(items []*item) *segment {
	found := map[string][]uint32{}
	for doc, it := range items {
		eachTerm(&it.Product, func(term string, field uint32) {
			list := found[term]
			if n := len(list); n > 0 && list[n-1]>>2 == uint32(doc) {
				list[n-1] = max(list[n-1], uint32(doc)<<2|field)
				return
			}
			found[term] = append(list, uint32(doc)<<2|field)
		})
	}
	terms := make([]string, 0, len(found))
	for term := range found {
		terms = append(terms, term)
	}
	slices.Sort(terms)
	b := &segmentBuilder{segment: &segment{docs: items}}
	for _, term := range terms {
		b.add(strings.Clone(term), found[term]) // a part of a text would keep all of it
	}
	return b.done()
}

// eachTerm gives the stems of all words of a product.
func eachTerm(p *product.Product, give func(term string, field uint32)) {
	f := p.Facts()
	text := func(text string, field uint32) {
		for word := range eachWord(product.Fold(text)) {
			give(stem(word), field)
		}
	}
	text(f.Name, inName)
	text(f.Category, inMark)
	for _, t := range f.Tags {
		text(t, inMark)
	}
	for _, o := range f.Options {
		for _, v := range o.Values {
			text(v, inMark)
		}
	}
	for i := range f.Variants {
		text(f.Variants[i].SKU, inCode)
	}
	for _, a := range f.Attributes {
		text(a.Value, inText)
	}
	text(f.Description, inText)
}

// segmentBuilder gets terms in order.
type segmentBuilder struct{ segment *segment }

func (b *segmentBuilder) add(term string, postings []uint32) {
	s := b.segment
	s.terms = append(s.terms, term)
	s.starts = append(s.starts, uint32(len(s.postings)))
	s.postings = append(s.postings, postings...)
}

func (b *segmentBuilder) done() *segment {
	s := b.segment
	s.starts = append(s.starts, uint32(len(s.postings)))
	s.terms, s.starts, s.postings = slices.Clip(s.terms), slices.Clip(s.starts), slices.Clip(s.postings)
	return s
}

// merged joins the last segments while they are of like size: so there are few of
// them, and each product is moved only a few times.
func merged(segments []*segment, current slots) []*segment {
	for len(segments) > 1 {
		n := len(segments)
		a, b := segments[n-2], segments[n-1]
		if len(a.docs) > 2*len(b.docs) {
			break
		}
		segments = append(segments[:n-2:n-2], join(a, b, current))
	}
	return segments
}

// join makes one segment of two, without what is no longer current.
func join(a, b *segment, current slots) *segment {
	var docs []*item
	keep := func(s *segment) []uint32 {
		numbers := make([]uint32, len(s.docs))
		for i, it := range s.docs {
			numbers[i] = ^uint32(0)
			if current.has(it) {
				numbers[i] = uint32(len(docs))
				docs = append(docs, it)
			}
		}
		return numbers
	}
	ofA, ofB := keep(a), keep(b)
	out := &segmentBuilder{segment: &segment{docs: docs}}
	var moved []uint32
	take := func(s *segment, i int, numbers []uint32) {
		for _, p := range s.postings[s.starts[i]:s.starts[i+1]] {
			if n := numbers[p>>2]; n != ^uint32(0) {
				moved = append(moved, n<<2|p&3)
			}
		}
	}
	for i, j := 0, 0; i < len(a.terms) || j < len(b.terms); {
		moved = moved[:0]
		var term string
		useA := i < len(a.terms) && (j == len(b.terms) || a.terms[i] <= b.terms[j])
		useB := j < len(b.terms) && (i == len(a.terms) || b.terms[j] <= a.terms[i])
		if useA {
			term = a.terms[i]
			take(a, i, ofA)
			i++
		}
		if useB {
			term = b.terms[j]
			take(b, j, ofB)
			j++
		}
		if len(moved) > 0 {
			out.add(term, moved)
		}
	}
	return out.done()
}

// match is a term that a word of a search stands for.
type match struct {
	term int
	how  uint16
}

// close are the terms that a word is, or is the beginning of.
func (s *segment) close(word, root string) (found []match) {
	for i := sort.SearchStrings(s.terms, root); i < len(s.terms) && strings.HasPrefix(s.terms[i], root); i++ {
		switch {
		case s.terms[i] == root:
			found = append(found, match{i, asStem})
		case len(word) >= 2:
			found = append(found, match{i, asPrefix})
		}
	}
	if word == root || len(word) < 2 {
		return found
	}
	for i := sort.SearchStrings(s.terms, word); i < len(s.terms) && strings.HasPrefix(s.terms[i], word); i++ {
		if !strings.HasPrefix(s.terms[i], root) {
			found = append(found, match{i, asPrefix})
		}
	}
	return found
}

// mistyped are the terms that a word is but for one typing error.
func (s *segment) mistyped(root string) (found []match) {
	for i, term := range s.terms {
		if d := len(term) - len(root); d >= -1 && d <= 1 && near(root, term) {
			found = append(found, match{i, asTypo})
		}
	}
	return found
}
