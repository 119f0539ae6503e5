package events

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/id"
)

const (
	// MaxPayload is the most an event may take as JSON, in bytes. Events are
	// facts to react to, not documents to carry; and one that the broker refuses
	// for its size would hold up all behind it.
	MaxPayload = 512 << 10
	// MaxAggregate is the length bound of an aggregate's name, in bytes.
	MaxAggregate = 200
)

// Meta is what is known of an event beside its message.
type Meta struct {
	ID         string    // unique, made by Append
	Aggregate  string    // the thing it happened to; order is kept per aggregate
	Type       string    // full Protobuf name of the message
	OccurredAt time.Time // as given to Append, UTC, microseconds
}

// Append records event in the outbox of the module whose transaction tx is; the
// relay publishes it after the commit. Events of one aggregate are published in
// the order of their transactions. The trace that the transaction's context is in
// goes with the event, to those who handle it.
//
// aggregate names what the event happened to: 1 to MaxAggregate bytes, printable.
// An error means that nothing was recorded; the caller rolls back.
func Append(tx *gorm.DB, now time.Time, aggregate string, event proto.Message) error {
	if event == nil {
		return errors.New("events: append: no event")
	}
	name := event.ProtoReflect().Descriptor().FullName()
	if err := checkAggregate(aggregate); err != nil {
		return fmt.Errorf("events: append %s: %w", name, err)
	}
	payload, err := protojson.Marshal(event)
	if err != nil {
		return fmt.Errorf("events: append %s: %w", name, err)
	}
	if len(payload) > MaxPayload {
		return fmt.Errorf("events: append %s: %d bytes of JSON, at most %d allowed", name, len(payload), MaxPayload)
	}
	if err := lockAggregate(tx, aggregate); err != nil {
		return fmt.Errorf("events: append %s: %w", name, err)
	}
	from := originOf(tx.Statement.Context)
	err = tx.Exec("INSERT INTO outbox (event_id, type, aggregate, payload, occurred_at, traceparent, tracestate) VALUES (?, ?, ?, ?, ?, ?, ?)",
		id.New(), string(name), aggregate, string(payload), now.UnixMicro(), from.parent, from.state).Error
	if err != nil {
		return fmt.Errorf("events: append %s: %w", name, err)
	}
	database.Announce(tx, outboxWork)
	return nil
}

// outboxWork is what the relay waits for.
const outboxWork = "outbox"

// lockAggregate makes transactions that append to one aggregate take turns.
// PostgreSQL hands out outbox numbers before the commit, so that without the lock
// a relay could see, and publish, a later number before an earlier one is there.
func lockAggregate(tx *gorm.DB, aggregate string) error { return takeTurns(tx, "outbox/"+aggregate) }

// lockInbox makes transactions that handle events of a subscriber take turns: its
// Run and those who call Resend.
func lockInbox(tx *gorm.DB, subscriber string) error { return takeTurns(tx, "inbox/"+subscriber) }

// takeTurns holds a lock until the transaction ends. SQLite has one writer and
// needs none.
func takeTurns(tx *gorm.DB, name string) error {
	if tx.Name() != "postgres" {
		return nil
	}
	if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "events/"+name).Error; err != nil {
		return fmt.Errorf("take turns: %w", err)
	}
	return nil
}

func checkAggregate(s string) error {
	if s == "" || len(s) > MaxAggregate {
		return fmt.Errorf("the aggregate must have 1 to %d bytes, it has %d", MaxAggregate, len(s))
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("the aggregate %q must be printable text", s)
	}
	return nil
}

// subjectOf is "events.<source>.<message>.<aggregate>".
func subjectOf(name protoreflect.FullName, aggregate string) string {
	return sourceSubject(name) + string(name.Name()) + "." + token(aggregate)
}

// sourceSubject begins the subjects of all events of the module that owns name:
// the first segment of its Protobuf package. The version is left out, so that
// v1 and v2 of a module stay in one order.
func sourceSubject(name protoreflect.FullName) string {
	source, _, _ := strings.Cut(string(name), ".")
	return subjectRoot + "." + source + "."
}

// token writes s as one token of a NATS subject, in which dots, stars and spaces
// mean something.
func token(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
