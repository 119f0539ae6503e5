package events

import (
	"testing"

	"go.uber.org/goleak"
)

// Brokers, connections, relays and subscribers all own goroutines; none may
// outlive its Close or Run.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
