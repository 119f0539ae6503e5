package database_test

import (
	"io/fs"
	"slices"
	"testing"

	"galleria/platform/database"
	"galleria/platform/database/databasetest"
)

func TestATextIsFoundInCapitalsOrNot(t *testing.T) {
	stored := []string{"100% Özil", "a_b", "a*b", "Größe [ä]", "Ёлка", "Zoe!", "axb", `back\slash`, `ä 1 \d.^$|(){}+-#`, "ä\n2"}
	databasetest.Each(t, func(t *testing.T, open func(fs.FS) *database.DB) {
		d := open(notes)
		for _, text := range stored {
			if err := d.Write(background, insert(text)); err != nil {
				t.Fatal(err)
			}
		}
		for text, want := range map[string][]string{
			"özil": {"100% Özil"}, "% ÖZ": {"100% Özil"}, "ozil": nil, "ö%l": nil, "ö_il": nil, "ö*": nil, "ö?il": nil,
			"A_B": {"a_b"}, "a*B": {"a*b"}, "a?b": nil, "GRÖ": {"Größe [ä]"}, "e [Ä]": {"Größe [ä]"}, "[ä]": {"Größe [ä]"}, "[Äö]": nil, "ёЛКА": {"Ёлка"},
			"ZOE!": {"Zoe!"}, `K\S`: {`back\slash`}, "zoë": nil,
			`Ä 1 \D.^$|(){}+-#`: {`ä 1 \d.^$|(){}+-#`}, `ä 1 \d+`: nil, "ä.": nil, "Ä\n2": {"ä\n2"}, "Ä 1": {`ä 1 \d.^$|(){}+-#`},
		} {
			condition, value := d.Containing("id", text)
			var found []string
			if err := d.Read(background).Raw("SELECT id FROM notes WHERE "+condition, value).Scan(&found).Error; err != nil || !slices.Equal(found, want) {
				t.Errorf("%q: got %q and error %v, want %q", text, found, err, want)
			}
		}
	})
}
