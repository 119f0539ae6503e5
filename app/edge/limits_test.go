package edge

import (
	"net/netip"
	"testing"
	"time"
)

func TestAClientIsAnAddressOrAHouseholdsNetwork(t *testing.T) {
	at := time.Now()
	c := NewClients(Limits{Carts: 1, Loopback: true}, func() time.Time { return at })
	for _, step := range []struct {
		address string
		waits   bool
	}{
		{"192.0.2.1", false}, {"192.0.2.1", true}, {"::ffff:192.0.2.1", true}, {"192.0.2.2", false},
		{"2001:db8:1:1::1", false}, {"2001:db8:1:1:ffff::2", true}, {"2001:db8:1:2::1", false},
		{"127.0.0.1", false}, {"127.0.0.1", false}, {"::1", false}, {"::1", false},
	} {
		if got := c.Take(netip.MustParseAddr(step.address), NewCarts) > 0; got != step.waits {
			t.Errorf("%s: got that it waits %v, want %v", step.address, got, step.waits)
		}
	}
	at = at.Add(time.Minute)
	if wait := c.Take(netip.MustParseAddr("192.0.2.1"), NewCarts); wait > 0 {
		t.Errorf("a minute later: got a wait of %v, want none", wait)
	}
}

func TestWaitsGrowWithEachDeclinedCardAndEndWithOneThatPays(t *testing.T) {
	at := time.Now()
	c := NewClients(Limits{Declines: 2, Checkouts: 1000}, func() time.Time { return at })
	eve := netip.MustParseAddr("192.0.2.1")
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
		c.TakeCard(eve)
		c.Settled(eve, Declined)
		if got := c.Take(eve, CheckoutAttempts); got != want {
			t.Errorf("after %d declined cards: got a wait of %v, want %v", i+1, got, want)
		}
		at = at.Add(want)
	}
	for range 50 {
		at = at.Add(longestWait)
		c.TakeCard(eve)
	}
	if got := c.Take(eve, CheckoutAttempts); got != longestWait {
		t.Errorf("in the end: got a wait of %v, want %v", got, longestWait)
	}
	c.Settled(eve, Accepted)
	if got := c.Take(eve, CheckoutAttempts); got != 0 {
		t.Errorf("after one that paid: got a wait of %v, want none", got)
	}
}

func TestCardsTriedAtOnceCountWhenTheyBegin(t *testing.T) {
	at := time.Now()
	c := NewClients(Limits{Declines: 5}, func() time.Time { return at })
	eve := netip.MustParseAddr("192.0.2.1")
	tried := 0
	for range 18 {
		if c.TakeCard(eve) == 0 {
			tried++
		}
	}
	if tried != 6 { // as many as one after the other: five are free, the next one costs a wait
		t.Errorf("of 18 cards at once: got %d tried, want 6", tried)
	}
	for range 6 {
		c.Settled(eve, Unsettled)
	}
	if wait := c.TakeCard(eve); wait > 0 {
		t.Errorf("after six of which nothing was heard: got a wait of %v, want none", wait)
	}
}

func TestAClientIsToldWhatItMayStillDo(t *testing.T) {
	at := time.Now()
	c := NewClients(Limits{Requests: 2}, func() time.Time { return at })
	ana := netip.MustParseAddr("192.0.2.1")
	for i, want := range []Allowance{
		{Most: 2, Left: 1, Full: 30 * time.Second}, {Most: 2, Left: 0, Full: time.Minute}, {Most: 2, Left: 0, Wait: 30 * time.Second, Full: time.Minute},
	} {
		if got := c.Allow(ana, Requests); got != want {
			t.Errorf("request %d: got %+v, want %+v", i+1, got, want)
		}
	}
	if got := NewClients(DefaultLimits(), time.Now).Allow(netip.MustParseAddr("127.0.0.1"), Requests); got != (Allowance{}) {
		t.Errorf("a client without limits: got %+v, want none", got)
	}
}

func TestAClientCancelsSoManyADay(t *testing.T) {
	at := time.Now()
	c := NewClients(Limits{CancellationsOfDay: 12}, func() time.Time { return at })
	eve := netip.MustParseAddr("192.0.2.1")
	for range 2 { // a dozen at once, and again a day later
		for range 12 {
			if wait := c.Take(eve, CancellationsOfDay); wait > 0 {
				t.Errorf("got a wait of %v, want none for the first dozen", wait)
			}
		}
		if wait := c.Take(eve, CancellationsOfDay); wait != 2*time.Hour {
			t.Errorf("got a wait of %v, want two hours", wait)
		}
		at = at.Add(24 * time.Hour)
	}
}

func TestMemoryOfClientsIsBounded(t *testing.T) {
	c := NewClients(DefaultLimits(), time.Now)
	for i := range mostClients + 5000 {
		c.Take(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), NewCarts)
	}
	if n := len(c.known); n > mostClients {
		t.Errorf("got %d clients in memory, want %d at most", n, mostClients)
	}
}

func TestALimitThatIsLoweredIsWaitedForNoLongerThanItsSpan(t *testing.T) {
	at := time.Now()
	c := NewClients(Limits{CancellationsOfDay: 60, Requests: 600}, func() time.Time { return at })
	eve := netip.MustParseAddr("192.0.2.1")
	for range 30 {
		c.Take(eve, CancellationsOfDay)
		c.Take(eve, Requests)
	}
	c.SetLimits(Limits{CancellationsOfDay: 5, Requests: 5})
	for _, k := range []Kind{CancellationsOfDay, Requests} {
		if a := c.Allow(eve, k); a.Left != 0 || a.Wait <= 0 || a.Wait > k.Span()/5 || a.Full > k.Span() {
			t.Errorf("%v: got %+v, want none left, and a wait of a fifth of %v", k, a, k.Span())
		}
	}
}

// TestWhatCountsForADayIsKept though the client is idle and others need its room.
func TestWhatCountsForADayIsKept(t *testing.T) {
	at := time.Now()
	c := NewClients(Limits{CancellationsOfDay: 1, Carts: 1}, func() time.Time { return at })
	eve, idle := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	c.Take(eve, CancellationsOfDay)
	c.Take(idle, NewCarts)
	at = at.Add(2 * longestWait)
	c.mu.Lock()
	c.forget(at)
	known := len(c.known)
	c.mu.Unlock()
	if known != 1 || c.Take(eve, CancellationsOfDay) == 0 {
		t.Errorf("%d clients are known, want the one that has cancelled, and that it waits", known)
	}
	c.GiveBack(eve, CancellationsOfDay)
	if c.Take(eve, CancellationsOfDay) > 0 {
		t.Error("what was given back counts")
	}
}
