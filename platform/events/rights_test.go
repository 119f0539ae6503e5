package events

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// dialPipe dials pipes with given rights.
type dialPipe struct {
	broker *Broker
	rights Rights
}

func (d dialPipe) Dial(string, string) (net.Conn, error) {
	far, err := d.broker.Pipe(d.rights)
	if err != nil {
		return nil, err
	}
	near, client := net.Pipe()
	go func() { io.Copy(near, far); near.Close() }()
	go func() { io.Copy(far, near); far.Close() }()
	return client, nil
}

// connectAs connects as a process that serves modules, and knows the protocol.
func connectAs(t *testing.T, b *Broker, modules ...string) *Conn {
	t.Helper()
	c, err := Connect(t.Context(), ConnectOptions{Dialer: dialPipe{b, Rights{"the process under test", modules, modules}}, Log: quietLog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	eventually(t, "connected", true, c.Connected)
	return c
}

// logLines collects a log.
type logLines chan string

func (l logLines) Write(p []byte) (int, error) {
	select {
	case l <- string(p):
	default:
	}
	return len(p), nil
}

func (l logLines) want(t *testing.T, parts ...string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line := <-l:
			found := true
			for _, part := range parts {
				found = found && strings.Contains(line, part)
			}
			if found {
				return
			}
		case <-deadline:
			t.Fatalf("no line of the log has all of %q", parts)
		}
	}
}

// A process with the certificate for letters has a pipe of its own and knows
// every trick of the protocol. Other modules' events are not its to read, to
// forge, to acknowledge or to delete.
func TestPipeGivesTheRightsOfItsModulesOnly(t *testing.T) {
	t.Parallel()
	log := make(logLines, 1000)
	b, err := OpenBroker(BrokerOptions{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(log, nil)), Hears: Hears{
		"reader": {"google.protobuf.StringValue"}, "letters": {"letters.v1.Paid"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBroker(t, b) })
	own := connect(t, b)
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, own).Run)
	stop := start(t, newSubscriber(t, "reader", reader, own, onText(nil)).Run)
	publish(t, publisher, "a", "1")
	wantEffects(t, reader, "a", "1")
	stop() // its consumer stays
	publish(t, publisher, "a", "2", "3")
	eventually(t, "outbox rows", 0, func() int64 { return backlog(t, publisher) })
	before := stored(t, own)

	letters := connectAs(t, b, "letters")
	short := func() context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	forged := toMessage(outboxRow{EventID: "x", Type: "google.protobuf.StringValue", Aggregate: "a", Payload: `"forged"`})
	js := letters.js
	for _, trial := range []struct {
		what    string
		subject string // that the log names
		try     func() error
	}{
		{"forge an event", "events.google.", func() error { _, err := js.PublishMsg(short(), forged); return err }},
		{"look at the stream", "STREAM.INFO", func() error { _, err := js.Stream(short(), StreamName); return err }},
		{"delete the stream", "STREAM.DELETE", func() error { return js.DeleteStream(short(), StreamName) }},
		{"purge the stream", "STREAM.PURGE", func() error {
			_, err := letters.nc.RequestWithContext(short(), "$JS.API.STREAM.PURGE."+StreamName, nil)
			return err
		}},
		{"read an event by its number", "STREAM.MSG.GET", func() error {
			_, err := letters.nc.RequestWithContext(short(), "$JS.API.STREAM.MSG.GET."+StreamName, []byte(`{"seq":1}`))
			return err
		}},
		{"read an event directly", "DIRECT.GET", func() error {
			_, err := letters.nc.RequestWithContext(short(), "$JS.API.DIRECT.GET."+StreamName, []byte(`{"seq":1}`))
			return err
		}},
		{"make a stream", "STREAM.CREATE", func() error {
			_, err := js.CreateStream(short(), jetstream.StreamConfig{Name: "MINE", Subjects: []string{"mine"}})
			return err
		}},
		{"make a consumer of everything", "CONSUMER.CREATE", func() error {
			_, err := js.CreateConsumer(short(), StreamName, jetstream.ConsumerConfig{Durable: "letters"})
			return err
		}},
		{"read with another's consumer", "MSG.NEXT.GALLERIA.reader", func() error {
			_, err := letters.nc.RequestWithContext(short(), "$JS.API.CONSUMER.MSG.NEXT.GALLERIA.reader", []byte(`1`))
			return err
		}},
		{"acknowledge for another", "ACK.GALLERIA.reader", func() error {
			_, err := letters.nc.RequestWithContext(short(), "$JS.ACK.GALLERIA.reader.1.2.2.0.0", []byte("+ACK"))
			return err
		}},
		{"acknowledge for another, under a longer name", "ACK.GALLERIA.reader.GALLERIA", func() error {
			_, err := letters.nc.RequestWithContext(short(), "$JS.ACK.GALLERIA.reader.GALLERIA.letters.1.2.3", []byte("+ACK"))
			return err
		}},
		{"delete another's consumer", "CONSUMER.DELETE", func() error { return js.DeleteConsumer(short(), StreamName, "reader") }},
		{"ask for another's consumer", "keeper.consumer.reader", func() error {
			return letters.keeper.openConsumer(short(), "reader", []string{"events.google.StringValue.*"}, true)
		}},
		{"ask for a consumer of what its module does not hear", "keeper.consumer.letters", func() error {
			return letters.keeper.openConsumer(short(), "letters", []string{"events.google.StringValue.*"}, false)
		}},
		{"listen to events", "events.>", func() error { return subscribe(letters.nc, "events.>") }},
		{"listen to everything", ">", func() error { return subscribe(letters.nc, ">") }},
		{"listen to others' answers", "_INBOX.>", func() error { return subscribe(letters.nc, "_INBOX.>") }},
	} {
		if err := trial.try(); err == nil {
			t.Errorf("%s: succeeded", trial.what)
		}
		if trial.what == "ask for a consumer of what its module does not hear" {
			log.want(t, trial.subject)
		} else {
			log.want(t, trial.subject, "the process under test")
		}
	}
	if got := stored(t, own); got != before {
		t.Errorf("events in the stream: got %d, want %d as before", got, before)
	}
	start(t, newSubscriber(t, "reader", reader, own, onText(nil)).Run)
	wantEffects(t, reader, "a", "1", "2", "3")

	// What it is for goes.
	mine := toMessage(outboxRow{EventID: "y", Type: "letters.v1.Paid", Aggregate: "p", Payload: `{}`})
	if _, err := js.PublishMsg(t.Context(), mine); err != nil {
		t.Errorf("publish an event of its own: %v", err)
	}
	if err := letters.keeper.openConsumer(t.Context(), "letters", []string{"events.letters.Paid.*"}, false); err != nil {
		t.Errorf("open its own consumer: %v", err)
	}
}

// subscribe listens for a moment; the server tells of a refusal later than the
// client returns.
func subscribe(nc *nats.Conn, subject string) error {
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		return err
	}
	_, err = sub.NextMsg(300 * time.Millisecond)
	return err
}

// A client that writes the protocol by hand. The server would store an answer
// under "events." as an event.
func TestGateRefusesWhatTheServerWouldNot(t *testing.T) {
	t.Parallel()
	log := make(logLines, 1000)
	b, err := OpenBroker(BrokerOptions{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBroker(t, b) })
	own := connect(t, b)
	const hello = "CONNECT {\"verbose\":false,\"headers\":true,\"user\":\"0123456789012345678901234567890123456789\"}\r\n"
	for name, trial := range map[string]struct{ send, why string }{
		"an answer as an event":               {hello + "PUB events.letters.Paid.a events.google.StringValue.a 2\r\n{}\r\n", "not its inbox"},
		"an answer as an event, with headers": {hello + "hpub\tevents.letters.Paid.a  events.google.StringValue.a 12 14\r\nNATS/1.0\r\n\r\n{}\r\n", "not"},
		"an answer to another":                {hello + "PUB events.letters.Paid.a _INBOX.0.1 2\r\n{}\r\n", "not its inbox"},
		"no introduction":                     {"PUB events.letters.Paid.a 2\r\n{}\r\n", "before it introduced itself"},
		"two introductions":                   {hello + hello, "no command of a client"},
		"a pattern as its inbox":              {strings.Replace(hello, "0123456789012345678901234567890123456789", ">", 1), "names no inbox"},
		"no inbox":                            {"CONNECT {}\r\n", "names no inbox"},
		"a message longer than it says":       {hello + "PUB events.letters.Paid.a 2\r\n{}{}PUB events.google.StringValue.a 0\r\n", "does not end where it said"},
		"a message too large":                 {hello + "PUB events.letters.Paid.a 2000000\r\n", "2000000"},
		"a route's command":                   {hello + "RMSG $G a 0\r\n\r\n", "no command of a client"},
		"a line without end":                  {strings.Repeat("x", 10000), "8 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			pipe, err := b.Pipe(Rights{"by hand", []string{"letters"}, []string{"letters"}})
			if err != nil {
				t.Fatal(err)
			}
			defer pipe.Close()
			go io.WriteString(pipe, trial.send)
			if _, err := io.Copy(io.Discard, bufio.NewReader(pipe)); err != nil && !errors.Is(err, io.ErrClosedPipe) {
				t.Logf("reading ended: %v", err)
			}
			log.want(t, "by hand", trial.why)
		})
	}
	if got := stored(t, own); got != 0 {
		t.Errorf("events in the stream: got %d, want none", got)
	}
}

// A connection made past the pipe has no credential.
func TestBrokerRefusesAClientWithoutAPipe(t *testing.T) {
	t.Parallel()
	b := openBroker(t, t.TempDir())
	for _, with := range []nats.Option{nats.Token("guessed"), nats.UserInfo("in-process", ""), nats.Name("nothing")} {
		if nc, err := nats.Connect(nats.DefaultURL, nats.InProcessServer(b), with); err == nil {
			nc.Close()
			t.Error("connected without a credential")
		}
	}
}

func TestBrokerTellsWhatAModuleMayHear(t *testing.T) {
	t.Parallel()
	b, err := OpenBroker(BrokerOptions{Dir: t.TempDir(), Log: quietLog, Hears: Hears{"reader": {"google.protobuf.Int64Value"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBroker(t, b) })
	s := newSubscriber(t, "reader", openDB(t, "reader", t.TempDir()), connectAs(t, b, "reader"), onText(nil))
	s.illness.after = 1
	start(t, s.Run)
	eventually(t, "problem", true, func() bool {
		return strings.Contains(fmt.Sprint(s.Problem()), "module reader does not hear events.google.StringValue.* as the process with the broker knows it")
	})
}

// What another process publishes goes the same way.
func TestModuleOfAnotherProcessPublishesAndReceives(t *testing.T) {
	t.Parallel()
	b := openBroker(t, t.TempDir())
	publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
	start(t, newRelay(publisher, connectAs(t, b, "google")).Run)
	start(t, newSubscriber(t, "reader", reader, connectAs(t, b, "reader"), onText(nil)).Run)
	publish(t, publisher, "a", numbers(20)...)
	appendEvent(t, publisher, "a", wrapperspb.String(strings.Repeat("x", 300<<10)))
	publish(t, publisher, "b", numbers(20)...)
	wantEffects(t, reader, "b", numbers(20)...)
}
