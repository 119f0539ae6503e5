package service

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/grpc"

	settingsv1 "galleria/modules/settings/v1"
)

// said is what settings answers.
type said struct {
	settingsv1.SettingsServiceClient
	name    string
	version int64
	err     error
	asked   int
}

func (s *said) GetSettings(_ context.Context, r *settingsv1.GetSettingsRequest, _ ...grpc.CallOption) (*settingsv1.GetSettingsResponse, error) {
	s.asked++
	if s.err != nil {
		return nil, s.err
	}
	answer := &settingsv1.GetSettingsResponse{Version: s.version}
	if r.GetKnownVersion() != s.version {
		answer.Settings = &settingsv1.Settings{Name: s.name}
	}
	return answer, nil
}

func TestTheShopsNameIsKeptAndAskedForOnceASecond(t *testing.T) {
	clock, settings := time.Now(), &said{err: errors.New("away")}
	shop := NewShop(settings, func() time.Time { return clock }, slog.New(slog.DiscardHandler))
	for _, step := range []struct {
		what        string
		passes      time.Duration
		name        string
		version     int64
		err         error
		want        string
		wantedAsked int
	}{
		{"away from the beginning", 0, "", 0, errors.New("away"), "", 1},
		{"back, asked too early", fresh - 1, "Arco", 1, nil, "", 1},
		{"back", 1, "Arco", 1, nil, "Arco", 2},
		{"unchanged", fresh, "Arco", 1, nil, "Arco", 3},
		{"changed", fresh, "Piazza", 2, nil, "Piazza", 4},
		{"away again", fresh, "", 0, errors.New("away"), "Piazza", 5},
		{"emptied", fresh, "", 3, nil, "", 6},
	} {
		clock = clock.Add(step.passes)
		settings.name, settings.version, settings.err = step.name, step.version, step.err
		if got := shop.Name(t.Context()); got != step.want || settings.asked != step.wantedAsked {
			t.Errorf("%s: got %q after %d questions, want %q after %d", step.what, got, settings.asked, step.want, step.wantedAsked)
		}
	}
}
