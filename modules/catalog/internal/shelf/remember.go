package shelf

import (
	"encoding/binary"
	"sync"
)

// mostLists is how many lists a shelf remembers: those of the pages that shoppers look
// at. A list takes a few kilobytes with its facets.
const mostLists = 256

// lists are answers of one shelf. As it never changes, they hold until the next one.
// Safe for concurrent use.
type lists struct {
	mu    sync.Mutex
	known map[string]found
}

// get is the answer to a query, looked for when it is not known. Two that ask for the
// same at once may both look.
func (l *lists) get(q Query, look func(*Query) found) found {
	if l == nil {
		return look(&q)
	}
	key := q.key()
	l.mu.Lock()
	f, known := l.known[key]
	l.mu.Unlock()
	if known {
		return f
	}
	f = look(&q)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) == mostLists {
		l.known = map[string]found{}
	}
	l.known[key] = f
	return f
}

// key tells queries apart.
func (q *Query) key() string {
	key := make([]byte, 0, 128)
	texts := func(texts ...string) {
		key = binary.AppendUvarint(key, uint64(len(texts)))
		for _, text := range texts {
			key = append(binary.AppendUvarint(key, uint64(len(text))), text...)
		}
	}
	numbers := func(numbers ...int64) {
		for _, n := range numbers {
			key = binary.AppendVarint(key, n)
		}
	}
	texts(q.Category, q.Currency)
	texts(q.Words...)
	texts(q.Tags...)
	for _, o := range q.Options {
		texts(o.Option, o.Value)
	}
	numbers(int64(len(q.Options)), q.Min, q.Max, int64(q.Sort), int64(q.Size))
	if q.Facets {
		texts()
	}
	if q.After != nil {
		texts(q.After.Name)
		numbers(int64(q.After.Rank), q.After.Price, q.After.Born)
	}
	return string(key)
}
