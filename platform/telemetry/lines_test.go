package telemetry_test

import (
	"fmt"
	"io"
	"log/slog"
	"testing"

	"galleria/platform/telemetry"
)

func TestTheLatestLinesAreFoundByAnAttribute(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		lines := &telemetry.Lines{}
		log := telemetry.NewLogger(io.MultiWriter(lines, io.Discard), format, slog.LevelInfo)
		for i := range 5000 {
			log.Info("said", "n", fmt.Sprint(i), "module", []string{"clock", "clock-2"}[i%2])
		}
		if got := lines.Find("module", "clock", 3); len(got) != 3 || got[2].Text != lines.Find("n", "4998", 1)[0].Text {
			t.Errorf("%s: got %v, want the latest three of clock, the latest last", format, got)
		}
		if got := lines.Find("n", "1", 1); len(got) != 0 {
			t.Errorf("%s: got %v, want only the latest to be kept", format, got)
		}
	}
}
