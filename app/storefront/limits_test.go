package storefront

import (
	"net/netip"
	"testing"
	"time"
)

func TestAClientIsAnAddressOrAHouseholdsNetwork(t *testing.T) {
	at := time.Now()
	c := newClients(Limits{Carts: 1, Loopback: true}.orDefaults(), func() time.Time { return at })
	for _, step := range []struct {
		address string
		waits   bool
	}{
		{"192.0.2.1", false}, {"192.0.2.1", true}, {"::ffff:192.0.2.1", true}, {"192.0.2.2", false},
		{"2001:db8:1:1::1", false}, {"2001:db8:1:1:ffff::2", true}, {"2001:db8:1:2::1", false},
		{"127.0.0.1", false}, {"127.0.0.1", false}, {"::1", false}, {"::1", false},
	} {
		if got := c.take(netip.MustParseAddr(step.address), newCarts) > 0; got != step.waits {
			t.Errorf("%s: got that it waits %v, want %v", step.address, got, step.waits)
		}
	}
	at = at.Add(time.Minute)
	if wait := c.take(netip.MustParseAddr("192.0.2.1"), newCarts); wait > 0 {
		t.Errorf("a minute later: got a wait of %v, want none", wait)
	}
}

func TestWaitsGrowWithEachDeclinedCardAndEndWithOneThatPays(t *testing.T) {
	at := time.Now()
	c := newClients(Limits{Declines: 2, Checkouts: 1000}.orDefaults(), func() time.Time { return at })
	eve := netip.MustParseAddr("192.0.2.1")
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
		c.settled(eve, true)
		if got := c.take(eve, checkoutAttempts); got != want {
			t.Errorf("after %d declined cards: got a wait of %v, want %v", i+1, got, want)
		}
		at = at.Add(want)
	}
	for range 50 {
		c.settled(eve, true)
	}
	if got := c.take(eve, checkoutAttempts); got != longestWait {
		t.Errorf("in the end: got a wait of %v, want %v", got, longestWait)
	}
	c.settled(eve, false)
	if got := c.take(eve, checkoutAttempts); got != 0 {
		t.Errorf("after one that paid: got a wait of %v, want none", got)
	}
}

func TestMemoryOfClientsIsBounded(t *testing.T) {
	c := newClients(DefaultLimits(), time.Now)
	for i := range mostClients + 5000 {
		c.take(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), newCarts)
	}
	if n := len(c.known); n > mostClients {
		t.Errorf("got %d clients in memory, want %d at most", n, mostClients)
	}
}
