package certs

import (
	"fmt"
	"slices"
	"testing"
)

func TestWhatWasRevokedOnceStaysSo(t *testing.T) {
	a := open(t)
	files := issue(t, a, t.TempDir(), 1<<40, "ana")
	guest, err := FromFiles(files.files())
	if err != nil {
		t.Fatal(err)
	}
	number := number(leafOf(t, guest))
	server := identity(t, a)
	address := serve(t, server)
	if err := call(t, address, "ana", guest.Client()); err != nil {
		t.Fatal(err)
	}
	for _, list := range [][]string{{number}, {"ab", "cd"}, nil} { // a list that has become shorter takes nothing away
		if err := server.LearnRevoked(list); err != nil {
			t.Fatal(err)
		}
		if err := call(t, address, "ana", guest.Client()); err == nil {
			t.Errorf("after %v the revoked certificate is let in", list)
		}
	}
	want := []string{number, "ab", "cd"}
	slices.Sort(want)
	if got := server.Revoked(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := server.trusted(); err != nil || len(server.merged.revoked) != 3 {
		t.Error("the list is not put together once for all connections")
	}

	if err := server.LearnRevoked([]string{"not a number"}); err == nil {
		t.Error("something else than a number is taken for one")
	}
	many := make([]string, maxLearned+1)
	for i := range many {
		many[i] = fmt.Sprintf("%x", i)
	}
	if err := server.LearnRevoked(many); err == nil || len(server.Revoked()) != 3 {
		t.Error("a list without bounds is remembered")
	}
}
