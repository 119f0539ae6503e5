package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// StreamName is the JetStream stream that holds the events of all modules.
	StreamName = "GALLERIA"
	// MaxAge is how long the stream keeps an event. A subscriber that has been
	// away for longer misses events.
	MaxAge = 30 * 24 * time.Hour

	subjectRoot = "events"
	// duplicateWindow is how long the broker itself recognises a repeated event
	// id. It is memory in the broker; the inboxes recognise repetitions for as
	// long as the stream can deliver them.
	duplicateWindow = 2 * time.Minute
	// With these error codes JetStream says that it can't make a consumer, as when
	// its files are there and damaged.
	codeConsumerCreate      jetstream.ErrorCode = 10012
	codeConsumerStoreFailed jetstream.ErrorCode = 10104
	// roomNeeded is how many bytes short of its bound a stream counts as full: an
	// event of the largest size must fit.
	roomNeeded = 2 * natsMaxPayload
)

// stream returns the stream, made or brought to the present settings. What is
// not set here (replicas, placement) is the operator's.
func (c *Conn) stream(ctx context.Context) (jetstream.Stream, error) {
	s, err := c.js.Stream(ctx, StreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		cfg := c.configure(jetstream.StreamConfig{Name: StreamName, MaxBytes: defaultStreamBytes})
		s, err = c.js.CreateStream(ctx, cfg)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another process was quicker
			s, err = c.js.Stream(ctx, StreamName)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the stream %s: %w", StreamName, err)
	}
	have := s.CachedInfo().Config
	if want := c.configure(have); !sameLimits(have, want) {
		if s, err = c.js.UpdateStream(ctx, want); err != nil {
			return nil, fmt.Errorf("update the stream %s: %w", StreamName, err)
		}
	}
	return s, nil
}

func (c *Conn) configure(cfg jetstream.StreamConfig) jetstream.StreamConfig {
	cfg.Subjects = []string{subjectRoot + ".>"}
	cfg.Storage = jetstream.FileStorage
	cfg.Retention = jetstream.LimitsPolicy
	cfg.MaxAge = MaxAge
	cfg.Duplicates = duplicateWindow
	// A full stream refuses new events, which then wait in their outboxes.
	// Dropping the oldest could drop what a slow subscriber has not seen.
	cfg.Discard = jetstream.DiscardNew
	if c.maxBytes != 0 {
		cfg.MaxBytes = c.maxBytes
	}
	return cfg
}

func sameLimits(a, b jetstream.StreamConfig) bool {
	return len(a.Subjects) == 1 && a.Subjects[0] == b.Subjects[0] && a.Retention == b.Retention &&
		a.MaxAge == b.MaxAge && a.MaxBytes == b.MaxBytes && a.Duplicates == b.Duplicates && a.Discard == b.Discard
}

// isRead tells whether a consumer is read, which at a broker of others may be by a program
// that is none of ours: one that only lags got something a moment ago.
func isRead(c *jetstream.ConsumerInfo) bool {
	return c.NumWaiting > 0 || c.PushBound || c.Delivered.Last != nil && time.Since(*c.Delivered.Last) < time.Minute
}

// makeRoom drops the oldest quarter of a full stream, but nothing that one of
// its subscribers has still to handle. A consumer of no module of ours, which
// nothing reads any more, is removed when it is in the way: a module that comes
// back begins with the oldest event.
func (c *Conn) makeRoom(ctx context.Context) error {
	s, err := c.stream(ctx)
	if err != nil {
		return err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return fmt.Errorf("make room in the stream: %w", err)
	}
	state := info.State
	if info.Config.MaxBytes <= 0 || int64(state.Bytes)+min(roomNeeded, info.Config.MaxBytes/4) < info.Config.MaxBytes {
		return nil
	}
	upTo := state.FirstSeq + (state.LastSeq-state.FirstSeq)/4 + 1
	slowest := ""
	consumers := s.ListConsumers(ctx)
	for info := range consumers.Info() {
		// A subscriber that has handled all of its events has a low floor when
		// the last of them is old; it keeps nothing back.
		busy := info.NumPending > 0 || info.NumAckPending > 0
		floor := info.AckFloor.Stream + 1
		if !busy || floor >= upTo {
			continue
		}
		if c.hears != nil && len(c.hears[info.Name]) == 0 && !isRead(info) {
			if err := s.DeleteConsumer(ctx, info.Name); err != nil {
				return fmt.Errorf("make room in the stream: remove the consumer %s: %w", info.Name, err)
			}
			c.log.Warn("the stream was full: removed the position of a subscriber that is no module any more", "subscriber", info.Name, "events", info.NumPending)
			continue
		}
		upTo, slowest = floor, info.Name
	}
	if err := consumers.Err(); err != nil {
		return fmt.Errorf("make room in the stream: %w", err)
	}
	if upTo <= state.FirstSeq {
		return fmt.Errorf("the stream is full of events that %q has not handled", slowest)
	}
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(upTo)); err != nil {
		return fmt.Errorf("make room in the stream: %w", err)
	}
	c.log.Warn("the stream was full: dropped old events that every subscriber has handled", "before", upTo)
	return nil
}
