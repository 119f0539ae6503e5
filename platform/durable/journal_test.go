package durable_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"galleria/platform/durable"
)

func TestAJournalKeepsTheLatestLinesInOrderAndStaysSmall(t *testing.T) {
	j := durable.Journal{Name: filepath.Join(t.TempDir(), "new", "journal"), Most: 100}
	if lines, err := j.Lines(); err != nil || len(lines) != 0 {
		t.Errorf("got %q, %v before anything was added", lines, err)
	}
	for i := range 100 {
		if err := j.Add(fmt.Appendf(nil, "line %02d", i)); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := j.Lines()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) < 12 || len(lines) > 30 {
		t.Errorf("got %d lines of 8 bytes, want those of 100 to 200 bytes", len(lines))
	}
	for i, line := range lines {
		if want := fmt.Sprintf("line %02d", 100-len(lines)+i); string(line) != want {
			t.Errorf("line %d: got %q, want %q", i, line, want)
		}
	}
	if all, err := os.ReadDir(filepath.Dir(j.Name)); err != nil || len(all) != 2 {
		t.Errorf("got %v, %v, want two files", all, err)
	}
}

// TestManyAddToAJournal: each of them finds it full, and one begins a new file.
func TestManyAddToAJournal(t *testing.T) {
	j := durable.Journal{Name: filepath.Join(t.TempDir(), "journal"), Most: 100}
	line := bytes.Repeat([]byte{'x'}, 60) // two fill a file
	var adding sync.WaitGroup
	for range 8 {
		adding.Go(func() {
			for range 200 {
				if err := j.Add(line); err != nil {
					t.Error(err)
				}
				previous, err := os.Stat(j.Name + ".1")
				if err == nil && previous.Size() <= j.Most {
					t.Errorf("the previous file has %d bytes, want one that was full: what it replaced is lost", previous.Size())
					return
				}
			}
		})
	}
	adding.Wait()
}

func TestALineAfterOneThatWasCutOffIsKept(t *testing.T) {
	j := durable.Journal{Name: filepath.Join(t.TempDir(), "lines"), Most: 1 << 20}
	if err := os.WriteFile(j.Name, []byte("whole\ncut of"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Add([]byte("next")); err != nil {
		t.Fatal(err)
	}
	lines, err := j.Lines()
	if err != nil || len(lines) != 3 || string(lines[2]) != "next" {
		t.Errorf("got %q and error %v, want the next line by itself", lines, err)
	}
}
