package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
