package auditlog_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/app/auditlog"
)

func TestChangesAreFoundNewestFirstAlsoAfterARestart(t *testing.T) {
	dir, now := t.TempDir(), time.Unix(1_800_000_000, 0)
	open := func() *auditlog.Log {
		return auditlog.New(dir, func() time.Time { now = now.Add(time.Second); return now }, slog.New(slog.DiscardHandler))
	}
	l := open()
	l.Note(auditlog.Entry{Who: "olga@example.org", Action: "shipped", Thing: "order G-1", To: "all pieces"})
	l.Note(auditlog.Entry{Who: "ana@example.org", Action: "adjusted", Thing: "stock of MUG-1", From: "4", To: "3", Detail: "broken\nin two"})
	l.Note(auditlog.Entry{Who: "olga@example.org", Action: "cancelled", Thing: "order G-2"})

	found, more, err := open().Find(auditlog.Filter{Limit: 2})
	if err != nil || !more || len(found) != 2 || found[0].Thing != "order G-2" || found[1].Detail != "broken in two" || !found[0].At.After(found[1].At) {
		t.Errorf("got %+v, %v, %v, want the latest two, and that there are more", found, more, err)
	}
	found, more, err = l.Find(auditlog.Filter{Who: "OLGA", Thing: "order", Skip: 1, Limit: 10})
	if err != nil || more || len(found) != 1 || found[0].Action != "shipped" {
		t.Errorf("got %+v, %v, %v, want the one of olga before", found, more, err)
	}
}

func TestALineThatWasCutOffHidesNoOther(t *testing.T) {
	dir := t.TempDir()
	l := auditlog.New(dir, time.Now, slog.New(slog.DiscardHandler))
	l.Note(auditlog.Entry{Who: "a", Action: "did", Thing: strings.Repeat("long ", 1000)})
	name := filepath.Join(dir, "audit", "changes.jsonl")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 1000 {
		t.Errorf("a long thing makes a line of %d bytes", len(data))
	}
	if err := os.WriteFile(name, append(data, []byte(`{"at":"20`)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, _, err := l.Find(auditlog.Filter{Limit: 10}); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v, want the whole line", found, err)
	}
}

func TestARepeatIsNotNotedAgain(t *testing.T) {
	l := auditlog.New(t.TempDir(), time.Now, slog.New(slog.DiscardHandler))
	for _, once := range []string{"key 1", "key 1", "key 2", "", ""} {
		l.Note(auditlog.Entry{Who: "API key 7", Action: "refunded", Thing: "order G-1", Program: true, Once: once})
	}
	if found, _, err := l.Find(auditlog.Filter{Limit: 100}); err != nil || len(found) != 4 {
		t.Errorf("got %d entries, %v, want 4", len(found), err)
	}
}

// A program that never stops fills its own log.
func TestAProgramPushesOutNoChangeOfAPerson(t *testing.T) {
	dir := t.TempDir()
	l := auditlog.New(dir, time.Now, slog.New(slog.DiscardHandler))
	long := strings.Repeat("x", 490)
	l.Note(auditlog.Entry{Who: "olga@example.org", Action: "refunded", Thing: "order G-1"})
	size := func(name string) int64 {
		info, err := os.Stat(filepath.Join(dir, "audit", name))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	for n := 0; size("programs.jsonl.1") == 0 || size("programs.jsonl") < 2<<20; n++ {
		l.Note(auditlog.Entry{Who: "API key 7", Action: long, Thing: long, From: long, To: long, Detail: long, Program: true})
	}
	l.Note(auditlog.Entry{Who: "olga@example.org", Action: "shipped", Thing: "order G-2"})
	found, more, err := l.Find(auditlog.Filter{Who: "olga", Limit: 10})
	if err != nil || more || len(found) != 2 || found[0].Action != "shipped" {
		t.Errorf("got %+v, %v, %v, want both changes of olga", found, more, err)
	}
	if all, _, err := l.Find(auditlog.Filter{Limit: 2}); err != nil || len(all) != 2 || all[0].Who != "olga@example.org" || all[1].Who != "API key 7" {
		t.Errorf("got %+v, %v, want the newest of both first", all, err)
	}
}

func TestManyMayNoteAtATime(t *testing.T) {
	l := auditlog.New(t.TempDir(), time.Now, slog.New(slog.DiscardHandler))
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { l.Note(auditlog.Entry{Who: fmt.Sprint(i), Action: "did", Thing: "it"}) })
	}
	all.Wait()
	if found, _, err := l.Find(auditlog.Filter{Limit: 100}); err != nil || len(found) != 20 {
		t.Errorf("got %d entries, %v, want 20", len(found), err)
	}
}

func TestCommandsArePutAmongTheOthersByTime(t *testing.T) {
	dir, now := t.TempDir(), time.Unix(1_800_000_000, 0)
	l := auditlog.New(dir, func() time.Time { now = now.Add(time.Second); return now }, slog.New(slog.DiscardHandler))
	for i, e := range []auditlog.Entry{{Command: true}, {}, {Program: true}, {Command: true}, {}} {
		e.Who, e.Action, e.Thing = "ana@desk", "did", fmt.Sprint(i)
		l.Note(e)
	}
	found, more, err := l.Find(auditlog.Filter{Skip: 1, Limit: 3})
	if err != nil || !more || len(found) != 3 || found[0].Thing != "3" || !found[0].Command || found[1].Thing != "2" || found[2].Thing != "1" {
		t.Errorf("got %+v, %v, %v, want 3, 2 and 1, and that there are more", found, more, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "audit", "commands.jsonl")); err != nil {
		t.Errorf("commands could push out changes of people: %v", err)
	}
}
