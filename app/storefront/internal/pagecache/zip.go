package pagecache

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// Zipped is a page as gzip has it (RFC 1952), with the slot still open: what stands
// around it is compressed once, and what is put into it goes in as it is, in a block
// of its own. So a request compresses nothing.
type Zipped struct {
	before, after []byte // whole blocks of deflate (RFC 1951); the last of after is final
	sum           uint32 // of the text before
	text          []byte // after, for the sum of the whole
	length        int    // of before and after, as text
}

// gzipHeader: the magic number, deflate, no flags, no time, no hint, an unknown system.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}

// longestSlot is the length of the longest block that is not compressed.
const longestSlot = 1<<16 - 1

func zip(before, after []byte) *Zipped {
	return &Zipped{
		before: deflate(before, (*flate.Writer).Flush), after: deflate(after, (*flate.Writer).Close),
		sum: crc32.ChecksumIEEE(before), text: after, length: len(before) + len(after),
	}
}

// deflate compresses text and ends it so that a block can follow, or none.
func deflate(text []byte, end func(*flate.Writer) error) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	// Writing to a bytes.Buffer can't fail.
	_, _ = w.Write(text)
	_ = end(w)
	return b.Bytes()
}

// With is the whole with the slot filled, at most 65,535 bytes long.
func (z *Zipped) With(slot []byte) []byte {
	slot = slot[:min(len(slot), longestSlot)]
	whole := make([]byte, 0, len(gzipHeader)+len(z.before)+5+len(slot)+len(z.after)+8)
	whole = append(append(whole, gzipHeader...), z.before...)
	// A block of kind "stored", which is not the last: its length, that again with
	// all bits turned, and the text.
	whole = append(whole, 0)
	whole = binary.LittleEndian.AppendUint16(whole, uint16(len(slot)))
	whole = binary.LittleEndian.AppendUint16(whole, ^uint16(len(slot)))
	whole = append(append(whole, slot...), z.after...)
	sum := crc32.Update(crc32.Update(z.sum, crc32.IEEETable, slot), crc32.IEEETable, z.text)
	whole = binary.LittleEndian.AppendUint32(whole, sum)
	return binary.LittleEndian.AppendUint32(whole, uint32(z.length+len(slot)))
}
