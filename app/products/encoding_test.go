package products_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"galleria/app/products"
)

func TestEncodingsAndSeparatorsAreRecognisedAndSaid(t *testing.T) {
	file := header + "A,Décor,,kitchen,,12.90,EUR,3,\n"
	semicolons := strings.NewReplacer(",", ";", "12.90", "12,90").Replace(file)
	encode := func(file string, order binary.AppendByteOrder, mark string) string {
		text := []byte(mark)
		for _, unit := range utf16.Encode([]rune(file)) {
			text = order.AppendUint16(text, unit)
		}
		return string(text)
	}
	files := map[string]struct{ file, notice string }{
		"UTF-8":              {file, ""},
		"UTF-16 LE":          {encode(file, binary.LittleEndian, "\xff\xfe"), "UTF-16"},
		"UTF-16 BE":          {encode(file, binary.BigEndian, "\xfe\xff"), "UTF-16"},
		"UTF-16 without BOM": {encode(file, binary.LittleEndian, ""), "UTF-16"},
		"Windows":            {strings.Replace(file, "é", "\xe9", 1), "Windows-1252, from line 2 on"},
		"semicolons":         {semicolons, "separated by semicolons"},
		"Unicode Text":       {encode(strings.ReplaceAll(semicolons, ";", "\t"), binary.LittleEndian, "\xff\xfe"), "separated by tabs, so amounts may have a decimal comma"},
		"tabs":               {strings.ReplaceAll(file, ",", "\t"), "separated by tabs"},
	}
	inEveryShop(t, func(t *testing.T, s shop) {
		for name, c := range files {
			rows, bad, err := read(strings.NewReader(c.file))
			if err != nil || len(bad) > 0 || len(rows) != 1 || rows[0].Name != "Décor" || rows[0].Price.Decimal() != "12.90" {
				t.Errorf("%s: got %+v, %v, %v; want Décor 12.90", name, rows, bad, err)
			}
			result := s.takeWith(t, strings.NewReader(c.file), products.Options{DryRun: true})
			if said := strings.Join(result.Notices, "; "); !strings.Contains(said, c.notice) || c.notice == "" && said != "" {
				t.Errorf("%s: said %q, want %q", name, said, c.notice)
			}
		}
	})
}

func TestARowThatIsNotUTF8AmongOthersThatAreIsBad(t *testing.T) {
	_, bad, err := read(strings.NewReader(header + "A,Décor,,kitchen,,1,EUR,1,\nB,D\xe9cor,,kitchen,,1,EUR,1,\n"))
	if err != nil || len(bad) != 1 || bad[0].Error() != "line 3: name: is not UTF-8 text" {
		t.Errorf("got %v, %v; want line 3 alone", bad, err)
	}
}
