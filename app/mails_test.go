package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

func TestMailsAreListedAndShownByCommand(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	run := func(want int, says string, args ...string) string {
		t.Helper()
		out, code := shop.Run(t, args...)
		if code != want || !strings.Contains(out, says) {
			t.Errorf("galleria %s: got exit %d and\n%s\nwant %d and %q", strings.Join(args, " "), code, out, want, says)
		}
		return out
	}
	shop.Crowd(t, 1, shoptest.Shops).Walks(t, 2)
	var mails []struct{ ID, To, Status string }
	shop.Await(t, "a mail was sent", func() bool {
		out, _ := shop.Run(t, "mails", "list", "--status", "sent", "--json")
		if err := json.Unmarshal([]byte(out), &mails); err != nil {
			t.Fatalf("mails list --json: %v in\n%s", err, out)
		}
		return len(mails) > 0
	})
	run(0, mails[0].ID, "mails", "list")
	run(0, mails[0].To, "mails", "show", mails[0].ID)
	run(0, `"text"`, "mails", "show", mails[0].ID, "--json")
	run(0, "Again:    -", "mails", "show", mails[0].ID)
	run(0, "mail "+mails[0].ID+" to "+mails[0].To+" is ", "mails", "resend", mails[0].ID, "--key", "again")
	run(0, "Again:    1 times, last ", "mails", "show", mails[0].ID)
	shop.Await(t, "the mail was sent again", func() bool {
		out, _ := shop.Run(t, "mails", "show", mails[0].ID)
		return strings.Contains(out, "sent, tried 2 times")
	})
	run(0, "is sent", "mails", "resend", mails[0].ID, "--key", "again")
	run(0, "sent, tried 2 times", "mails", "show", mails[0].ID)
	run(1, "no such mail", "mails", "resend", "nothing")
}
