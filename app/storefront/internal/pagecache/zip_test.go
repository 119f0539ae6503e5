package pagecache

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestAZippedPageIsReadAsThePageWithItsSlotFilled(t *testing.T) {
	long := strings.Repeat("<li>a cup, a bowl and a plate</li>", 2000)
	for _, parts := range [][3]string{
		{"", "", ""}, {"before", "", ""}, {"", "7", "after"}, {long, "<span>7</span>", long}, {long, strings.Repeat("7", longestSlot), "after"},
	} {
		zipped := zip([]byte(parts[0]), []byte(parts[2]))
		for range 2 { // it can be filled again
			whole := zipped.With([]byte(parts[1]))
			r, err := gzip.NewReader(bytes.NewReader(whole))
			if err != nil {
				t.Fatal(err)
			}
			r.Multistream(false) // browsers read one
			text, err := io.ReadAll(r)
			if err != nil || string(text) != strings.Join(parts[:], "") {
				t.Errorf("read %d bytes and %v, want the %d of the page", len(text), err, len(strings.Join(parts[:], "")))
			}
			if len(parts[0]) > 1000 && len(parts[1]) < 100 && len(whole) > len(parts[0])/10 {
				t.Errorf("%d bytes became %d", 2*len(long), len(whole))
			}
		}
	}
}
