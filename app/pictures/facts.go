package pictures

import (
	"bytes"
	"encoding/binary"
)

// facts are what is read of a file without decoding it.
type facts struct {
	turn   int // as EXIF numbers it: 1 is upright, 0 not told
	scans  int // of JPEG
	moving bool
}

func factsOf(kind string, file []byte) facts {
	switch kind {
	case "JPEG":
		return jpegFacts(file)
	case "PNG":
		return pngFacts(file)
	case "WebP":
		return webpFacts(file)
	}
	return facts{}
}

// jpegFacts goes from marker to marker. Inside a scan a byte 0xff of the picture is
// followed by a zero, so the next marker can be told.
func jpegFacts(b []byte) (f facts) {
	for i := 2; i+4 <= len(b); {
		marker := b[i+1]
		switch {
		case b[i] != 0xff || marker == 0xff:
			i++
			continue
		case marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8:
			i += 2 // has no content
			continue
		case marker == 0xd9:
			return f // the end
		}
		end := i + 2 + int(binary.BigEndian.Uint16(b[i+2:]))
		if marker == 0xda {
			f.scans++
		}
		if exif, ok := bytes.CutPrefix(b[i+4:min(max(end, i+4), len(b))], []byte("Exif\x00\x00")); marker == 0xe1 && ok && f.turn == 0 {
			f.turn = turnOf(exif)
		}
		i = max(end, i+2)
	}
	return f
}

func pngFacts(b []byte) (f facts) {
	for i := 8; i+12 <= len(b); {
		size := int(binary.BigEndian.Uint32(b[i:]))
		if size > len(b)-i-12 {
			break
		}
		if string(b[i+4:i+8]) == "eXIf" {
			f.turn = turnOf(b[i+8 : i+8+size])
		}
		i += 12 + size
	}
	return f
}

func webpFacts(b []byte) (f facts) {
	for i := 12; i+8 <= len(b); {
		size := int(binary.LittleEndian.Uint32(b[i+4:]))
		if size > len(b)-i-8 {
			break
		}
		switch string(b[i : i+4]) {
		case "ANIM", "ANMF":
			f.moving = true
		case "EXIF":
			exif := b[i+8 : i+8+size]
			f.turn = turnOf(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
		}
		i += 8 + size + size&1
	}
	return f
}

// turnOf finds the tag Orientation in the first directory of EXIF data; 0 is none.
func turnOf(exif []byte) int {
	if len(exif) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(exif[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
	default:
		return 0
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 0
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == 0x0112 {
			if turn := int(order.Uint16(entries[8:])); turn <= 8 {
				return turn
			}
			return 0
		}
		entries = entries[12:]
	}
	return 0
}
