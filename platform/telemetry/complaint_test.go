package telemetry

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestABrokenCollectorIsMentionedOnceAMinute(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1e9, 0)
	c := &complaint{log: slog.New(slog.NewTextHandler(&out, nil)), now: func() time.Time { return now }}
	for range 121 { // two minutes and the second after
		c.handle(errors.New("refused"))
		now = now.Add(time.Second)
	}
	if got := strings.Count(out.String(), "refused"); got != 3 {
		t.Errorf("got %d lines, want 3", got)
	}
}
