package service

import "slices"

// writes are the durable changes of an order, and calls those to other
// modules, by the names the hook is told.
var (
	writes = []string{
		"accept", "claim", "reserved", "confirm", "captured", "complete", "taken",
		"fail", "failed", "cancel", "cancelled", "leave", "ship",
	}
	calls = []string{"reserve", "authorize", "take", "capture", "commit", "void", "refund", "release"}
)

// Points are where the hook is called: before and after each durable write,
// and before and after each call that changes something in another module.
// A process may die at any of them.
var Points = func() []string {
	var all []string
	for _, name := range slices.Concat(writes, calls) {
		all = append(all, name+":before", name+":after")
	}
	return all
}()
