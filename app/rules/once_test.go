package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// once are what is written in one place, and the places that may do it by hand.
var once = []struct {
	pattern *regexp.Regexp
	reason  string
	allowed []string
}{
	{
		regexp.MustCompile(`\brecover\(\)`), "lifecycle.Guard makes a panic an error with its stack; lifecycle.Caught is for a deferred function that must stay",
		[]string{
			"platform/lifecycle/panic.go",
			"platform/route/local.go",  // of each local call: without a closure
			"app/storefront/around.go", // lets http.ErrAbortHandler pass
			"app/shoptest/crowd.go",    // tells failures of a test, which are panics, from others
		},
	},
	{
		// A select of two cases, a timer and the end of a context.
		regexp.MustCompile(`select \{\s*case <-(timer\.C|time\.After\([^\n]*\)):[^{}:]*case <-[\w.]+\.Done\(\):[^{}:]*\}|select \{\s*case <-[\w.]+\.Done\(\):[^{}:]*case <-(timer\.C|time\.After\([^\n]*\)):[^{}:]*\}`),
		"lifecycle.Pause waits until a time is over or its context ends",
		[]string{"platform/lifecycle/pause.go"},
	},
}

func TestRuleWaitingAndPanicsAreHandledInOnePlace(t *testing.T) {
	for _, folder := range []string{"platform", "app"} {
		for _, f := range files(t, folder) {
			if !f.isGo() || strings.HasSuffix(f.path, "_test.go") {
				continue
			}
			for _, found := range byHand(f) {
				t.Error(found)
			}
		}
	}
}

func byHand(f file) (found []string) {
	for _, o := range once {
		if slices.Contains(o.allowed, f.path) {
			continue
		}
		for _, at := range o.pattern.FindAllStringIndex(f.text, -1) {
			line := 1 + strings.Count(f.text[:at[0]], "\n")
			found = append(found, f.path+":"+strconv.Itoa(line)+": "+o.reason)
		}
	}
	return found
}

func TestRuleWaitingAndPanicsAreHandledInOnePlaceSeesOffenders(t *testing.T) {
	code := `package p
func a() { defer func() { recover() }() }
func b() {
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return
	}
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	select {
	case <-timer.C:
	case <-ready:
	case <-ctx.Done():
	}
}`
	if got := byHand(file{path: "platform/p.go", text: code}); len(got) != 3 {
		t.Errorf("got %q, want lines 2, 4 and 9", got)
	}
}
