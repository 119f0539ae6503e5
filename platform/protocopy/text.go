package protocopy

import (
	"unicode/utf8"
	"unsafe"
)

// beyondASCII has the bit set, in each of eight bytes, that no letter of ASCII has.
const beyondASCII = 0x8080808080808080

// isUTF8 is utf8.ValidString, quicker for the short plain texts most fields hold.
func isUTF8(s string) bool {
	var letters uint64
	if len(s) >= 8 {
		letters = longLetters(s)
	} else {
		letters = shortLetters(s)
	}
	return letters&beyondASCII == 0 || utf8.ValidString(s)
}

// longLetters joins the bits of all bytes of a text of eight bytes or more: eight
// bytes are looked at at once, the last eight again where need be.
func longLetters(s string) (letters uint64) {
	at, last := unsafe.Pointer(unsafe.StringData(s)), len(s)-8
	for i := 0; i < last; i += 8 {
		letters |= *(*uint64)(unsafe.Add(at, i))
	}
	return letters | *(*uint64)(unsafe.Add(at, last))
}

// shortLetters is longLetters for a text of less than eight bytes.
func shortLetters(s string) (letters uint64) {
	at, n := unsafe.Pointer(unsafe.StringData(s)), len(s)
	if n >= 4 {
		return uint64(*(*uint32)(at)) | uint64(*(*uint32)(unsafe.Add(at, n-4)))
	}
	for i := range n {
		letters |= uint64(s[i])
	}
	return letters
}
