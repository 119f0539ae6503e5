package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing/fstest"
	"time"

	"google.golang.org/protobuf/types/known/wrapperspb"
	"gorm.io/gorm"

	"galleria/platform/database"
	"galleria/platform/events"
)

const (
	benchedEvents = 5000
	// promisedEvents a second are handled by one subscriber on SQLite.
	promisedEvents = 5000
)

// benchEvents publishes events from one module's database and handles them in
// another's, one insert each, through the embedded broker.
func benchEvents() error {
	fmt.Printf("\nEvents of %d aggregates (SQLite, embedded broker), one insert each\n", benchedAggregates)
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	quiet := slog.New(slog.DiscardHandler)
	broker, err := events.OpenBroker(events.BrokerOptions{Dir: filepath.Join(dir, "events"), Log: quiet})
	if err != nil {
		return err
	}
	defer broker.Close(context.Background())
	conn, err := broker.Conn()
	if err != nil {
		return err
	}
	publisher, err := eventsDB(ctx, dir, "publisher")
	if err != nil {
		return err
	}
	defer publisher.Close(context.Background())
	reader, err := eventsDB(ctx, dir, "reader")
	if err != nil {
		return err
	}
	defer reader.Close(context.Background())

	err = publisher.Write(ctx, func(tx *gorm.DB) error {
		for i := range benchedEvents {
			if err := events.Append(tx, time.Now(), fmt.Sprint(i%benchedAggregates), wrapperspb.String("as short as a fact")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	relay := events.NewRelay(publisher, conn, quiet)
	published := rate(ctx, relay.Run, func() uint64 { return relay.Stats().Published })
	subscriber, err := events.NewSubscriber("reader", reader, conn, []events.Subscription{
		events.On(func(_ context.Context, tx *gorm.DB, event *wrapperspb.StringValue, meta events.Meta) error {
			return tx.Exec("INSERT INTO bench (id, text) VALUES (?, ?)", meta.ID, event.GetValue()).Error
		})}, events.SubscriberOptions{Log: quiet})
	if err != nil {
		return err
	}
	handled := rate(ctx, subscriber.Run, func() uint64 { return subscriber.Stats().Handled })
	fmt.Printf("published and on disk  %6.0f/s\n", published)
	fmt.Printf("handled                %6.0f/s  at least %d: %s\n", handled, promisedEvents, verdict(handled >= promisedEvents))
	return nil
}

const benchedAggregates = 50

func eventsDB(ctx context.Context, dir, module string) (*database.DB, error) {
	return database.Open(ctx, database.Options{Module: module, Dir: dir, Migrations: fstest.MapFS{
		"0001_bench.sql": {Data: []byte("-- +goose Up\nCREATE TABLE bench (id TEXT PRIMARY KEY, text TEXT NOT NULL);\n")},
	}})
}

// rate runs work until it has done all events, and returns how many it did a second
// once it had begun.
func rate(ctx context.Context, work func(context.Context) error, done func() uint64) float64 {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		work(ctx)
		close(ended)
	}()
	for done() == 0 {
		time.Sleep(time.Millisecond)
	}
	first, began := done(), time.Now()
	for done() < benchedEvents {
		time.Sleep(time.Millisecond)
	}
	perSecond := float64(benchedEvents-first) / time.Since(began).Seconds()
	cancel()
	<-ended
	return perSecond
}
