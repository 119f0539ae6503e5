package config

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
)

// mask stands for a secret that is set.
const mask = "••••••"

// Value is one effective value, fit to be shown: secrets are masked.
type Value struct {
	Key     string
	Text    string // "" = not set
	Default string
	Origin  Origin
	Doc     string
	Secret  bool
	Differs bool // from the default; also tells for secrets
}

// Values are all effective values, in order of declaration, entries of maps by
// name. Secrets are masked, as are the passwords inside of other values that
// look like connection strings; a URL's user name is not.
func (l *Loaded) Values() []Value { return append([]Value(nil), l.values...) }

// Derive makes a value shown as the one that the program uses instead of what the
// sources say, and from what it follows, such as the key of another value.
func (l *Loaded) Derive(key, text, from string) {
	for i := range l.values {
		if v := &l.values[i]; v.Key == key && !v.Secret {
			v.Text, v.Origin, v.Differs = text, Origin{Source: from}, text != v.Default
		}
	}
}

// Print writes the values as a table: key, origin, value, and the default where it
// differs. The values come last, since some are longer than a line. onlyDifferent leaves
// out what is as by default.
func (l *Loaded) Print(w io.Writer, onlyDifferent bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tFROM\tVALUE")
	for _, v := range l.values {
		if onlyDifferent && !v.Differs {
			continue
		}
		byDefault := ""
		if v.Differs {
			byDefault = "  (default " + cell(v.Default) + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s%s\n", v.Key, v.Origin, cell(v.Text), byDefault)
	}
	return table.Flush()
}

// cell keeps a value on its line and an empty one visible.
func cell(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

func (t *tree) values() []Value {
	var all []Value
	for _, n := range t.root.leaves() {
		text := textOf(n.value)
		all = append(all, Value{
			Key: n.key, Text: n.shown(text), Default: n.shown(n.fallback), Origin: n.origin,
			Doc: n.doc, Secret: n.secret, Differs: text != n.fallback,
		})
	}
	return all
}

// texts are the values now, by key, not fit to be shown.
func (t *tree) texts() map[string]string {
	all := map[string]string{}
	for _, n := range t.root.leaves() {
		all[n.key] = textOf(n.value)
	}
	return all
}

// setBy are the keys of values that a layer has set.
func (t *tree) setBy(by layer) []string {
	var keys []string
	for _, n := range t.root.leaves() {
		if n.by == by {
			keys = append(keys, n.key)
		}
	}
	return keys
}

var (
	// Greedy up to the last @, since passwords are pasted unescaped: hiding too
	// much is the better mistake.
	urlPassword = regexp.MustCompile(`(://[^/?#\s:@]*:)\S*(@)`)
	pairSecret  = regexp.MustCompile(`(?i)(\w*(?:password|passwd|pwd|secret|token)\w*\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^&\s]+)`)
)

// shown is text, a value of n, without what must stay secret.
func (n *node) shown(text string) string {
	if n.secret && text != "" {
		return mask
	}
	// Looked for first, since the expressions are slow on a long text that has neither.
	if strings.Contains(text, "://") {
		text = urlPassword.ReplaceAllString(text, "${1}"+mask+"${2}")
	}
	if strings.Contains(text, "=") {
		text = pairSecret.ReplaceAllString(text, "${1}"+mask)
	}
	return text
}

// conceal hides in a message what shown hides in the value it is about.
func (n *node) conceal(message, text string) string {
	shown := n.shown(text)
	if shown == text {
		return message
	}
	quoted := strconv.Quote(text)
	message = strings.ReplaceAll(message, quoted, strconv.Quote(shown))
	if len(text) < 4 {
		return message // would cut up the words of the message
	}
	message = strings.ReplaceAll(message, quoted[1:len(quoted)-1], shown)
	return strings.ReplaceAll(message, text, shown)
}
