package events

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"gorm.io/gorm"
)

// Subscription is one type of event and what a module does about it; made by On.
type Subscription struct {
	name   protoreflect.FullName
	decode func(payload string) (handler, error)
}

// handler applies one decoded event.
type handler func(ctx context.Context, tx *gorm.DB, meta Meta) error

// On subscribes to the events of type T, a generated message.
//
// handle runs inside a transaction of the subscriber's own database, together
// with the record that the event was handled: both are kept or neither. It must
// do all its work through tx, be quick (others wait for the writer) and call no
// other module. It may run several times for one event, but its effect is kept
// once. An error or a panic is a failure: the event is tried again and then
// parked. The event belongs to handle.
func On[T proto.Message](handle func(ctx context.Context, tx *gorm.DB, event T, meta Meta) error) Subscription {
	var zero T
	kind := zero.ProtoReflect().Type()
	return Subscription{
		name: kind.Descriptor().FullName(),
		decode: func(payload string) (handler, error) {
			event := kind.New().Interface().(T)
			// A publisher that is newer than this code may say more.
			if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(payload), event); err != nil {
				return nil, fmt.Errorf("decode %s: %w", kind.Descriptor().FullName(), err)
			}
			return func(ctx context.Context, tx *gorm.DB, meta Meta) error {
				// Each attempt gets its own copy: a failed one may have changed it.
				return handle(ctx, tx, proto.Clone(event).(T), meta)
			}, nil
		},
	}
}

// Type is the full Protobuf name of the event.
func (s Subscription) Type() string { return string(s.name) }

// filter is the subject of all events of this type.
func (s Subscription) filter() string { return filterOf(s.name) }

func filterOf(name protoreflect.FullName) string {
	return sourceSubject(name) + string(name.Name()) + ".*"
}
