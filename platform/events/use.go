package events

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// StreamUse is how full the stream is, and for whom it keeps events.
type StreamUse struct {
	Bytes, MaxBytes uint64            // on disk; MaxBytes 0 = unbounded
	Waiting         map[string]uint64 // events that wait for each subscriber
	Gone            []string          // those of them that are no module's any more
}

// ErrElsewhere is the answer to a question about the stream that only the process
// with the broker may ask.
var ErrElsewhere = errors.New("events: the broker is in another process")

// StreamUse asks the broker. It is ErrElsewhere for a connection through a dialer.
func (c *Conn) StreamUse(ctx context.Context) (StreamUse, error) {
	if _, ok := c.keeper.(distant); ok {
		return StreamUse{}, ErrElsewhere
	}
	wrap := func(err error) error { return fmt.Errorf("events: ask how full the stream is: %w", err) }
	if !c.Connected() {
		return StreamUse{}, wrap(c.away())
	}
	s, err := c.js.Stream(ctx, StreamName)
	if err != nil {
		return StreamUse{}, wrap(err)
	}
	info := s.CachedInfo()
	use := StreamUse{Bytes: info.State.Bytes, MaxBytes: uint64(max(info.Config.MaxBytes, 0)), Waiting: map[string]uint64{}}
	consumers := s.ListConsumers(ctx)
	for info := range consumers.Info() {
		use.Waiting[info.Name] = info.NumPending + uint64(info.NumAckPending)
		if c.hears != nil && len(c.hears[info.Name]) == 0 {
			use.Gone = append(use.Gone, info.Name)
		}
	}
	if err := consumers.Err(); err != nil {
		return StreamUse{}, wrap(err)
	}
	return use, nil
}

// Problem says who keeps the stream from being emptied when that is nearly full.
func (u StreamUse) Problem() error {
	if u.MaxBytes == 0 || u.Bytes < u.MaxBytes/10*8 {
		return nil
	}
	slowest := ""
	for _, name := range slices.Sorted(maps.Keys(u.Waiting)) {
		if u.Waiting[name] > u.Waiting[slowest] {
			slowest = name
		}
	}
	switch full := u.Bytes * 100 / u.MaxBytes; {
	case slowest == "":
		return nil // the oldest go when room is needed
	case slices.Contains(u.Gone, slowest):
		return fmt.Errorf("the stream is %d %% full; %d events wait for %q, which is no module any more; its position is removed when room is needed", full, u.Waiting[slowest], slowest)
	default:
		return fmt.Errorf("the stream is %d %% full; %d events wait for %s; when it is full, events wait in the outboxes until it has handled them", full, u.Waiting[slowest], slowest)
	}
}
