package lifecycle

import (
	"fmt"
	"runtime/debug"
)

// Panic is the error that work ended by, so that it ends nothing else.
type Panic struct {
	Value any
	Stack []byte
}

// Error has the stack: where the error is logged it can't be had any more.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// Caught is the error of what recover returned; call it in the deferred function.
func Caught(value any) *Panic { return &Panic{value, debug.Stack()} }

// Guard runs work and makes a panic of its an error, a *Panic.
func Guard(work func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = Caught(value)
		}
	}()
	return work()
}
