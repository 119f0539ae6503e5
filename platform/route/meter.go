package route

import (
	"math/bits"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
)

// clockBase anchors the monotonic clock. Reading only the monotonic half of
// the clock costs half of time.Now, which is a third of a whole local call.
var clockBase = time.Now()

// ticks is the monotonic time since clockBase.
func ticks() time.Duration { return time.Since(clockBase) }

// Latencies fall into buckets four to each power of two, from 64 ns to 68 s:
// a quantile read from them is at most 19 % too high.
const (
	lowestPower = 6
	powers      = 31
	bucketCount = powers * 4
)

// meter measures the calls to one method in one mode. Safe for concurrent use.
type meter struct {
	errors  atomic.Int64
	nanos   atomic.Int64
	buckets [bucketCount]atomic.Int64 // together: the calls
}

func (m *meter) observe(took time.Duration, err error) {
	m.nanos.Add(int64(took))
	m.buckets[bucketOf(took)].Add(1)
	if faulty(err) {
		m.errors.Add(1)
	}
}

// faulty tells failures of the system from answers the caller can act on: a
// lack of room, an unknown id or a wrong password is not an error of the route. A
// refusal without a reason of the contract is one: a process said so at its door, and
// not the module.
func faulty(err error) bool {
	if err == nil {
		return false
	}
	switch status.Code(err) {
	case codes.Unknown, codes.DeadlineExceeded, codes.Internal, codes.Unavailable, codes.DataLoss, codes.Unimplemented:
		return true
	case codes.PermissionDenied, codes.Unauthenticated:
		_, reasoned := contract.Info(err)
		return !reasoned
	}
	return false
}

func bucketOf(took time.Duration) int {
	n := uint64(max(took, 1<<lowestPower))
	power := bits.Len64(n) - 1
	if power >= lowestPower+powers {
		return bucketCount - 1
	}
	quarter := (n >> (power - 2)) & 3
	return (power-lowestPower)*4 + int(quarter)
}

// upperBound is the longest duration in a bucket.
func upperBound(bucket int) time.Duration {
	power, quarter := bucket/4+lowestPower, bucket%4
	return time.Duration(1)<<power + time.Duration(quarter+1)<<(power-2)
}

// Stats is what a route measured of one method, in all modes, since the process
// started.
type Stats struct {
	// Method is the full gRPC name.
	Method string
	Calls  int64
	// Errors counts failures of the system: timeouts, outages, panics,
	// refusals at a door. Answers of the module such as "not found" are none.
	Errors int64
	// P50 and P99 are 0 before the first call.
	P50, P99 time.Duration
	// PromisedP99 is the contract's; 0: none.
	PromisedP99 time.Duration
}

// summary adds up the meters of all modes. Each bucket is read once, so that
// calls and quantiles belong together.
func summary(meters *[len(measured)]meter) Stats {
	var s Stats
	var counts [bucketCount]int64
	for m := range meters {
		if measured[m] == modeCompared {
			continue // not calls of anything that waits for the answer
		}
		s.Errors += meters[m].errors.Load()
		for i := range counts {
			n := meters[m].buckets[i].Load()
			counts[i] += n
			s.Calls += n
		}
	}
	s.P50, s.P99 = quantile(&counts, s.Calls, 0.5), quantile(&counts, s.Calls, 0.99)
	return s
}

// quantiles are the median and the p99 of what was observed; 0 before that.
func (m *meter) quantiles() (p50, p99 time.Duration) {
	var counts [bucketCount]int64
	var calls int64
	for i := range counts {
		counts[i] = m.buckets[i].Load()
		calls += counts[i]
	}
	return quantile(&counts, calls, 0.5), quantile(&counts, calls, 0.99)
}

func quantile(counts *[bucketCount]int64, total int64, q float64) time.Duration {
	if total == 0 {
		return 0
	}
	rank := int64(q*float64(total-1)) + 1
	for i, n := range counts {
		rank -= n
		if rank <= 0 {
			return upperBound(i)
		}
	}
	return upperBound(bucketCount - 1)
}
