package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// ackWait is how long the broker waits for an acknowledgement until it
	// delivers an event again, which the inbox then recognises. It is no matter of
	// taking over: a session begins with what was not acknowledged.
	ackWait = time.Minute
	// maxUnderWay is the most events that are delivered and not acknowledged.
	maxUnderWay = 512
)

// openConsumer makes the durable consumer of a subscriber, or makes it ready for a
// new session: what was delivered before and not acknowledged comes first. renew
// makes it anew in any case.
//
// When the filters have a subject they did not have, the consumer is made anew and
// begins with the oldest event: it may have passed such events already. What was
// handled, the inbox recognises.
func (c *Conn) openConsumer(ctx context.Context, name string, filters []string, renew bool) error {
	stream, err := c.stream(ctx)
	if err != nil {
		return err
	}
	wrap := func(err error) error { return fmt.Errorf("open the consumer %s: %w", name, err) }
	cfg := jetstream.ConsumerConfig{
		Durable:        name,
		FilterSubjects: filters,
		DeliverPolicy:  jetstream.DeliverAllPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        ackWait,
		MaxDeliver:     -1,
		MaxAckPending:  maxUnderWay,
	}
	known, err := stream.Consumer(ctx, name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		_, err = stream.CreateConsumer(ctx, cfg)
		if err != nil {
			return wrap(err)
		}
		return nil
	}
	if err != nil {
		return wrap(err)
	}
	info := known.CachedInfo()
	begin := info.AckFloor.Stream + 1
	before := append(info.Config.FilterSubjects, info.Config.FilterSubject) // the broker uses either
	for _, filter := range filters {
		if !slices.Contains(before, filter) {
			c.log.Info("a new subscription: going through the stream from its beginning", "subscriber", name, "subject", filter)
			renew, begin = true, 1
		}
	}
	if !renew {
		cfg.DeliverPolicy, cfg.OptStartSeq = info.Config.DeliverPolicy, info.Config.OptStartSeq // these can't be changed
		if _, err := stream.UpdateConsumer(ctx, cfg); err != nil {
			return wrap(err)
		}
		if info.NumAckPending == 0 && info.Delivered.Consumer == info.AckFloor.Consumer {
			return nil
		}
		if _, err := stream.ResetConsumer(ctx, name); err == nil {
			return nil
		}
		c.log.Debug("the broker can't take a consumer back; it is made anew", "subscriber", name, "error", err)
	}
	if begin > 1 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, begin
	}
	if err := stream.DeleteConsumer(ctx, name); err != nil {
		return wrap(err)
	}
	if _, err := stream.CreateConsumer(ctx, cfg); err != nil {
		return wrap(err)
	}
	return nil
}
