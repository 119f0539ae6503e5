package products

import "strings"

// A cell with several texts has '|' between them, and '=' between a name and its
// value. Where a text has one of these itself, or a backslash, a backslash stands
// before it.

var escaping = strings.NewReplacer(`\`, `\\`, "|", `\|`, "=", `\=`)

// joinCell is the cell that has these texts.
func joinCell(texts []string) string {
	escaped := make([]string, len(texts))
	for i, text := range texts {
		escaped[i] = escaping.Replace(text)
	}
	return strings.Join(escaped, "|")
}

// joinPairs is the cell that has these names with their values.
func joinPairs(pairs []OptionValue) string {
	all := make([]string, len(pairs))
	for i, p := range pairs {
		all[i] = escaping.Replace(p.Name) + "=" + escaping.Replace(p.Value)
	}
	return strings.Join(all, "|")
}

// splitCell are the texts of a cell, without space around them and without empty ones.
func splitCell(cell string) (texts []string) {
	for _, part := range splitAt(cell, '|') {
		if text := plainText(part); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// splitAt cuts at each separator without a backslash before it.
func splitAt(text string, separator byte) (parts []string) {
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case separator:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// plainText is a part as it was meant: a backslash before another one, '|' or '=' is
// left out, and any other stays.
func plainText(part string) string {
	var text strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] == '\\' && i+1 < len(part) && strings.IndexByte(`\|=`, part[i+1]) >= 0 {
			i++
		}
		text.WriteByte(part[i])
	}
	return strings.TrimSpace(text.String())
}
