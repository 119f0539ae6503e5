package rules

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// takenPace is where a pace is made; startedPace where work takes one of its own, and
// handedPace where a store hands one on.
var (
	takenPace   = regexp.MustCompile(`\.Pace\(`)
	startedPace = regexp.MustCompile(`^\s*(\w+) := .*\.Pace\(`)
	handedPace  = regexp.MustCompile(`\breturn \S+\.Pace\(`)
)

// Work that fails is begun again on the same database: each time would leave a listener.
func TestRuleWorkEndsThePaceItTook(t *testing.T) {
	for _, folder := range []string{"platform", "modules", "app"} {
		for _, f := range files(t, folder) {
			if !f.isGo() || f.isTest() {
				continue
			}
			for _, found := range pacesNotEnded(f) {
				t.Error(found)
			}
		}
	}
}

func pacesNotEnded(f file) (found []string) {
	lines := append(strings.Split(f.text, "\n"), "")
	for i, line := range lines {
		if !takenPace.MatchString(line) || handedPace.MatchString(line) {
			continue
		}
		name := startedPace.FindStringSubmatch(line)
		if name == nil || strings.TrimSpace(lines[i+1]) != "defer "+name[1]+".End()" {
			found = append(found, f.path+":"+strconv.Itoa(i+1)+
				": must be pace := …, and the next line defer pace.End(): a pace that is not ended listens for commits until the database is closed")
		}
	}
	return found
}

func TestRuleWorkEndsThePaceItTookSeesOffenders(t *testing.T) {
	code := "func a() {\n\tpace := db.Pace(kind, often, gather)\n\tdefer pace.End()\n}\n" +
		"func b() {\n\tpace := db.Pace(kind, often, gather)\n\tpace.Rest(ctx, nil)\n}\n" +
		"func c() *Pace { return db.Pace(kind, often, gather) }\n" +
		"func d() {\n\twork(db.Pace(kind, often, gather))\n}\n"
	got := pacesNotEnded(file{path: "platform/p.go", text: code})
	if len(got) != 2 || !strings.HasPrefix(got[0], "platform/p.go:6:") || !strings.HasPrefix(got[1], "platform/p.go:11:") {
		t.Errorf("got %q, want lines 6 and 11", got)
	}
}
