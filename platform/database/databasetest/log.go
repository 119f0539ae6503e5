package databasetest

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
)

// testLog shows a database's log in the output of the test that has it open.
type testLog struct {
	t     testing.TB
	attrs []slog.Attr
}

func (l testLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (l testLog) Handle(ctx context.Context, record slog.Record) error {
	var line bytes.Buffer
	err := slog.NewTextHandler(&line, nil).WithAttrs(l.attrs).Handle(ctx, record)
	l.t.Logf("%s", bytes.TrimSpace(line.Bytes()))
	return err
}

func (l testLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return testLog{t: l.t, attrs: append(l.attrs[:len(l.attrs):len(l.attrs)], attrs...)}
}

func (l testLog) WithGroup(string) slog.Handler { return l }
