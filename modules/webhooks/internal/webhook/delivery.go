package webhook

import (
	"math/rand/v2"
	"regexp"
	"time"

	"galleria/platform/id"
)

// Status is what became of a delivery.
type Status string

// The statuses of a delivery; see the drawing in the doc.go of the module.
const (
	Waiting   Status = "waiting"
	Delivered Status = "delivered"
	Failed    Status = "failed"
)

// Delivery is one event, for one endpoint.
type Delivery struct {
	ID, EndpointID string
	// WebhookID is the same for every attempt and for each endpoint.
	WebhookID string
	Type      string
	Payload   string
	Status    Status
	Attempts  int
	CreatedAt time.Time
	DueAt     time.Time // the next attempt
	FirstAt   time.Time // the first attempt; zero: none
	LastAt    time.Time
	// What the last attempt brought.
	LastStatus int
	LastAnswer string
	Problem    string
}

var goodID = regexp.MustCompile(`^[0-9a-z]{26}$`)

// IsID tells whether text can be an id of an endpoint or delivery.
func IsID(text string) bool { return len(text) == id.Length && goodID.MatchString(text) }

// Retries says when a delivery that failed is tried again, and when it is given up.
type Retries struct {
	// First is the pause after the first failure; each further one is four times as
	// long, up to Most.
	First, Most time.Duration
	// GiveUp is how long it is tried.
	GiveUp time.Duration
}

// growth is how much longer each pause is than the one before: 5 s, 20 s, 80 s, 5 min,
// 21 min, 85 min, 6 h, 12 h …
const growth = 4

// After is the pause after a number of failed attempts. Pauses differ by a fifth, so
// that what failed together does not come back together.
func (r Retries) After(attempts int) time.Duration {
	pause := r.First
	for range attempts - 1 {
		if pause = pause * growth; pause >= r.Most {
			pause = r.Most
			break
		}
	}
	return time.Duration(float64(pause) * (0.8 + 0.4*rand.Float64()))
}
