package lifecycle_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"galleria/platform/lifecycle"
)

func TestAPauseEndsWithItsContext(t *testing.T) {
	if err := lifecycle.Pause(t.Context(), time.Nanosecond); err != nil {
		t.Errorf("got %v, want a whole pause", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if err := lifecycle.Pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

func TestAGuardedPanicIsAnErrorThatSaysWhere(t *testing.T) {
	err := lifecycle.Guard(func() error { panic("too bad") })
	var p *lifecycle.Panic
	if !errors.As(err, &p) || p.Value != "too bad" || !strings.Contains(err.Error(), "panic: too bad\n") || !strings.Contains(string(p.Stack), "work_test.go") {
		t.Errorf("got %v", err)
	}
	failed := errors.New("failed")
	for _, want := range []error{nil, failed} {
		if got := lifecycle.Guard(func() error { return want }); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestACauseIsSaidOnceWhileTheTroubleLasts(t *testing.T) {
	var said lifecycle.Said
	news := func() (all []bool) {
		for _, cause := range []string{"away", "away", "wrong password", "away", "a", "b", "c", "d"} {
			all = append(all, said.IsNew(errors.New(cause)))
		}
		return all
	}
	if got, want := fmt.Sprint(news()), "[true false true false true true false false]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	said = nil
	if !said.IsNew(errors.New("away")) {
		t.Error("nothing is said of the next trouble")
	}
}
