package events

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	headerType       = "Event-Type"
	headerAggregate  = "Event-Aggregate"
	headerOccurredAt = "Event-Occurred-At" // RFC 3339, UTC
)

// delivery is one event on its way to a handler, from the stream or from a dead
// letter.
type delivery struct {
	meta    Meta
	subject string
	payload string
	origin  origin
}

func toMessage(row outboxRow) *nats.Msg {
	m := nats.NewMsg(subjectOf(protoreflect.FullName(row.Type), row.Aggregate))
	m.Header.Set(nats.MsgIdHdr, row.EventID)
	m.Header.Set(headerType, row.Type)
	m.Header.Set(headerAggregate, row.Aggregate)
	m.Header.Set(headerOccurredAt, time.UnixMicro(row.OccurredAt).UTC().Format(time.RFC3339Nano))
	origin{row.Traceparent, row.Tracestate}.writeTo(m.Header)
	m.Data = []byte(row.Payload)
	return m
}

// received reads what toMessage wrote. A message that something else put into
// the stream comes with an error, and with as much as can be parked of it.
func received(subject string, header nats.Header, data []byte, streamSeq uint64) (delivery, error) {
	d := delivery{
		meta: Meta{
			ID:        text(header.Get(nats.MsgIdHdr)),
			Type:      text(header.Get(headerType)),
			Aggregate: text(header.Get(headerAggregate)),
		},
		subject: text(subject),
		payload: text(string(data)),
		origin:  originIn(header),
	}
	var problems []error
	if d.meta.ID == "" {
		d.meta.ID = fmt.Sprintf("%s-%d", StreamName, streamSeq)
		problems = append(problems, fmt.Errorf("the header %s is missing", nats.MsgIdHdr))
	}
	if d.meta.Type == "" {
		problems = append(problems, fmt.Errorf("the header %s is missing", headerType))
	}
	if d.meta.Aggregate == "" {
		d.meta.Aggregate = d.subject[strings.LastIndexByte(d.subject, '.')+1:]
		problems = append(problems, fmt.Errorf("the header %s is missing", headerAggregate))
	}
	// The broker lets each process publish under its modules' subjects only; so
	// what a message calls itself counts only when the subject says the same.
	if len(problems) == 0 && subjectOf(protoreflect.FullName(d.meta.Type), d.meta.Aggregate) != subject {
		problems = append(problems, fmt.Errorf("it came as %s, which is not the subject of a %s of %s", d.subject, d.meta.Type, d.meta.Aggregate))
	}
	at, err := time.Parse(time.RFC3339Nano, header.Get(headerOccurredAt))
	if err != nil {
		problems = append(problems, fmt.Errorf("the header %s: %w", headerOccurredAt, err))
	} else {
		d.meta.OccurredAt = at.UTC()
	}
	return d, errors.Join(problems...)
}

// source begins the subjects of the module that published the event. Aggregates
// of different modules have nothing to do with each other, whatever their names.
func (d delivery) source() string {
	end := 0
	for range 2 {
		next := strings.IndexByte(d.subject[end:], '.')
		if next < 0 {
			return d.subject
		}
		end += next + 1
	}
	return d.subject[:end]
}

// line is what order is kept in: an aggregate of one publisher.
func (d delivery) line() string { return d.source() + d.meta.Aggregate }

// text makes s fit for a PostgreSQL TEXT column, which takes no zero byte and no
// broken UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
