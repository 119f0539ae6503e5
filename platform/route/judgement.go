package route

import (
	"fmt"
	"math"
	"strings"
)

// Verdict is what is to become of a canary.
type Verdict int

// The verdicts.
const (
	// Wait: there is not enough to judge by, or it is not clear.
	Wait Verdict = iota
	// GoOn: the second arm does as well as the first, as far as can be told.
	GoOn
	// GoBack: the second arm does worse, and that is no chance.
	GoBack
)

const (
	// surely is the probability of blaming an arm that does no worse than the
	// other one. It is looked at again and again while calls come in, so it is
	// small.
	surely = 0.0005
	// perhaps is the probability from which on a difference is taken for chance.
	perhaps = 0.1
	// enough is how many calls of the second arm a step needs to be judged by.
	enough = 20
	// tolerated is the share of failures in an arm that has none to compare with.
	tolerated = 0.01
)

// Judge compares the calls of a canary's arms, method by method, and says in a
// sentence why. A method tells against trial when its calls fail more often than
// those of stable, by more than chance explains: Fisher's exact test, which also
// holds for a handful of calls. Or when more of its calls break the promised p99
// than the promise allows, and more than those of stable in the same moments: the
// Mantel-Haenszel test. An arm that gets all calls is judged by its failures.
func Judge(stable, trial []ArmCalls) (Verdict, string) {
	var calls int64
	doubt := ""
	for i, t := range trial {
		calls += t.Calls
		if t.Calls == 0 {
			continue
		}
		s := ArmCalls{Method: t.Method, Promised: t.Promised}
		if i < len(stable) {
			s = stable[i]
		}
		name := t.Method[strings.LastIndex(t.Method, "/")+1:]
		p := worseBy(t.Failed, t.Calls, s.Failed, s.Calls, tolerated)
		said := fmt.Sprintf("%d of %d calls of %s failed there, against %d of %d", t.Failed, t.Calls, name, s.Failed, s.Calls)
		if p < surely {
			return GoBack, said
		}
		if p < perhaps {
			doubt = said
		}
		if t.Promised == 0 {
			continue
		}
		p = max(
			excessTail(t.Excess, t.Variance),
			binomialTail(t.Slow, t.Calls, 0.01), // the promise is for 99 of 100
		)
		said = fmt.Sprintf("%d of %d calls of %s took longer there than the promised %s, against %d of %d", t.Slow, t.Calls, name, t.Promised, s.Slow, s.Calls)
		// With an arm that is slow itself the machine is too busy to blame either:
		// the one with fewer calls is the slower one then, for its connection and
		// memory are colder.
		if p < surely && s.Slow*5 < s.Calls {
			return GoBack, said
		}
		if p < perhaps {
			doubt = said
		}
	}
	switch {
	case calls == 0:
		return Wait, "no calls have come: there is nothing to judge by"
	case calls < enough:
		return Wait, fmt.Sprintf("%d calls have come, and %d are needed to judge", calls, enough)
	case doubt != "":
		return Wait, doubt + ": that may be chance"
	}
	return GoOn, fmt.Sprintf("%d calls did as well there as the others", calls)
}

// worseBy is the probability to see so many bad calls of trial, or more, if both
// arms were alike. Without calls of the other arm, the share is given.
func worseBy(bad, calls, otherBad, otherCalls int64, share float64) float64 {
	if otherCalls == 0 {
		return binomialTail(bad, calls, share)
	}
	return fisherTail(bad, calls, otherBad, otherCalls)
}

// fisherTail is the chance that, of all bad calls dealt at random, at least so
// many fall to the first arm: the upper tail of the hypergeometric distribution.
func fisherTail(bad, calls, otherBad, otherCalls int64) float64 {
	all, allBad := calls+otherCalls, bad+otherBad
	tail := 0.0
	for k := bad; k <= min(allBad, calls); k++ {
		if allBad-k > otherCalls {
			continue
		}
		tail += math.Exp(choose(calls, k) + choose(otherCalls, allBad-k) - choose(all, allBad))
	}
	return min(tail, 1)
}

// excessTail is the chance of at least so great an excess, with the correction for
// a number that is whole.
func excessTail(excess, variance float64) float64 {
	if variance == 0 || excess <= 0.5 {
		return 1
	}
	return math.Erfc((excess-0.5)/math.Sqrt(2*variance)) / 2
}

// binomialTail is the chance of at least so many bad calls when each is bad with
// the probability share.
func binomialTail(bad, calls int64, share float64) float64 {
	if bad == 0 {
		return 1
	}
	below := 0.0
	for k := range bad {
		below += math.Exp(choose(calls, k) + float64(k)*math.Log(share) + float64(calls-k)*math.Log1p(-share))
	}
	return max(0, 1-below)
}

// choose is the logarithm of a binomial coefficient.
func choose(n, k int64) float64 {
	log := func(n int64) float64 {
		v, _ := math.Lgamma(float64(n) + 1)
		return v
	}
	return log(n) - log(k) - log(n-k)
}
