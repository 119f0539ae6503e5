package events

import (
	"testing"

	"go.uber.org/goleak"
)

// Brokers, connections, relays and subscribers all own goroutines; none may
// outlive its Close or Run.
//
// Tests run in parallel, because one of them waits for a minute; those that trace
// do not, because tracing is the process's.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
