package secret

import (
	"errors"
	"strings"
	"testing"
)

func TestAHashKnowsItsPasswordAndNoOther(t *testing.T) {
	for name, cost := range map[string]Cost{"as served": Advised, "quick": Quick} {
		t.Run(name, func(t *testing.T) {
			h := NewHasher(cost, 1, 0)
			hash, err := h.Hash(t.Context(), "nine teapots on a shelf")
			if err != nil {
				t.Fatal(err)
			}
			other, err := h.Hash(t.Context(), "nine teapots on a shelf")
			if err != nil || other == hash {
				t.Errorf("the same password again: got %s and %v, want another salt", other, err)
			}
			for password, want := range map[string]bool{"nine teapots on a shelf": true, "ten teapots on a shelf": false, "": false} {
				if got, err := h.Matches(t.Context(), password, hash); got != want || err != nil {
					t.Errorf("%q: got %v and %v, want %v", password, got, err, want)
				}
			}
			if got, err := h.Matches(t.Context(), "nine teapots on a shelf", ""); got || err != nil {
				t.Errorf("without a hash: got %v and %v, want false", got, err)
			}
		})
	}
}

func TestServedHashesAreAsAdvised(t *testing.T) {
	if got, want := Advised.beginning(), "$argon2id$v=19$m=19456,t=2,p=1$"; got != want {
		t.Errorf("got hashes that begin with %s, want %s", got, want)
	}
}

func TestAHashOfAnotherCostIsRefused(t *testing.T) {
	hash, err := NewHasher(Quick, 1, 0).Hash(t.Context(), "nine teapots on a shelf")
	if err != nil {
		t.Fatal(err)
	}
	got, err := NewHasher(Advised, 1, 0).Matches(t.Context(), "nine teapots on a shelf", hash)
	if got || err == nil || strings.Contains(err.Error(), hash) {
		t.Errorf("got %v and error %v, want a refusal without the hash", got, err)
	}
}

func TestPasswordsBeyondThoseThatMayWaitAreRefused(t *testing.T) {
	h := NewHasher(Quick, 1, 0)
	h.places <- struct{}{} // one is being hashed
	h.waiting.Add(1)
	if _, err := h.Hash(t.Context(), "nine teapots on a shelf"); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: got %v, want ErrBusy", err)
	}
	<-h.places
	h.waiting.Add(-1)
	if _, err := h.Hash(t.Context(), "nine teapots on a shelf"); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}
