package route

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"galleria/platform/contract"
)

func TestACanaryIsJudgedByWhatFewCallsCanShow(t *testing.T) {
	one := func(calls, failed, slow int64) []ArmCalls {
		return []ArmCalls{{Method: "/p/Echo", Calls: calls, Failed: failed, Slow: slow, Promised: time.Millisecond}}
	}
	// slower adds how many calls more were slow than in the other arm.
	slower := func(arm []ArmCalls, excess, variance float64) []ArmCalls {
		arm[0].Excess, arm[0].Variance = excess, variance
		return arm
	}
	for name, c := range map[string]struct {
		stable, trial []ArmCalls
		want          Verdict
		says          string
	}{
		"nothing came":                   {one(500, 0, 0), one(0, 0, 0), Wait, "no calls"},
		"too few":                        {one(500, 0, 0), one(5, 0, 0), Wait, "5 calls have come"},
		"one failure of three":           {one(97, 0, 0), one(3, 1, 0), Wait, "3 calls"},
		"all of three fail":              {one(97, 0, 0), one(3, 3, 0), GoBack, "3 of 3 calls of Echo failed there, against 0 of 97"},
		"both fail alike":                {one(100, 50, 0), one(100, 51, 0), GoOn, "did as well"},
		"a little worse":                 {one(100, 0, 0), one(50, 3, 0), Wait, "may be chance"},
		"much worse":                     {one(1000, 1, 0), one(100, 12, 0), GoBack, "12 of 100"},
		"slow, and the other is not":     {one(1000, 0, 5), slower(one(100, 0, 40), 36, 4), GoBack, "took longer there than the promised 1ms"},
		"slow as the other is":           {one(1000, 0, 400), slower(one(100, 0, 40), 1, 20), GoOn, "did as well"},
		"slower, and both are slow":      {one(1000, 0, 400), slower(one(100, 0, 90), 36, 4), Wait, "may be chance"},
		"slow when the other had none":   {one(1000, 0, 0), slower(one(100, 0, 90), 0, 0), GoOn, "did as well"},
		"slower, and within the promise": {one(10000, 0, 0), slower(one(1000, 0, 5), 4.5, 0.5), GoOn, "did as well"},
		"alone, and well":                {nil, one(100, 0, 0), GoOn, "did as well"},
		"alone, and failing":             {one(0, 0, 0), one(100, 10, 0), GoBack, "10 of 100"},
	} {
		got, says := Judge(c.stable, c.trial)
		if got != c.want || !strings.Contains(says, c.says) {
			t.Errorf("%s: got %v, %q, want %v with %q", name, got, says, c.want, c.says)
		}
	}
}

// An arm that is like the other one is seldom blamed, however often it is looked
// at while its calls come in.
func TestALikeArmIsSeldomBlamed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	blamed := 0
	const runs = 300
	for range runs {
		stable, trial := []ArmCalls{{Method: "/p/Echo"}}, []ArmCalls{{Method: "/p/Echo"}}
		for range 60 { // as many looks
			for range 20 {
				arm := &stable[0]
				if random.IntN(10) == 0 {
					arm = &trial[0]
				}
				arm.Calls++
				if random.IntN(50) == 0 {
					arm.Failed++
				}
			}
			if verdict, _ := Judge(stable, trial); verdict == GoBack {
				blamed++
				break
			}
		}
	}
	if blamed > runs*3/100 {
		t.Errorf("%d of %d arms that were as good as the other were rolled back, want 3 %% at most", blamed, runs)
	}
}

// Both arms are slow in the same moments, as on a machine that is busy now and
// then; the second has fewer calls.
func TestABusyMachineIsNotBlamedOnOneArm(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	m := &method{Method: contract.Method{Name: "/p/Echo", P99: time.Millisecond}}
	blamed, found := 0, 0
	const runs = 300
	for run := range 2 * runs {
		worse := run >= runs
		w := newWindow([]*method{m}, 10)
		for at := time.Duration(0); at < 30*moment; at += moment {
			busy := random.Float64() / 4
			for range 20 {
				arm, slow := 0, busy
				if random.IntN(10) == 0 {
					arm = 1
					if worse {
						slow = min(1, busy+0.5)
					}
				}
				took := time.Microsecond
				if random.Float64() < slow {
					took = time.Second
				}
				w.note(arm, m, at, took, nil)
			}
		}
		verdict, _ := Judge(w.calls())
		switch {
		case verdict == GoBack && worse:
			found++
		case verdict == GoBack:
			blamed++
		}
	}
	if blamed > runs*2/100 || found < runs*9/10 {
		t.Errorf("%d of %d arms that were alike were blamed, and %d of %d that were worse: want 2 %% at most and 90 %% at least", blamed, runs, found, runs)
	}
}

func TestTheTailsAreThoseOfTheTables(t *testing.T) {
	for _, c := range []struct{ got, want float64 }{
		{fisherTail(3, 4, 1, 4), 0.242857}, // the lady tasting tea
		{fisherTail(4, 4, 0, 4), 1.0 / 70},
		{fisherTail(0, 10, 5, 10), 1},
		{binomialTail(2, 10, 0.5), 1 - 11.0/1024},
		{binomialTail(0, 10, 0.5), 1},
		{binomialTail(3, 3, 0.01), 1e-6},
	} {
		if math.Abs(c.got-c.want) > 1e-5 {
			t.Errorf("got %g, want %g", c.got, c.want)
		}
	}
}
