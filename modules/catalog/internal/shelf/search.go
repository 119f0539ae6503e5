package shelf

import "strings"

// leastTypo is how long a word is at least to be looked for with a typing error:
// of shorter ones too many are alike.
const leastTypo = 4

// search gives the current products that have all words, and how well they match.
func (s *Shelf) search(words []string, give func(it *item, rank int)) {
	for i, matches := range s.matches(words) {
		s.segments[i].all(matches, func(it *item, rank int) {
			if s.slots.has(it) {
				give(it, rank)
			}
		})
	}
}

// matches are the terms each word stands for, by segment and word.
func (s *Shelf) matches(words []string) [][][]match {
	all := make([][][]match, len(s.segments))
	for i := range all {
		all[i] = make([][]match, len(words))
	}
	for w, word := range words {
		root, found := stem(word), false
		for i, segment := range s.segments {
			all[i][w] = segment.close(word, root)
			found = found || len(all[i][w]) > 0
		}
		if found || len(root) < leastTypo || strings.ContainsAny(root, "0123456789") {
			continue
		}
		for i, segment := range s.segments {
			all[i][w] = segment.mistyped(root)
		}
	}
	return all
}

// all gives the products that have, for each word, one of its terms. A product's
// rank is the sum of its best match for each word.
func (s *segment) all(words [][]match, give func(it *item, rank int)) {
	for _, matches := range words {
		if len(matches) == 0 {
			return
		}
	}
	score := make([]score, len(s.docs))
	for w, matches := range words {
		for _, m := range matches {
			for _, p := range s.postings[s.starts[m.term]:s.starts[m.term+1]] {
				score[p>>2].add(uint16(w), m.how*weights[p&3])
			}
		}
	}
	for doc := range score {
		if sc := &score[doc]; int(sc.words) == len(words) {
			give(s.docs[doc], int(sc.sum))
		}
	}
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
