package telemetry_test

import (
	"context"
	"log/slog"
	"os"
	"regexp"

	"galleria/platform/telemetry"
)

func Example() {
	log := telemetry.NewLogger(withoutTime{}, "text", slog.LevelInfo)
	ctx := telemetry.WithRequestID(context.Background(), "7f3a")
	ctx = telemetry.WithModule(ctx, "clock")
	log.InfoContext(ctx, "refused", "number", "4242 4242 4242 4242")
	// Output: level=INFO msg=refused number="**** **** **** 4242" request_id=7f3a module=clock
}

// withoutTime is standard output, repeatable.
type withoutTime struct{}

func (withoutTime) Write(p []byte) (int, error) {
	return os.Stdout.Write(regexp.MustCompile(`time=\S+ `).ReplaceAll(p, nil))
}
