package database

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// guard runs f and turns its panic into an error. The stack is logged here,
// for it is gone where the error is handled.
func guard(log *slog.Logger, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("database: panic: %v", p)
		}
	}()
	return f()
}
