package database

import (
	"strings"
	"unicode"
)

// Containing is a condition that a column contains a text, in capitals or not, and the value
// for its mark:
//
//	condition, value := db.Containing("name", "özil")
//	tx.Raw("SELECT … WHERE "+condition, value)
//
// The column is a part of the program, never of a request. All rows are looked at.
//
// SQLite folds ASCII letters alone, and PostgreSQL those of the locale that it was set up
// with. So a text that has others is looked for by all letters it may be written in.
func (d *DB) Containing(column, text string) (condition, value string) {
	beyondASCII := func(r rune) bool { return r > unicode.MaxASCII }
	switch {
	case !strings.ContainsFunc(text, beyondASCII):
		return "lower(" + column + ") LIKE lower(?) ESCAPE '!'", "%" + likeMarks.Replace(text) + "%"
	case d.Dialect() == "sqlite":
		return column + " GLOB ?", "*" + inAnyCase(text, globLiteral) + "*"
	}
	return column + " ~ ?", inAnyCase(text, regexpLiteral)
}

var likeMarks = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// inAnyCase is a pattern for a text, in which a letter is all letters that it may be written
// as: [öÖ]. The other characters are what literal makes of them.
func inAnyCase(text string, literal func(rune) string) string {
	var pattern strings.Builder
	for _, r := range text {
		folded := unicode.SimpleFold(r)
		if folded == r {
			pattern.WriteString(literal(r))
			continue
		}
		pattern.WriteByte('[')
		pattern.WriteRune(r)
		for ; folded != r; folded = unicode.SimpleFold(folded) {
			pattern.WriteRune(folded)
		}
		pattern.WriteByte(']')
	}
	return pattern.String()
}

func globLiteral(r rune) string {
	if strings.ContainsRune("*?[", r) {
		return "[" + string(r) + "]"
	}
	return string(r)
}

// regexpLiteral has a backslash before signs: PostgreSQL takes those for themselves, and
// letters and digits for something else.
func regexpLiteral(r rune) string {
	if r <= unicode.MaxASCII && (r < '0' || r > '9') {
		return `\` + string(r)
	}
	return string(r)
}
