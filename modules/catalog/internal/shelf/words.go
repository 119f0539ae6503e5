package shelf

import (
	"encoding/binary"
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

// words is the index of a segment: its terms, sorted, and in which products each is.
type words struct {
	text     string   // all terms, one after the other
	ends     []uint32 // of each in text
	starts   []uint32 // of each term's postings, and the end of the last one's
	postings []byte   // of each product the distance of its number from the one before, and the field in the last two bits, as a varint
}

func (w *words) len() int { return len(w.ends) }

func (w *words) term(i int) string {
	start := uint32(0)
	if i > 0 {
		start = w.ends[i-1]
	}
	return w.text[start:w.ends[i]]
}

// from is the first term that is not before another text.
func (w *words) from(text string) int {
	return sort.Search(w.len(), func(i int) bool { return w.term(i) >= text })
}

// each gives the products that have a term, and the field in which it says most.
func (w *words) each(term int, give func(doc uint32, field uint8)) {
	postings, doc := w.postings[w.starts[term]:w.starts[term+1]], uint32(0)
	for i := 0; i < len(postings); {
		n := uint32(postings[i])
		i++
		if n >= 0x80 {
			n &= 0x7f
			for shift := 7; ; shift += 7 {
				b := uint32(postings[i])
				i++
				n |= b & 0x7f << shift
				if b < 0x80 {
					break
				}
			}
		}
		doc += n >> 2
		give(doc, uint8(n&3))
	}
}

// newWords is the index of products in the order of their numbers.
func newWords(items []fresh) words {
	found := map[string][]uint32{}
	for doc, it := range items {
		eachTerm(it.product, func(term string, field uint32) {
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
	var b wordsBuilder
	for _, term := range terms {
		b.add(term, found[term])
	}
	return b.words()
}

// eachTerm gives the stems of all words of a product, and the words themselves whose stems
// are shorter by more than a letter: else "earri" would find no "Earrings", whose stem is
// "ear", while it is typed.
func eachTerm(p *product.Product, give func(term string, field uint32)) {
	f := p.Facts()
	text := func(text string, field uint32) {
		for word := range eachWord(product.Fold(text)) {
			root := stem(word)
			give(root, field)
			if len(word) >= len(root)+2 {
				give(word, field)
			}
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

// wordsBuilder gets terms in order.
type wordsBuilder struct {
	text  strings.Builder
	built words
}

// add takes a term, and for each product that has it, in order, the number times four
// and the field.
func (b *wordsBuilder) add(term string, postings []uint32) {
	w := &b.built
	b.text.WriteString(term)
	w.ends = append(w.ends, uint32(b.text.Len()))
	w.starts = append(w.starts, uint32(len(w.postings)))
	before := uint32(0)
	for _, p := range postings {
		w.postings = binary.AppendUvarint(w.postings, uint64((p>>2-before)<<2|p&3))
		before = p >> 2
	}
}

func (b *wordsBuilder) words() words {
	w := b.built
	w.starts = append(w.starts, uint32(len(w.postings)))
	w.text = strings.Clone(b.text.String())
	w.ends, w.starts, w.postings = slices.Clip(w.ends), slices.Clip(w.starts), slices.Clip(w.postings)
	return w
}

// joinWords makes one index of those of several leaves, with the new numbers of their
// products.
func joinWords(leaves []leaf, numbers [][]uint32) words {
	var b wordsBuilder
	at := make([]int, len(leaves))
	var moved []uint32
	for {
		term, more := "", false
		for i, l := range leaves {
			if at[i] < l.words.len() && (!more || l.words.term(at[i]) < term) {
				term, more = l.words.term(at[i]), true
			}
		}
		if !more {
			return b.words()
		}
		moved = moved[:0]
		for i, l := range leaves {
			if at[i] == l.words.len() || l.words.term(at[i]) != term {
				continue
			}
			l.words.each(at[i], func(doc uint32, field uint8) {
				if n := numbers[i][doc]; n != nowhere {
					moved = append(moved, n<<2|uint32(field))
				}
			})
			at[i]++
		}
		if len(moved) > 0 {
			if !slices.IsSorted(moved) {
				slices.Sort(moved)
			}
			b.add(term, moved)
		}
	}
}

// match is a term that a word of a search stands for.
type match struct {
	term int
	how  uint16
}

// close are the terms that a word is, or is the beginning of.
func (w *words) close(word, root string) (found []match) {
	for i := w.from(root); i < w.len() && strings.HasPrefix(w.term(i), root); i++ {
		switch {
		case w.term(i) == root:
			found = append(found, match{i, asStem})
		case len(word) >= 2:
			found = append(found, match{i, asPrefix})
		}
	}
	if word == root || len(word) < 2 {
		return found
	}
	for i := w.from(word); i < w.len() && strings.HasPrefix(w.term(i), word); i++ {
		if !strings.HasPrefix(w.term(i), root) {
			found = append(found, match{i, asPrefix})
		}
	}
	return found
}

// mistyped are the terms that a word is but for one typing error.
func (w *words) mistyped(root string) (found []match) {
	for i := range w.len() {
		if term := w.term(i); len(term) >= len(root)-1 && len(term) <= len(root)+1 && near(root, term) {
			found = append(found, match{i, asTypo})
		}
	}
	return found
}
