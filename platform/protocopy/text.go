package protocopy

import (
	"unicode/utf8"
	"unsafe"
)

// isUTF8 is utf8.ValidString, quicker for the short plain texts most fields hold:
// eight bytes are looked at at once, the last eight again where need be.
func isUTF8(s string) bool {
	at, n := unsafe.Pointer(unsafe.StringData(s)), len(s)
	var seen uint64
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			seen |= *(*uint64)(unsafe.Add(at, i))
		}
		seen |= *(*uint64)(unsafe.Add(at, n-8))
	case n >= 4:
		seen = uint64(*(*uint32)(at)) | uint64(*(*uint32)(unsafe.Add(at, n-4)))
	default:
		for i := range n {
			seen |= uint64(s[i])
		}
	}
	const beyondASCII = 0x8080808080808080
	return seen&beyondASCII == 0 || utf8.ValidString(s)
}
