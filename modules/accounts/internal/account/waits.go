package account

import "time"

// Wait is how the pause between two tries grows with the number of failures. There is
// no lock-out: who waits may try again, and a person at a machine known to the account
// does not wait for what strangers do.
type Wait struct {
	// Free failures cost nothing; the next ones First, twice as much, and so on up to
	// Most.
	Free        int64
	First, Most time.Duration
}

// The pauses: of one account, and of one client address, which many people may share.
var (
	ForAccount = Wait{Free: 5, First: time.Second, Most: time.Minute}
	ForClient  = Wait{Free: 20, First: time.Second, Most: 5 * time.Minute}
)

// After is the pause after so many failures.
func (w Wait) After(failures int64) time.Duration {
	over := failures - w.Free
	if over <= 0 {
		return 0
	}
	if over > 30 {
		return w.Most
	}
	return min(w.First<<(over-1), w.Most)
}

// Forgotten is how long after the last failure none is remembered any more; until then
// one is forgotten every forgetOne.
const (
	Forgotten = 24 * time.Hour
	forgetOne = 5 * time.Minute
)

// Remembered is what counts of failures some time after the last of them was forgotten or
// made, and how much of that time has forgotten none yet: it goes on to count when another
// failure follows.
func Remembered(failures int64, since time.Duration) (remembered int64, rest time.Duration) {
	since = max(0, since)
	remembered = failures - int64(since/forgetOne)
	if since >= Forgotten || remembered <= 0 {
		return 0, 0
	}
	return remembered, since % forgetOne
}

// Lifetimes are how long sessions last: unused, and at all.
type Lifetimes struct{ Idle, Longest time.Duration }
