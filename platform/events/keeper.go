package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Hears names, for each module that subscribes to events, their types: full names
// of Protobuf messages.
type Hears map[string][]string

// filters are the subjects of what a subscriber may hear.
func (h Hears) filters(subscriber string) []string {
	var subjects []string
	for _, name := range h[subscriber] {
		subjects = append(subjects, filterOf(protoreflect.FullName(name)))
	}
	return subjects
}

// keeper does to stream and consumers what clients ask for. Those of a broker of
// ours have no rights to do it themselves.
type keeper interface {
	openConsumer(ctx context.Context, name string, filters []string, renew bool) error
	// mend removes what made publishing fail, where that is possible.
	mend(ctx context.Context) error
}

// direct is the keeper of a connection that has all rights.
type direct struct{ conn *Conn }

func (k direct) openConsumer(ctx context.Context, name string, filters []string, renew bool) error {
	return k.conn.openConsumer(ctx, name, filters, renew)
}

func (k direct) mend(ctx context.Context) error { return k.conn.makeRoom(ctx) }

const (
	consumerRequests = "keeper.consumer." // and the subscriber's name
	mendRequests     = "keeper.mend"
	keeperTimeout    = 10 * time.Second
)

type keeperRequest struct {
	Filters []string `json:"filters,omitempty"`
	Renew   bool     `json:"renew,omitempty"`
}

type keeperReply struct {
	Error string `json:"error,omitempty"`
}

// distant asks the process that has the broker.
type distant struct{ conn *Conn }

func (k distant) openConsumer(ctx context.Context, name string, filters []string, renew bool) error {
	return k.ask(ctx, consumerRequests+name, keeperRequest{filters, renew})
}

func (k distant) mend(ctx context.Context) error { return k.ask(ctx, mendRequests, keeperRequest{}) }

func (k distant) ask(ctx context.Context, subject string, request keeperRequest) error {
	data, err := json.Marshal(request)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	msg, err := k.conn.nc.RequestWithContext(ctx, subject, data)
	if err != nil {
		return fmt.Errorf("ask the process with the broker: %w", errors.Join(err, k.conn.nc.LastError()))
	}
	var reply keeperReply
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		return fmt.Errorf("read what the process with the broker answered: %w", err)
	}
	if reply.Error != "" {
		return errors.New(reply.Error)
	}
	return nil
}

// answer serves what distant asks.
func (b *Broker) answer() error {
	serve := func(do func(ctx context.Context, subject string, in keeperRequest) error) nats.MsgHandler {
		return func(msg *nats.Msg) {
			ctx, cancel := context.WithTimeout(b.life, keeperTimeout)
			defer cancel()
			var in keeperRequest
			err := json.Unmarshal(msg.Data, &in)
			if err == nil {
				err = do(ctx, msg.Subject, in)
			}
			var reply keeperReply
			if err != nil {
				reply.Error = err.Error()
				b.o.Log.Warn("the broker refused or failed what another process asked", "subject", msg.Subject, "error", err)
			}
			data, _ := json.Marshal(reply) // a string only
			_ = msg.Respond(data)          // one that hears no answer asks again
		}
	}
	_, err := b.own.nc.Subscribe(consumerRequests+"*", serve(func(ctx context.Context, subject string, in keeperRequest) error {
		return b.openConsumer(ctx, strings.TrimPrefix(subject, consumerRequests), in.Filters, in.Renew)
	}))
	if err != nil {
		return err
	}
	_, err = b.own.nc.Subscribe(mendRequests, serve(func(ctx context.Context, _ string, _ keeperRequest) error {
		return b.mend(ctx)
	}))
	return err
}

// openConsumer gives a subscriber a consumer of what its module may hear.
func (b *Broker) openConsumer(ctx context.Context, name string, filters []string, renew bool) error {
	if !subscriberName.MatchString(name) || len(filters) == 0 {
		return fmt.Errorf("a consumer needs a name and filters: %q, %v", name, filters)
	}
	if b.o.Hears != nil {
		for _, filter := range filters {
			if !slices.Contains(b.o.Hears.filters(name), filter) {
				return fmt.Errorf("module %s does not hear %s as the process with the broker knows it: give that process the newer program first", name, filter)
			}
		}
	}
	b.keeping.Lock()
	defer b.keeping.Unlock()
	err := b.own.openConsumer(ctx, name, filters, renew)
	var refused *jetstream.APIError
	if errors.As(err, &refused) && (refused.ErrorCode == codeConsumerStoreFailed || refused.ErrorCode == codeConsumerCreate) {
		// Its files are damaged: the server can neither read nor replace them.
		// The new one begins with the oldest event, and the inbox recognises.
		b.o.Log.Error("the position of a subscriber was damaged; it goes through the stream from its beginning", "subscriber", name, "error", err)
		if err := os.RemoveAll(filepath.Join(b.o.Dir, "jetstream", "$G", "streams", StreamName, "obs", name)); err != nil {
			return err
		}
		err = b.own.openConsumer(ctx, name, filters, renew)
	}
	return err
}
