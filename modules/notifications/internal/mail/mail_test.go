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
