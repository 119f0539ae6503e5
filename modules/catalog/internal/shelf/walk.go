package shelf

import "sync"

// walk goes through the leaves for one query.
type walk struct {
	query   *Query
	needed  int
	wanted  []uint32 // marks that a product must have; the category's is the first
	counted *facetCount
	total   int
	chosen  []keyed // as many of each leaf as the page may need
}

type keyed struct {
	Key
	*item
}

// marks reports false when no product has all that is asked for.
func (w *walk) marks(known *marks) bool {
	if known == nil {
		return false // an empty shelf
	}
	if w.query.Facets {
		w.counted = newFacetCount(known)
	}
	var wanted []mark
	if w.query.Category != "" {
		wanted = append(wanted, mark{categoryMark, "", w.query.Category})
	}
	for _, t := range w.query.Tags {
		wanted = append(wanted, mark{tagMark, "", t})
	}
	for _, o := range w.query.Options {
		wanted = append(wanted, mark{optionMark, o.Option, o.Value})
	}
	for _, m := range wanted {
		n, is := known.find(m)
		if !is {
			return false
		}
		w.wanted = append(w.wanted, n)
	}
	return true
}

func (w *walk) facets(withdrawn map[string]bool) *Facets {
	switch {
	case !w.query.Facets:
		return nil
	case w.counted == nil:
		return &Facets{}
	}
	return w.counted.facets(withdrawn)
}

// leaf takes what a page may need of one leaf.
func (w *walk) leaf(l *leaf, words [][]match) {
	q, s := w.query, l.segment
	room := rooms.Get().(*room)
	defer rooms.Put(room)
	var scores []score
	if len(q.Words) > 0 {
		scores = room.scoresFor(len(s.docs))
		if !s.words.score(words, scores) {
			return
		}
	}
	prices := s.prices[q.Currency]
	after, place := 0, int64(0)
	if q.After != nil && q.Sort != ByName {
		after, place = s.olderThan(q.After.Born), q.Sort.place(q.After.Rank, q.After.Price)
	}
	var named set
	if q.Sort == ByName {
		named = room.setFor(len(s.docs))
	}
	chosen := best{needed: w.needed, chosen: room.chosen[:0]}
	for doc := range s.docs {
		rank := 0
		if scores != nil {
			if int(scores[doc].words) != len(q.Words) {
				continue
			}
			rank = int(scores[doc].sum)
		}
		price := int64(unpriced)
		if prices != nil {
			price = prices[doc]
		}
		if l.gone.has(doc) || !w.passes(s, doc, price) {
			continue
		}
		w.total++
		if w.counted != nil {
			w.counted.add(s.marksOf(doc), price)
		}
		if named != nil {
			named.add(doc)
			continue
		}
		if at := q.Sort.place(rank, price); q.After == nil || at > place || at == place && doc >= after {
			chosen.add(doc, at)
		}
	}
	if named != nil {
		w.firstByName(s, named)
		return
	}
	chosen.cut()
	for _, c := range chosen.chosen {
		key := Key{Born: s.docs[c.doc].born}
		switch {
		case q.Sort == Newest:
			key.Rank = int(-c.place)
		case prices == nil:
			key.Price = unpriced
		default:
			key.Price = prices[c.doc]
		}
		w.chosen = append(w.chosen, keyed{key, s.docs[c.doc]})
	}
	room.chosen = chosen.chosen
}

func (w *walk) passes(s *segment, doc int, price int64) bool {
	q := w.query
	if q.bounded() && (price == unpriced || price < q.Min || q.Max > 0 && price > q.Max) {
		return false
	}
	if len(w.wanted) == 0 {
		return true
	}
	has := s.marksOf(doc)
	if q.Category != "" && has[0] != w.wanted[0] {
		return false
	}
next:
	for _, wanted := range w.wanted {
		for _, n := range has {
			if n == wanted {
				continue next
			}
		}
		return false
	}
	return true
}

// firstByName takes the first of the products in the set, in the order of names.
func (w *walk) firstByName(s *segment, in set) {
	from := 0
	if after := w.query.After; after != nil {
		from = s.behind(after)
	}
	taken := 0
	for _, doc := range s.byName[from:] {
		if !in.has(int(doc)) {
			continue
		}
		w.chosen = append(w.chosen, keyed{Key{Name: s.name(doc), Born: s.docs[doc].born}, s.docs[doc]})
		if taken++; taken == w.needed {
			return
		}
	}
}

// room is what a walk needs for each product of a leaf. It is used again: a search
// leaves little behind.
type room struct {
	scores []score
	set    set
	chosen []placed
}

var rooms = sync.Pool{New: func() any { return &room{} }}

func (r *room) scoresFor(n int) []score {
	if cap(r.scores) < n {
		r.scores = make([]score, n)
	}
	r.scores = r.scores[:n]
	clear(r.scores)
	return r.scores
}

func (r *room) setFor(n int) set {
	if need := (n + 63) / 64; cap(r.set) < need {
		r.set = newSet(n)
	} else {
		r.set = r.set[:need]
		clear(r.set)
	}
	return r.set
}
