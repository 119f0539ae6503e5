package cli_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// certsRun runs a command that must succeed, and returns what it prints.
func certsRun(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := run(t, nil, append([]string{"certs"}, args...)...)
	if code != 0 {
		t.Fatalf("certs %v: exit %d: %s", args, code, stderr)
	}
	return stdout
}

func TestACertificateSaysWhatItMayDo(t *testing.T) {
	t.Chdir(t.TempDir())
	for targets, want := range map[string][]string{
		"orders,payments": {`/process/orders/payments\n`, `speaks for: +orders, payments\n`, `serves: +orders, payments\n`, `valid 365 days`, `rpc.key: +`},
		"edge":            {`/process/edge\n`, `speaks for: +edge\n`, `serves: +none\n`},
		"operator":        {`/process/operator\n`, `serves: +none\n`},
		"all":             {`spiffe://installation\.[0-9a-f]{16}/main\n`, `speaks for: +all\n`, `serves: +all\n`},
	} {
		said := certsRun(t, "--for", targets, "--out", targets)
		for _, part := range want {
			if !regexp.MustCompile(part).MatchString(said) {
				t.Errorf("for %s: no %q in\n%s", targets, part, said)
			}
		}
	}
	for _, days := range []string{"36500", "200000"} {
		code, _, stderr := run(t, nil, "certs", "--for", "edge", "--out", "long", "--days", days)
		if code != 1 || !strings.Contains(stderr, "outlive its authority, which ends in 3649 days") {
			t.Errorf("for %s days: exit %d and %q, want the reason of a refusal", days, code, stderr)
		}
	}
	if list := certsRun(t, "list"); strings.Count(list, "\n") != 5 {
		t.Errorf("four certificates were issued, listed are\n%s", list)
	}
}

func TestACertificateIsRevokedByNumberOrID(t *testing.T) {
	t.Chdir(t.TempDir())
	number := regexp.MustCompile(`certificate ([0-9a-f]+),`)
	first := number.FindStringSubmatch(certsRun(t, "--for", "cart", "--out", "one"))[1]
	second := certsRun(t, "--for", "cart", "--out", "two")
	certsRun(t, "--for", "orders", "--out", "three")
	state := func() string {
		t.Helper()
		list := certsRun(t, "list")
		return strings.Join([]string{strings.Repeat("good ", strings.Count(list, " good")), strings.Repeat("revoked ", strings.Count(list, " revoked"))}, "")
	}
	if said := certsRun(t, "revoke", strings.ToUpper(first)); !strings.Contains(said, "revoked "+first) || state() != "good good revoked " {
		t.Errorf("it says %q, and then they are %s", said, state())
	}
	id := regexp.MustCompile(`spiffe:\S+`).FindString(second)
	if said := certsRun(t, "revoke", id); strings.Count(said, "revoked ") < 2 || state() != "good revoked revoked " {
		t.Errorf("it says %q, and then they are %s", said, state())
	}
	if code, _, stderr := run(t, nil, "certs", "revoke", "abc"); code != 1 || !strings.Contains(stderr, "no such certificate was issued here") {
		t.Errorf("exit %d and %q, want to be told that there is none", code, stderr)
	}
}

func TestTheAuthorityIsRotatedStepByStep(t *testing.T) {
	t.Chdir(t.TempDir())
	step := func(want string, args ...string) {
		t.Helper()
		if said := certsRun(t, append([]string{"rotate"}, args...)...); !strings.Contains(said, want) {
			t.Errorf("rotate %v says %q, want %q", args, said, want)
		}
	}
	refused := func(exit int, want string, args ...string) {
		t.Helper()
		if code, _, stderr := run(t, nil, append([]string{"certs", "rotate"}, args...)...); code != exit || !strings.Contains(stderr, want) {
			t.Errorf("rotate %v: exit %d and %q, want %d and %q", args, code, stderr, exit, want)
		}
	}
	step("rotate begin")
	refused(1, "is settled, not begun", "switch")
	refused(2, "not one of begin, switch, end", "turn")
	step("rotate switch", "begin")
	if _, err := os.Stat("data/certs/trusted.pem"); err != nil {
		t.Error(err)
	}
	step("rotate end", "switch")
	step("rotate end")
	refused(1, "or cut them at once", "end")
	step("rotate begin", "end", "--now")
}
