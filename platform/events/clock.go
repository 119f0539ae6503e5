package events

import (
	"sync"
	"sync/atomic"
	"time"
	_ "unsafe" // for go:linkname

	"galleria/platform/lifecycle"
)

// The server of NATS has a clock of its own, by which it tells how long it has not used
// what it keeps in memory. From the first open stream on a goroutine sets that clock ten
// times a second. That was a quarter of what an idle process cost, and the server has no
// option for it. Nothing needs the clock that exactly: memory is kept for ten seconds
// after its last use, and events for thirty days.
//
// Therefore a process counts as a user of the clock before the server does, which then
// starts no goroutine, and the broker sets the clock. A server that has no such variables
// any more has a clock that goes by itself again, and TestTheServersClockIsSetSeldom
// fails.

//go:linkname clockUsers github.com/nats-io/nats-server/v2/server/ats.refs
var clockUsers atomic.Int64

//go:linkname clock github.com/nats-io/nats-server/v2/server/ats.utime
var clock atomic.Int64 // nanoseconds since 1970

const setClockEvery = 2 * time.Second

// useClock is called before a server opens its streams. No process stops to use the
// clock: the server would stop a goroutine that it had not started.
var useClock = sync.OnceFunc(func() { clockUsers.Add(1) })

// keepClock sets the clock until the broker is closed.
func (b *Broker) keepClock() {
	for b.life.Err() == nil {
		clock.Store(time.Now().UnixNano())
		lifecycle.Pause(b.life, lifecycle.Together(setClockEvery))
	}
}
