package events

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"galleria/platform/id"
	"galleria/platform/lifecycle"
)

// pullBytes bounds one answer of the broker. Above the largest event, and far
// enough below MaxPending of the broker.
const pullBytes = 2 << 20

// errPassedOver says that the broker has events for a subscriber and does not
// deliver them.
var errPassedOver = errors.New("the broker has events and does not deliver them")

// reading is a session: one reading of the stream, gapless from the oldest event that is not
// acknowledged: the order of an aggregate hangs on that. The database knows which
// session is the last to have begun and refuses the effects of all others, and only
// a new session takes the consumer back; so no other one leaves gaps in this one
// that go unseen.
type reading struct {
	subscriber *Subscriber
	session    string
	consumer   jetstream.Consumer
	next       uint64 // number of the delivery that continues the sequence
	incoming   <-chan jetstream.Msg
	failure    <-chan error
}

// consume receives and handles events until something goes wrong or ctx ends.
// renew makes the consumer in the broker anew, as a cure.
func (s *Subscriber) consume(ctx context.Context, renew bool) error {
	if !s.conn.Connected() {
		return s.conn.away()
	}
	session := id.New()
	if err := s.begin(ctx, session); err != nil {
		return err
	}
	if err := s.conn.keeper.openConsumer(ctx, s.name, s.filters(), renew); err != nil {
		return err
	}
	consumer, err := s.conn.js.Consumer(ctx, StreamName, s.name)
	if err != nil {
		return fmt.Errorf("open the consumer %s: %w", s.name, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessagesWithBytesLimit(2*s.maxBatch, pullBytes),
		jetstream.PullExpiry(s.conn.signs.pullExpiry), jetstream.PullHeartbeat(s.conn.signs.heartbeat))
	if err != nil {
		return fmt.Errorf("receive events: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var pump sync.WaitGroup
	defer pump.Wait()
	defer cancel()
	defer messages.Stop()
	incoming, failure := make(chan jetstream.Msg, s.maxBatch), make(chan error, 1)
	pump.Go(func() {
		for {
			msg, err := messages.Next(jetstream.NextContext(ctx))
			if err != nil {
				failure <- err
				return
			}
			select {
			case incoming <- msg:
			case <-ctx.Done():
				failure <- ctx.Err()
				return
			}
		}
	})
	info := consumer.CachedInfo()
	if info.NumPending+uint64(info.NumAckPending) == 0 {
		s.illness.over()
	}
	r := &reading{s, session, consumer, info.AckFloor.Consumer + 1, incoming, failure}
	if err := r.run(ctx); err != nil {
		return fmt.Errorf("receive events: %w", err)
	}
	return nil
}

func (r *reading) run(ctx context.Context) error {
	look := time.NewTimer(lifecycle.Together(r.subscriber.lookEvery))
	defer look.Stop()
	idle := false
	for {
		select {
		case msg := <-r.incoming:
			idle = false
			if err := r.receive(ctx, r.withThoseWaiting(msg)); err != nil {
				return err
			}
		case err := <-r.failure:
			return err
		case <-look.C:
			look.Reset(lifecycle.Together(r.subscriber.lookEvery))
			if !idle {
				idle = true
				continue
			}
			if err := r.passedOver(ctx); err != nil {
				return err
			}
		}
	}
}

// passedOver asks the broker whether it has events for a subscriber that got none
// for a while.
func (r *reading) passedOver(ctx context.Context) error {
	info, err := r.consumer.Info(ctx)
	switch waiting := uint64(0); {
	case err != nil:
		return fmt.Errorf("ask how many events wait: %w", err)
	case len(r.incoming) > 0:
	default:
		if waiting = info.NumPending + uint64(info.NumAckPending); waiting > 0 {
			return fmt.Errorf("%d wait: %w", waiting, errPassedOver)
		}
		r.subscriber.illness.over()
	}
	return nil
}

// withThoseWaiting adds to first what came after it already.
func (r *reading) withThoseWaiting(first jetstream.Msg) []jetstream.Msg {
	msgs := []jetstream.Msg{first}
	for len(msgs) < r.subscriber.maxBatch {
		select {
		case msg := <-r.incoming:
			msgs = append(msgs, msg)
		default:
			return msgs
		}
	}
	return msgs
}

// receive brings messages to their end: handled, recognised or parked, then
// acknowledged. An error means that some are not at their end.
func (r *reading) receive(ctx context.Context, msgs []jetstream.Msg) error {
	s := r.subscriber
	arrived := make([]arrival, len(msgs))
	for i, msg := range msgs {
		info, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("read what the broker says of a message: %w", err)
		}
		if info.Sequence.Consumer != r.next {
			return fmt.Errorf("delivery %d came where %d was due: %w", info.Sequence.Consumer, r.next, errSuperseded)
		}
		r.next++
		s.lag.Store(info.NumPending)
		arrived[i] = s.arrival(received(msg.Subject(), msg.Headers(), msg.Data(), info.Sequence.Stream))
	}
	done, err := s.settleAll(ctx, r.session, arrived)
	// Should an acknowledgement get lost, the message comes again and the inbox
	// recognises it.
	for _, msg := range msgs[:done] {
		err = errors.Join(err, msg.Ack())
	}
	if err == nil {
		s.illness.over()
	}
	return err
}
