// Package events carries facts from the module where they happened to the modules
// that want to know: at-least-once delivery, exactly-once effect, in order per
// aggregate. It knows nothing of what the events say.
//
// # An event's life
//
//	 publisher's transaction                     subscriber's transaction
//	┌────────────────────────┐                  ┌──────────────────────────┐
//	│ state + outbox row     │                  │ effect + inbox row       │
//	└───────────┬────────────┘                  └────────────▲─────────────┘
//	     Append │ commit                        handler      │
//	            ▼                               succeeds     │
//	      ┌──────────┐  Relay   ┌──────────┐  Subscriber ┌───┴──────┐
//	      │ recorded ├─────────►│ stored   ├────────────►│ under way│◄─┐ failed: again,
//	      └──────────┘ the ack  └──────────┘  in stream  └─┬──┬───┬─┘──┘ after a pause
//	                   of the     ▲      │    order        │  │   │
//	                   broker     │      │                 │  │   └─► known to the inbox:
//	                   removes    └──────┼─────────────────┘  │       acknowledged, no effect
//	                   the row     stop: │ taken back         │ failed too often, not
//	                                     ▼                    │ decodable, or behind a
//	                               dropped after MaxAge,      │ parked one of its aggregate
//	                               or when the stream is      ▼
//	                               full and all have it   ┌────────┐ Resend  effect + inbox row
//	                                                      │ parked ├────────► (in the order of
//	                                                      └────────┘          the aggregate)
//
// # What it guarantees
//
//   - An event is published if and only if the transaction of its Append committed.
//   - Its effect and the record that it was handled are one transaction, so the
//     effect is kept once: however often the event is published or delivered,
//     whichever process dies at which moment, and in whatever process the subscriber runs.
//   - Events of one aggregate (of one publisher) reach a subscriber in the order
//     of the publisher's commits. So it is after failures: while one is parked, the
//     later ones of its aggregate are parked behind it, and Resend replays them in
//     order. Other aggregates go on.
//   - A broker or a database that is away delays events and loses none. Start-up
//     waits for neither.
//   - An event of a version that a subscriber's program does not know is parked. A
//     program that knows it handles it, and those behind it, when it starts.
//   - An event that is larger than the broker takes is refused by Append. One that
//     is in the outbox all the same is parked by the relay, and the later ones of
//     its aggregate behind it; Resend, or Republish, puts them into the outbox again.
//   - An acknowledged event is on disk: the embedded server syncs each one. An
//     external cluster does what its own configuration says.
//
// # What it does not
//
//   - No order between aggregates, and none between publishers.
//   - Handlers are tried more than once. What they do outside their transaction
//     (a mail, a call) is not undone; let them record the work and do it later.
//   - A subscriber that is away for longer than MaxAge misses events. So do modules
//     that are new, for events older than that; and they miss what a full stream
//     dropped after everybody else had handled it.
//   - A subscription that is new, to a known module too, begins with the oldest
//     event in the stream. Handlers that care look at Meta.OccurredAt.
//   - A subscriber handles events one after the other, those that wait in one
//     transaction; when one fails, those before it are handled one by one, and it
//     holds up the others until it is handled or parked (7.6 s by default).
//   - The inbox forgets after MaxAge and a week. A relay that died between
//     publishing and removing, and that starts again later than that, doubles.
//   - An event that kills the whole process is not parked: no process is left to do it.
//     Nor is one whose effect fails only in the commit, as with a deferred
//     constraint: that looks like an outage, which is waited for.
//
// # Who runs what
//
// One process opens the Broker, or all connect to an external cluster. A process
// that reaches the broker through another one passes Connect a dialer, whose far
// end is that broker's Pipe, with Rights for its modules only: to publish their
// events and to read with their consumers. What needs more rights, such as making a
// consumer, it asks of the process with the broker. Each module has one Relay and, if it subscribes, one
// Subscriber, each run under a lease in the module's database:
//
//	relay := events.NewRelay(db, conn, log)
//	go db.Hold(ctx, "relay", relay.Run)
//
// An external cluster is named by its URL, with what it asks of its clients:
// nats://user:password@host:4222, nats://token@host:4222, tls://host:4222. One
// that refuses its clients counts as away; relays and subscribers log why.
//
// What does not go on is told by Problem: of a Relay whose outbox does not drain, of
// a Subscriber that receives or handles nothing although events wait, and of a
// Broker that can't write its files, which it opens again when they can be written.
//
// In the stream, an event of type letters.v1.LetterSent has the subject
// events.letters.LetterSent.<aggregate>, its JSON as payload, and the headers
// Nats-Msg-Id, Event-Type, Event-Aggregate and Event-Occurred-At.
//
// # Traces
//
// A trace does not end where an event is appended. The outbox row keeps the W3C
// trace context of the transaction's context, the relay publishes it as the
// headers traceparent and tracestate, and each attempt of a subscriber is a
// consumer's span ("process events.letters.LetterSent.{aggregate}") under the
// span that appended. The handler's transaction is in that span, so what it
// appends belongs to the trace, too. A dead letter keeps the trace; an attempt by
// Resend is in it, and linked to the caller that asked. A process that traces nothing
// adds no header and makes no span, and passes on what it was given.
package events
