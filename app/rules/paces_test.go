package rules

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// startedPace is where work takes a pace of its own.
var startedPace = regexp.MustCompile(`^\s*(\w+) := .*\.Pace\(`)

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
		name := startedPace.FindStringSubmatch(line)
		if name != nil && strings.TrimSpace(lines[i+1]) != "defer "+name[1]+".End()" {
			found = append(found, f.path+":"+strconv.Itoa(i+1)+": the next line must be defer "+name[1]+
				".End(): a pace that is not ended listens for commits until the database is closed")
		}
	}
	return found
}

func TestRuleWorkEndsThePaceItTookSeesOffenders(t *testing.T) {
	code := "func a() {\n\tpace := db.Pace(kind, often, gather)\n\tdefer pace.End()\n}\n" +
		"func b() {\n\tpace := db.Pace(kind, often, gather)\n\tpace.Rest(ctx, nil)\n}\n"
	if got := pacesNotEnded(file{path: "platform/p.go", text: code}); len(got) != 1 || !strings.HasPrefix(got[0], "platform/p.go:6:") {
		t.Errorf("got %q, want line 6", got)
	}
}
