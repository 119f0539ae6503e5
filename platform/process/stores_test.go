package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/platform/database"
	probev1 "galleria/platform/route/probe/v1"
)

func TestAStoreIsRefusedAtAnEarlierGeneration(t *testing.T) {
	data := t.TempDir()
	p := pinsIn(data)
	for _, seen := range []int64{1, 3, 0, 3} { // 0: not known
		if err := p.check("alpha", "one", seen); err != nil {
			t.Fatalf("generation %d: %v", seen, err)
		}
	}
	err := p.check("alpha", "one", 2)
	if err == nil || !strings.Contains(err.Error(), "generation 2") || !strings.Contains(err.Error(), "at 3 before") || !strings.Contains(err.Error(), "store adopt alpha") {
		t.Errorf("got %v, want a refusal with both generations and the command", err)
	}
	if err := SetPin(data, "alpha", Pin{Store: "one", Generation: 2}); err != nil {
		t.Fatal(err)
	}
	if err := p.check("alpha", "one", 2); err != nil {
		t.Errorf("after it was pinned anew: %v", err)
	}
	if err := p.check("alpha", "other", 2); err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("got %v, want that another store is refused", err)
	}
}

func TestAPinWithoutAGenerationIsGivenOne(t *testing.T) {
	data := t.TempDir()
	p := pinsIn(data)
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, "alpha"), []byte("one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.check("alpha", "one", 4); err != nil {
		t.Fatal(err)
	}
	if pin, err := PinOf(data, "alpha"); err != nil || pin != (Pin{"one", 4}) {
		t.Errorf("got %v (%v), want store one at generation 4", pin, err)
	}
}

func TestTheLastMarkOfAStoreIsKept(t *testing.T) {
	data := t.TempDir()
	m := MarksOf(data, "alpha")
	want := func(want database.Mark) {
		t.Helper()
		if got, err := MarksOf(data, "alpha").Last(); err != nil || got != want {
			t.Errorf("got %v (%v), want %v", got, err, want)
		}
	}
	keep := func(left database.Mark) {
		t.Helper()
		if err := m.Keep(left); err != nil {
			t.Error(err)
		}
	}
	want(database.Mark{})
	second := database.Mark{Store: "one", Adoptions: 1, Number: 2, Text: "b"}
	keep(second)
	want(second)
	keep(database.Mark{Store: "one", Adoptions: 1, Number: 1, Text: "a"}) // a process that was slow
	want(second)
	adopted := database.Mark{Store: "one", Adoptions: 2, Number: 1, Text: "c"}
	keep(adopted)
	want(adopted)

	if err := pinsIn(data).check("alpha", "one", 2); err != nil {
		t.Fatal(err)
	}
	keep(database.Mark{Store: "other", Adoptions: 9, Number: 9, Text: "d"}) // is refused by its pin
	want(adopted)
	if err := os.Remove(filepath.Join(data, "stores", "alpha")); err != nil {
		t.Fatal(err)
	}
	other := database.Mark{Store: "other", Adoptions: 1, Number: 1, Text: "d"} // replaced on purpose
	keep(other)
	want(other)
}

func TestAModuleIsDownWhileItsStoreIsOneThatWasPutBack(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(h.dir, "alpha.db")
	run := func() {
		t.Helper()
		p := h.start("main", places{"alpha": here})
		if _, err := probev1.NewProbeServiceClient(p.Connect(tester, "alpha")).Once(t.Context(), &probev1.OnceRequest{}); err != nil {
			t.Fatal(err)
		}
		stop(t, p)
	}
	run()
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	run()
	if err := os.WriteFile(file, kept, 0o600); err != nil {
		t.Fatal(err)
	}

	p := h.start("main", places{"alpha": here})
	refused := func() bool {
		wish, pending := p.Wish("alpha")
		return pending && strings.Contains(wish.Problem, "put back") && strings.Contains(wish.Problem, "store adopt alpha")
	}
	if !refused() {
		wish, _ := p.Wish("alpha")
		t.Errorf("got %q, want that its store was put back, and the command", wish.Problem)
	}
	err = database.Adopt(t.Context(), database.Options{Module: "alpha", Dir: h.dir, Migrations: notes}, 1)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "adopted", "main", func() string { answered, _ := ask(t, p); return answered })
}
