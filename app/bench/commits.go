package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing/fstest"
	"text/tabwriter"
	"time"

	"gorm.io/gorm"

	"galleria/platform/database"
)

const commitTime = 3 * time.Second

func benchCommits() error {
	fmt.Println("\nDurable commits (SQLite, synchronous=FULL), one insert each")
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Module: "bench", Dir: dir, Migrations: fstest.MapFS{
		"0001_bench.sql": {Data: []byte("-- +goose Up\nCREATE TABLE bench (id BIGINT PRIMARY KEY, text TEXT NOT NULL);\n")},
	}})
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "writers at a time\tcommits/s\talone = 1\t")
	alone := 0.0
	var id atomic.Int64
	for _, writers := range []int{1, 8, 64} {
		rate, err := commitRate(ctx, db, &id, writers)
		if err != nil {
			return err
		}
		if writers == 1 {
			alone = rate
		}
		fmt.Fprintf(out, "%d\t%.0f\t%.1f\t\n", writers, rate, rate/alone)
	}
	return out.Flush()
}

func commitRate(ctx context.Context, db *database.DB, id *atomic.Int64, writers int) (float64, error) {
	var done atomic.Int64
	var failed atomic.Value
	var working sync.WaitGroup
	began := time.Now()
	for range writers {
		working.Go(func() {
			for time.Since(began) < commitTime {
				err := db.Write(ctx, func(tx *gorm.DB) error {
					return tx.Exec("INSERT INTO bench (id, text) VALUES (?, ?)", id.Add(1), "about as long as a row").Error
				})
				if err != nil {
					failed.Store(err)
					return
				}
				done.Add(1)
			}
		})
	}
	working.Wait()
	if err, ok := failed.Load().(error); ok {
		return 0, err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}
