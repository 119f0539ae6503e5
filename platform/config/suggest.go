package config

import "strings"

// suggestKey ends a message about an unknown key with the key that was
// probably meant, or with nothing.
func (t *tree) suggestKey(key string) string {
	parent, name := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		parent, name = key[:i], key[i+1:]
	}
	var siblings, elsewhere []string
	for n := range t.root.all() {
		switch {
		case n.parent == nil:
		case n.parent.key == parent:
			siblings = append(siblings, n.key)
		case n.name == name:
			elsewhere = append(elsewhere, n.key)
		}
	}
	if near := suggest(key, siblings); near != "" {
		return near
	}
	if len(elsewhere) == 1 {
		return "; did you mean " + elsewhere[0] + "?"
	}
	var all []string
	for n := range t.root.all() {
		all = append(all, n.key)
	}
	return suggest(key, all)
}

// suggest names the candidate that is a few slips of the finger away.
func suggest(word string, candidates []string) string {
	best, least := "", 1+min(3, max(1, len(word)/4))
	for _, c := range candidates {
		if c == word {
			continue
		}
		if d := slips(word, c); d < least {
			best, least = c, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// slips counts the letters to be added, dropped, changed, or swapped with
// their neighbour, to get from a to b.
func slips(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
