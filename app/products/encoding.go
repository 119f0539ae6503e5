package products

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// plain is a file as UTF-8 without a byte order mark, with what was noticed. Text
// in UTF-16 is known by its mark, or by the zero bytes in its first letters.
func plain(r io.Reader) (text *bufio.Reader, notice string) {
	text = bufio.NewReaderSize(r, 64<<10)
	start, _ := text.Peek(4) // less for a short file, and its error comes again
	utf16 := func(order unicode.Endianness) (*bufio.Reader, string) {
		decoder := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
		return bufio.NewReaderSize(transform.NewReader(text, decoder), 64<<10), "the file is UTF-16"
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = text.Discard(3) // what was peeked is there
	case bytes.HasPrefix(start, []byte("\xff\xfe")), len(start) == 4 && start[1] == 0 && start[3] == 0 && start[0] != 0:
		return utf16(unicode.LittleEndian)
	case bytes.HasPrefix(start, []byte("\xfe\xff")), len(start) == 4 && start[0] == 0 && start[2] == 0 && start[1] != 0:
		return utf16(unicode.BigEndian)
	}
	return text, ""
}

// separator is what stands between the columns of the header line: the one that
// is there most of comma, semicolon and tab.
func separator(text *bufio.Reader) rune {
	start, _ := text.Peek(4 << 10)
	line, _, _ := bytes.Cut(start, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, s := range ";\t" {
		if n := bytes.Count(line, []byte(string(s))); n > most {
			best, most = s, n
		}
	}
	return best
}

// decode makes the cells of a row UTF-8. The first row with letters outside of
// ASCII tells which encoding the file has: UTF-8, or else that of Windows.
func (f *file) decode(cells []string, line int) {
	ascii := true
	valid := true
	for _, c := range cells {
		ascii = ascii && !strings.ContainsFunc(c, func(r rune) bool { return r >= utf8.RuneSelf })
		valid = valid && utf8.ValidString(c)
	}
	switch {
	case ascii:
		return
	case !f.encodingKnown:
		f.encodingKnown, f.windows = true, !valid
		if f.windows {
			f.notices = append(f.notices, fmt.Sprintf("the file is not UTF-8: it is read in the encoding Windows-1252, from line %d on", line))
		}
	}
	if f.windows {
		for n, c := range cells {
			// Every byte has a letter in it, so there is no error.
			cells[n], _ = charmap.Windows1252.NewDecoder().String(c)
		}
	}
}
