package database

import (
	"fmt"
	"log/slog"

	"galleria/platform/lifecycle"
)

// guard runs f and turns its panic into an error. The stack is logged here, so
// that the error stays short for those who are told of it.
func guard(log *slog.Logger, f func() error) error {
	err := lifecycle.Guard(f)
	if p, panicked := err.(*lifecycle.Panic); panicked {
		log.Error("panic", "panic", p.Value, "stack", string(p.Stack))
		return fmt.Errorf("database: panic: %v", p.Value)
	}
	return err
}
