package shelf

import (
	"hash/maphash"
	"maps"
)

// shards is how many parts a table has: a part of a shop of 100,000 products
// holds about a hundred.
const shards = 1024

var seed = maphash.MakeSeed()

// table is a map that never changes: with makes another one that shares all parts
// but those it writes to. The zero value is empty.
type table[V any] struct {
	parts []map[string]V
}

func (t table[V]) get(key string) (V, bool) {
	if t.parts == nil {
		var none V
		return none, false
	}
	v, ok := t.parts[maphash.String(seed, key)%shards][key]
	return v, ok
}

// edit begins a new table, to be changed until it is given away.
func (t table[V]) edit() *tableEdit[V] {
	e := &tableEdit[V]{parts: make([]map[string]V, shards)}
	copy(e.parts, t.parts)
	return e
}

// tableEdit copies each part before it is first written to.
type tableEdit[V any] struct {
	parts []map[string]V
	ours  [shards]bool
}

func (e *tableEdit[V]) part(key string) map[string]V {
	i := maphash.String(seed, key) % shards
	if !e.ours[i] {
		e.ours[i] = true
		if e.parts[i] == nil {
			e.parts[i] = map[string]V{}
		} else {
			e.parts[i] = maps.Clone(e.parts[i])
		}
	}
	return e.parts[i]
}

func (e *tableEdit[V]) put(key string, v V) { e.part(key)[key] = v }

func (e *tableEdit[V]) remove(key string) { delete(e.part(key), key) }

func (e *tableEdit[V]) table() table[V] { return table[V]{e.parts} }
