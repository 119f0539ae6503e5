package service

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"galleria/modules/catalog/internal/shelf"
)

// A page token is the key of the last product shown, behind a checksum over it
// and over the filters: a token for other filters, or one somebody changed, is
// recognised. It holds nothing secret and needs no state, so that any process
// can go on where another one began.
//
//	8 bytes checksum · rank · price · born · name

func pageToken(last shelf.Key, q shelf.Query) string {
	var place []byte
	place = binary.AppendVarint(place, int64(last.Rank))
	place = binary.AppendVarint(place, last.Price)
	place = binary.AppendVarint(place, last.Born)
	place = append(place, last.Name...)
	return base64.RawURLEncoding.EncodeToString(append(checksum(place, q), place...))
}

func readToken(token string, q shelf.Query) (last shelf.Key, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 8 {
		return shelf.Key{}, false
	}
	sum, place := raw[:8], raw[8:]
	if string(sum) != string(checksum(place, q)) {
		return shelf.Key{}, false
	}
	rank, place := varint(place)
	last.Rank = int(rank)
	last.Price, place = varint(place)
	last.Born, place = varint(place)
	last.Name = string(place)
	return last, true
}

// varint reads what pageToken wrote; the checksum says that it did.
func varint(from []byte) (value int64, rest []byte) {
	value, n := binary.Varint(from)
	if n <= 0 {
		return 0, nil
	}
	return value, from[n:]
}

func checksum(place []byte, q shelf.Query) []byte {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %q %q %q %d %d %d ", q.Category, q.Words, q.Tags, q.Options, q.Currency, q.Min, q.Max, q.Sort)
	h.Write(place)
	return h.Sum(nil)
}
