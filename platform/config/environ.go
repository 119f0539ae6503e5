package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// variable is the environment variable of a key: every character that a
// variable cannot have becomes an underscore.
func (t *tree) variable(key string) string {
	return t.prefix + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, key)
}

// variables are the values that can be set, by variable. More than one value
// for a variable means that it is ambiguous.
func (t *tree) variables() map[string][]*node {
	all := map[string][]*node{}
	for _, n := range t.root.leaves() {
		name := t.variable(n.key)
		all[name] = append(all[name], n)
	}
	return all
}

func (l *loading) environment() {
	if l.from.Prefix == "" {
		return
	}
	given := map[string]string{}
	for _, assignment := range l.from.Environ {
		name, text, _ := strings.Cut(assignment, "=")
		if strings.HasPrefix(name, l.from.Prefix) && !slices.Contains(l.from.NotConfig, name) {
			given[name] = text
		}
	}
	known := l.tree.variables()
	for _, name := range slices.Sorted(maps.Keys(given)) {
		o, text := Origin{Source: "$" + name}, given[name]
		nodes := known[name]
		if len(nodes) == 0 {
			nodes = l.tree.newEntries(name)
		}
		switch {
		case len(nodes) == 0 && isServiceLink(strings.TrimPrefix(name, l.from.Prefix), text):
		case len(nodes) == 0:
			l.problems = append(l.problems, Problem{Origin: o, Message: "unknown variable" + suggest(name, slices.Sorted(maps.Keys(known)))})
		case len(nodes) > 1:
			l.problems = append(l.problems, Problem{Origin: o, Message: fmt.Sprintf("can mean %s or %s; set it in the file", nodes[0].key, nodes[1].key)})
		default:
			n := nodes[0]
			l.set(n, environment, o, text, func() error { return setText(n.value, text) })
		}
	}
}

// newEntries are the values of table entries, not there yet, that the
// variable can mean: the entry's name is what stands between the variable of
// the table and that of a value in the entry. The entry is added if there is
// one reading only.
func (t *tree) newEntries(variable string) []*node {
	type reading struct {
		table      *node
		name, rest string
	}
	var readings []reading
	for n := range t.root.all() {
		if n.kind != table {
			continue
		}
		middle, ok := strings.CutPrefix(variable, t.variable(n.key)+"_")
		if !ok {
			continue
		}
		for _, value := range n.entry.leaves() {
			rest := strings.TrimPrefix(strings.TrimPrefix(value.key, n.entry.key), ".")
			name := middle
			if rest != "" {
				name, ok = strings.CutSuffix(middle, "_"+strings.TrimPrefix(t.variable(rest), t.prefix))
			}
			if ok && name != "" {
				readings = append(readings, reading{n, strings.ToLower(name), rest})
			}
		}
	}
	if len(readings) == 1 {
		r := readings[0]
		entry, err := t.addEntry(r.table, r.name)
		if err != nil {
			return nil
		}
		return []*node{t.known[join(entry.key, r.rest)]}
	}
	var nodes []*node
	for _, r := range readings {
		nodes = append(nodes, &node{key: join(join(r.table.key, r.name), r.rest)})
	}
	return nodes
}

var serviceLink = regexp.MustCompile(`^(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// isServiceLink tells whether Kubernetes, not the operator, has made the
// variable: it gives every container the addresses of the services in its
// namespace, and a service may be called like the program.
func isServiceLink(rest, text string) bool {
	return serviceLink.MatchString(rest) || strings.HasSuffix("_"+rest, "_PORT") && strings.Contains(text, "://")
}
