package shelf

import "strings"

// leastTypo is how long a word is at least to be looked for with a typing error:
// of shorter ones too many are alike.
const leastTypo = 4

// matches are the terms each word stands for, by leaf and word.
func (s *Shelf) matches(words []string) [][][]match {
	all := make([][][]match, len(s.leaves))
	for i := range all {
		all[i] = make([][]match, len(words))
	}
	for w, word := range words {
		root, found := stem(word), false
		for i := range s.leaves {
			all[i][w] = s.leaves[i].words.close(word, root)
			found = found || len(all[i][w]) > 0
		}
		if found || len(root) < leastTypo || strings.ContainsAny(root, "0123456789") {
			continue
		}
		for i := range s.leaves {
			all[i][w] = s.leaves[i].words.mistyped(root)
		}
	}
	return all
}

// score says of each product of a segment how it matches: those that have, for each
// word, one of its terms have as many words as there are, and their rank is the sum of
// the best match for each. It reports false when no product can have all words.
func (w *words) score(words [][]match, scores []score) bool {
	for _, matches := range words {
		if len(matches) == 0 {
			return false
		}
	}
	for n, matches := range words {
		for _, m := range matches {
			w.each(m.term, func(doc uint32, field uint8) { scores[doc].add(uint16(n), m.how*weights[field]) })
		}
	}
	return true
}

// score is how a product matches the words so far.
type score struct {
	words     uint16 // how many it has, in their order
	sum, best uint16 // of all words, of the last one
}

func (s *score) add(word, worth uint16) {
	switch {
	case s.words == word:
		s.words, s.best = word+1, worth
		s.sum += worth
	case s.words == word+1 && worth > s.best:
		s.sum += worth - s.best
		s.best = worth
	}
}
