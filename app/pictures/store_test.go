package pictures_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"galleria/app/pictures"
)

func find(t testing.TB, s *pictures.Store, name string) string {
	t.Helper()
	p, ok := s.Find(name)
	if !ok {
		return "none"
	}
	return p.Sizes[0].Hash
}

// TestAnOpenShopSeesWhatOthersAddAndRemove: a reader and a writer are two programs,
// and nothing tells the one of the other.
func TestAnOpenShopSeesWhatOthersAddAndRemove(t *testing.T) {
	writer, dir := newStore(t)
	reader := pictures.New(dir, slog.New(slog.DiscardHandler))
	at := time.Now()
	reader.SetNow(func() time.Time { return at })
	later := func() { at = at.Add(300 * time.Millisecond) } // and less than a second
	if got := find(t, reader, "mug.jpg"); got != "none" {
		t.Fatalf("an empty store has %s", got)
	}
	seen, last := map[string]bool{}, reader.Version()
	start := at
	for i := range 5 { // all within one tick of a coarse file system's clock
		add(t, writer, "mug.jpg", asPNG(t, painted(20+i, 20)))
		if err := os.Chtimes(filepath.Join(dir, "names"), start, start); err != nil {
			t.Fatal(err)
		}
		later()
		got := find(t, reader, "mug.jpg")
		if got == "none" || seen[got] {
			t.Errorf("change %d: got %s, want a new picture", i, got)
		}
		if v := reader.Version(); v == last {
			t.Errorf("change %d: pages that show pictures are not drawn again", i)
		}
		seen[got], last = true, reader.Version()
	}
	if missing, err := writer.Remove("mug.jpg"); err != nil || len(missing) > 0 {
		t.Fatal(missing, err)
	}
	later()
	if got := find(t, reader, "mug.jpg"); got != "none" {
		t.Errorf("a removed picture is found: %s", got)
	}
	at = at.Add(time.Hour)
	settled := reader.Version()
	for range 3 {
		later()
		if reader.Version() != settled {
			t.Error("nothing changes, and pages are drawn again")
		}
	}
}

func TestTheSamePictureAgainChangesNothing(t *testing.T) {
	s, dir := newStore(t)
	mug, jug := asPNG(t, painted(50, 50)), asPNG(t, painted(60, 60))
	for i, c := range []struct {
		file []byte
		want pictures.Outcome
	}{{mug, pictures.Added}, {mug, pictures.Unchanged}, {jug, pictures.Replaced}, {mug, pictures.Replaced}} {
		if got := add(t, s, "mug.png", c.file); got != c.want {
			t.Errorf("time %d: got %d, want %d", i, got, c.want)
		}
	}
	// What was lost is made again.
	p, _ := s.Find("mug.png")
	if err := os.Remove(filepath.Join(dir, "files", p.Sizes[0].Hash+p.Sizes[0].Ending)); err != nil {
		t.Fatal(err)
	}
	if got := add(t, s, "mug.png", mug); got != pictures.Replaced {
		t.Errorf("with a file lost: got %d", got)
	}
	stored(t, s, p.Sizes[0])
}

// TestReplacedFilesStayADayAndRemovedOnesGoAtOnce, unless another name shows them.
func TestReplacedFilesStayADayAndRemovedOnesGoAtOnce(t *testing.T) {
	s, dir := newStore(t)
	at := time.Now()
	s.SetNow(func() time.Time { return at })
	add(t, s, "mug.png", asPNG(t, painted(50, 50)))
	add(t, s, "same.png", asPNG(t, painted(50, 50)))
	add(t, s, "jug.png", asPNG(t, painted(60, 60)))
	at = at.Add(30 * 24 * time.Hour)
	add(t, s, "jug.png", asPNG(t, painted(70, 70)))
	for _, step := range []struct {
		later time.Duration
		files int
	}{{0, 3}, {23 * time.Hour, 3}, {2 * time.Hour, 2}} {
		at = at.Add(step.later)
		if err := s.Sweep(); err != nil {
			t.Fatal(err)
		}
		if got, _ := filepath.Glob(filepath.Join(dir, "files/*")); len(got) != step.files {
			t.Errorf("%v later: got %d files, want %d", step.later, len(got), step.files)
		}
	}
	for _, step := range []struct {
		name  string
		files int
	}{{"mug.png", 2}, {"same.png", 1}, {"jug.png", 0}} {
		missing, err := s.Remove(step.name, "nothing.png")
		if err != nil || fmt.Sprint(missing) != "[nothing.png]" {
			t.Fatal(missing, err)
		}
		if got, _ := filepath.Glob(filepath.Join(dir, "files/*")); len(got) != step.files {
			t.Errorf("without %s: got %d files, want %d", step.name, len(got), step.files)
		}
	}
}

// TestAFullDiskLeavesNothingHalfWritten, whichever file does not fit, and what the
// name showed before stays.
func TestAFullDiskLeavesNothingHalfWritten(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "a file", Err: syscall.ENOSPC}
	for fits := range 4 { // three sizes and the name
		s, dir := newStore(t)
		add(t, s, "mug.jpg", asJPEG(t, painted(80, 80)))
		add(t, s, "shared.jpg", asJPEG(t, painted(320, 320)))
		before, was := filesIn(t, dir), find(t, s, "mug.jpg")
		s.FailWritesAfter(fits, full)
		_, err := s.Add(t.Context(), "mug.jpg", asJPEG(t, photograph(700, 700)))
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "mug.jpg") || !strings.Contains(err.Error(), "nothing of it was kept") {
			t.Errorf("after %d files: got %v", fits, err)
		}
		if after := filesIn(t, dir); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("after %d files: %v are there, want %v", fits, after, before)
		}
		if got := find(t, s, "mug.jpg"); got != was {
			t.Errorf("after %d files: the name shows %s, want %s", fits, got, was)
		}
	}
}

// TestManyProgramsAddAndRemoveAtOnce: whatever a name shows in the end is whole.
func TestManyProgramsAddAndRemoveAtOnce(t *testing.T) {
	_, dir := newStore(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			s := pictures.New(dir, slog.New(slog.DiscardHandler))
			for j := range 6 {
				name := fmt.Sprintf("%d.png", (i+j)%3)
				if _, err := s.Add(t.Context(), name, asPNG(t, painted(20+j%2, 20))); err != nil {
					t.Error(err)
				}
				if j%3 == i%3 {
					if _, err := s.Remove(name); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	s := pictures.New(dir, slog.New(slog.DiscardHandler))
	listed, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range listed {
		for _, size := range p.Sizes {
			stored(t, s, size)
		}
	}
}

func TestADamagedNameShowsNothingAndCostsNoOther(t *testing.T) {
	s, dir := newStore(t)
	at := time.Now()
	s.SetNow(func() time.Time { return at })
	add(t, s, "a.png", asPNG(t, painted(20, 20)))
	add(t, s, "b.png", asPNG(t, painted(30, 30)))
	for _, text := range []string{"{", `{"sizes":[{"hash":"../../x","ending":".jpg"}]}`} {
		if err := os.WriteFile(filepath.Join(dir, "names", "a.png.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at = at.Add(48 * time.Hour)
		if got := find(t, s, "a.png"); got != "none" {
			t.Errorf("%s shows %s", text, got)
		}
		before := len(filesIn(t, dir))
		if err := s.Sweep(); err != nil {
			t.Fatal(err)
		}
		if got := len(filesIn(t, dir)); got != before {
			t.Errorf("a file was deleted that the damaged name may show")
		}
		p, _ := s.Find("b.png")
		stored(t, s, p.Sizes[0])
	}
	if got := add(t, s, "a.png", asPNG(t, painted(20, 20))); got != pictures.Added {
		t.Errorf("adding it again: got %d", got)
	}
}
