// Package auditlog is what was changed in the shop, by its staff in the console, by
// programs over the API, and by operators at the command line: when, who, what, on which
// thing, from what and to what. It is for people who ask later how something came to be
// as it is, and holds no secrets.
//
// It is files in the data directory of the process that has the edge, where the console
// and the API run. They are only added to, and bounded: of the latest changes of people
// there are at least 4 MiB, tens of thousands, and as many of programs and of commands,
// which so can't push out those of people. Commands are noted where they arrive (Commanded):
// by the main process, or, on a closed shop, by the command itself. One that is sent to
// another process stands in that one's log. A new key that signs identities is noted,
// whether a command or accounts itself replaced the one before. That a module
// was moved is noted when it was ordered; what came of it, and where modules were at what
// time, is in the log of the places, see platform/process. What commands do to files, such
// as pictures and certificates, is not noted.
package auditlog

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"galleria/platform/durable"
)

// most bounds the file; see durable.Journal.
const most = 4 << 20

// longest bounds each text of an entry, so that no line is long.
const longest = 500

// Entry is one change.
type Entry struct {
	At time.Time `json:"at"`
	// Who is the e-mail address of a person, the name of an API key, or the account at a
	// computer, "ana@desk", that gave a command. Of keys that sign identities it is "operator"
	// or the name of the module.
	Who string `json:"who"`
	// Action is a few words in the past: "shipped", "changed the price of".
	Action string `json:"action"`
	// Thing is what was changed, with its kind: "order G-7K3M-Q4", "stock of MUG-1".
	Thing string `json:"thing"`
	// From and To are how it was and how it is; both may be empty.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Detail is what else was said, such as a note.
	Detail string `json:"detail,omitempty"`
	// Program: it was a program, with an API key. Command: it was the command line.
	Program bool `json:"program,omitempty"`
	Command bool `json:"command,omitempty"`
	// Once names the request that asked for the change. Another entry with the same one is
	// of a repeated request, and is not noted; empty: every entry is.
	Once string `json:"-"`
}

// Log is the log of changes. Safe for concurrent use.
type Log struct {
	people, programs, commands durable.Journal
	now                        func() time.Time
	log                        *slog.Logger
	adding                     sync.Mutex
	noted                      recent
}

// New keeps the log in a data directory.
func New(dir string, now func() time.Time, log *slog.Logger) *Log {
	journal := func(name string) durable.Journal {
		return durable.Journal{Name: filepath.Join(dir, "audit", name), Most: most}
	}
	return &Log{people: journal("changes.jsonl"), programs: journal("programs.jsonl"), commands: journal("commands.jsonl"), now: now, log: log}
}

// Note writes down a change that was made, with the time. A failure to write is logged,
// and does not undo the change.
func (l *Log) Note(e Entry) {
	for _, text := range []*string{&e.Who, &e.Action, &e.Thing, &e.From, &e.To, &e.Detail} {
		*text = short(*text)
	}
	if err := l.add(e); err != nil {
		l.log.Error("a change was made, and could not be written to the audit log", "who", e.Who, "action", e.Action, "thing", e.Thing, "error", err)
	}
}

func (l *Log) add(e Entry) error {
	l.adding.Lock()
	defer l.adding.Unlock()
	if !l.noted.isNew(e.Once) {
		return nil
	}
	e.At = l.now().UTC()
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	switch {
	case e.Program:
		return l.programs.Add(line)
	case e.Command:
		return l.commands.Add(line)
	}
	return l.people.Add(line)
}

// short is a text on one line, of which the first part stands for all when it is long.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest-1]) + "…"
	}
	return text
}

// Filter says which entries Find finds.
type Filter struct {
	// Who, Action and Thing are parts of those, in any case; empty: all.
	Who, Action, Thing string
	// Any is a part of any text of the entry; empty: all.
	Any string
	// Skip is how many of the newest to leave out, and Limit how many to find at most.
	Skip, Limit int
}

// Find reads entries, the newest first, and tells whether there are more.
func (l *Log) Find(f Filter) (found []Entry, more bool, err error) {
	var all []Entry
	for _, journal := range []durable.Journal{l.commands, l.programs, l.people} {
		some, err := entries(journal)
		if err != nil {
			return nil, false, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return a.At.Compare(b.At) })
	for _, e := range slices.Backward(all) {
		switch {
		case !f.wants(e):
		case f.Skip > 0:
			f.Skip--
		case len(found) == f.Limit:
			return found, true, nil
		default:
			found = append(found, e)
		}
	}
	return found, false, nil
}

// entries are those of a journal, the oldest first.
func entries(j durable.Journal) ([]Entry, error) {
	lines, err := j.Lines()
	var all []Entry
	for _, line := range lines {
		var e Entry
		if json.Unmarshal(line, &e) == nil { // else it was cut off by a crash
			all = append(all, e)
		}
	}
	return all, err
}

func (f Filter) wants(e Entry) bool {
	return has(e.Who, f.Who) && has(e.Action, f.Action) && has(e.Thing, f.Thing) &&
		has(strings.Join([]string{e.Who, e.Action, e.Thing, e.From, e.To, e.Detail}, "\n"), f.Any)
}

func has(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
