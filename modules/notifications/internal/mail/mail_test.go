package mail_test

import (
	"testing"
	"time"

	"galleria/modules/notifications/internal/mail"
)

func TestBackoffDoublesUpToTheMost(t *testing.T) {
	b := mail.Retries{First: 5 * time.Second, Most: time.Minute}
	for attempts, want := range map[int]time.Duration{
		0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 4: 40 * time.Second, 5: time.Minute, 1_000_000: time.Minute,
	} {
		if got := b.After(attempts); got != want {
			t.Errorf("after %d attempts: got %s, want %s", attempts, got, want)
		}
	}
}

func TestAMailIsGivenUpOnlyAfterItWasTried(t *testing.T) {
	r := mail.Retries{First: 5 * time.Second, Most: time.Hour, GiveUp: 5 * 24 * time.Hour}
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	fail := func(link time.Time, now time.Time) (m mail.Mail, tried int) {
		m = mail.Mail{Status: mail.Queued, CreatedAt: start, LinkUntil: link}
		for m.Status == mail.Queued && m.Attempts < 10_000 {
			m.Attempts++
			m.Fail("no connection", r, now)
			now = m.DueAt
		}
		return m, m.Attempts
	}
	if m, tried := fail(time.Time{}, start); tried < 100 || m.DueAt.Sub(start) < r.GiveUp || m.DueAt.Sub(start) > r.GiveUp+r.Most {
		t.Errorf("given up after %d attempts and %s, want the whole of %s", tried, m.DueAt.Sub(start), r.GiveUp)
	}
	// The program was down for a week.
	if m, tried := fail(time.Time{}, start.Add(7*24*time.Hour)); tried != 11 {
		t.Errorf("after a week of silence: %s after %d attempts, want 11", m.Status, tried)
	}
	// A link that is good for half an hour.
	m, tried := fail(start.Add(30*time.Minute), start)
	if want := "given up, as its link has expired; the last problem: no connection"; m.Problem != want || tried < 30 || m.DueAt.Sub(start) > 31*time.Minute {
		t.Errorf("a link: %q after %d attempts and %s; want %q, one a minute, and soon after it has expired", m.Problem, tried, m.DueAt.Sub(start), want)
	}
}
