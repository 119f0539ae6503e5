package webhook

import (
	"strings"
	"testing"
	"time"
)

// TestSignAsTheSpecificationsLibrariesDo signs what the libraries of Standard Webhooks
// test themselves with.
func TestSignAsTheSpecificationsLibrariesDo(t *testing.T) {
	s := Secrets{Now: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
	got, err := s.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestAnOldSecretSignsUntilItsEnd(t *testing.T) {
	end := time.Unix(1_800_000_000, 0)
	s := Secrets{Now: NewSecret(), Old: NewSecret(), OldUntil: end}
	for at, want := range map[time.Time]int{end.Add(-time.Second): 2, end: 1} {
		if got, err := s.Sign("id", at, nil); err != nil || len(strings.Fields(got)) != want {
			t.Errorf("at %s: got %q, %v; want %d signatures", at, got, err, want)
		}
	}
}

func TestOnlyPublicHTTPSAddressesAreTakenWithoutTheSetting(t *testing.T) {
	for url, want := range map[string]bool{
		"https://example.com/hooks?x=1": true, "https://8.8.8.8:8443/": true, "https://example.com:65536/": false, "https://example.com:0/": false, "https://[2606:2800:220:1::1]/": true,
		"http://example.com/": false, "https://127.0.0.1/": false, "https://localhost/": false, "https://a.localhost/": false,
		"https://[::1]/": false, "https://[::ffff:10.0.0.1]/": false, "https://169.254.169.254/latest/meta-data": false,
	} {
		if _, problems := New("id", url, nil, "", false, time.Now()); len(problems) == 0 != want {
			t.Errorf("%s: got %v, want it taken: %t", url, problems, want)
		}
	}
}

// TestPausesGrowForThreeDays adds up the pauses of the usual settings.
func TestPausesGrowForThreeDays(t *testing.T) {
	r := Retries{First: 5 * time.Second, Most: 12 * time.Hour, GiveUp: 72 * time.Hour}
	differ := map[time.Duration]bool{}
	for range 20 {
		differ[r.After(1)] = true
	}
	if len(differ) < 2 {
		t.Error("all pauses are the same, want them to differ")
	}
	var before, sum time.Duration
	attempts := 1
	for ; sum < r.GiveUp; attempts++ {
		pause := r.After(attempts)
		if usual := min(5*time.Second<<(2*(attempts-1)), r.Most); pause < usual*8/10 || pause > usual*12/10 {
			t.Errorf("after %d attempts: got %s, want about %s", attempts, pause, usual)
		}
		if pause < before && before < r.Most*8/10 {
			t.Errorf("after %d attempts: got %s after %s, want it longer", attempts, pause, before)
		}
		before, sum = pause, sum+pause
	}
	if attempts < 10 || attempts > 20 {
		t.Errorf("got %d attempts in three days, want between 10 and 20", attempts)
	}
}
