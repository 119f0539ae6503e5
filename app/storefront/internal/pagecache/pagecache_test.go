package pagecache_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/app/storefront/internal/pagecache"
)

// clock stands still until it is moved.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time       { return time.Unix(0, c.at.Load()) }
func (c *clock) pass(d time.Duration) { c.at.Add(int64(d)) }

// drawn is a sketch that nobody can compare.
func drawn(draw func() ([]byte, error)) func() (pagecache.Sketch, error) {
	return func() (pagecache.Sketch, error) { return pagecache.Sketch{Draw: draw}, nil }
}

func text(s string) func() (pagecache.Sketch, error) {
	return drawn(func() ([]byte, error) { return []byte(s), nil })
}

func TestAPageIsFreshUntilItsTimeIsUp(t *testing.T) {
	var c clock
	cache := pagecache.New(time.Second, 1<<20, "", c.now)
	if _, err := cache.Draw("home", text("one")); err != nil {
		t.Fatal(err)
	}
	c.pass(time.Second - 1)
	if p := cache.Fresh("home"); p == nil || string(p.Before) != "one" {
		t.Errorf("just before its time is up: got %v, want the page", p)
	}
	c.pass(1)
	if p := cache.Fresh("home"); p != nil {
		t.Errorf("after its time: got %q, want none", p.Before)
	}
}

func TestTheTimeCountsFromBeforeTheDrawing(t *testing.T) {
	var c clock
	cache := pagecache.New(time.Second, 1<<20, "", c.now)
	cache.Draw("slow", drawn(func() ([]byte, error) { c.pass(2 * time.Second); return []byte("x"), nil }))
	if p := cache.Fresh("slow"); p != nil {
		t.Error("a page drawn for two seconds is fresh after it: what it shows is two seconds old")
	}
}

func TestTheSlotIsCutOut(t *testing.T) {
	cache := pagecache.New(time.Second, 1<<20, "<slot>", time.Now)
	p, err := cache.Draw("k", text("before<slot>after"))
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Before) != "before" || string(p.After) != "after" {
		t.Errorf("got %q and %q, want before and after", p.Before, p.After)
	}
}

func TestManyWhoAskAtOnceCauseOneDrawing(t *testing.T) {
	cache := pagecache.New(time.Minute, 1<<20, "", time.Now)
	var count atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			p, err := cache.Draw("k", drawn(func() ([]byte, error) { count.Add(1); return []byte("page"), nil }))
			if err != nil || string(p.Before) != "page" {
				t.Errorf("got %v, %v", p, err)
			}
		})
	}
	all.Wait()
	if got := count.Load(); got != 1 {
		t.Errorf("got %d drawings, want 1", got)
	}
}

func TestAFailureIsNotKept(t *testing.T) {
	cache := pagecache.New(time.Minute, 1<<20, "", time.Now)
	if _, err := cache.Draw("k", drawn(func() ([]byte, error) { return nil, errors.New("away") })); err == nil {
		t.Fatal("got no error")
	}
	if p, err := cache.Draw("k", text("back")); err != nil || string(p.Before) != "back" {
		t.Errorf("got %v, %v; want the page", p, err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	cache := pagecache.New(time.Hour, 10_000, "", time.Now)
	for i := range 1000 {
		cache.Draw(fmt.Sprint(i), drawn(func() ([]byte, error) { return make([]byte, 500), nil }))
	}
	kept := 0
	for i := range 1000 {
		if cache.Fresh(fmt.Sprint(i)) != nil {
			kept++
		}
	}
	if kept == 0 || kept > 20 {
		t.Errorf("got %d pages of 500 bytes in 10,000, want 1 to 20", kept)
	}
}

func TestAPageThatWouldShowTheSameIsNotDrawnAgain(t *testing.T) {
	var c clock
	cache := pagecache.New(time.Second, 1<<20, "", c.now)
	draws := 0
	ask := func(shows string) string {
		p, err := cache.Draw("k", func() (pagecache.Sketch, error) {
			return pagecache.Sketch{Shows: shows, Draw: func() ([]byte, error) { draws++; return []byte("page of " + shows), nil }}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(p.Before)
	}
	ask("a")
	c.pass(2 * time.Second)
	if got := ask("a"); got != "page of a" || draws != 1 {
		t.Errorf("the same again: got %q after %d drawings, want the first drawing", got, draws)
	}
	if cache.Fresh("k") == nil {
		t.Error("looked at again and not fresh")
	}
	c.pass(2 * time.Second)
	if got := ask("b"); got != "page of b" {
		t.Errorf("changed: got %q, want the new page", got)
	}
}
