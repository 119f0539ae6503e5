package database_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"
)

// Durable commits per second, of a transaction with one small insert.
func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			d := openNotes(b)
			var next atomic.Int64
			var wait sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range writers {
				wait.Go(func() {
					for {
						n := next.Add(1)
						if n > int64(b.N) {
							return
						}
						err := d.Write(background, func(tx *gorm.DB) error {
							return tx.Exec("INSERT INTO notes (id, amount) VALUES (?, ?)", fmt.Sprintf("%08d", n), n).Error
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wait.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// The cost of Write itself: it waits for no disk.
func BenchmarkEmptyWrite(b *testing.B) {
	d := openNotes(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Write(background, func(*gorm.DB) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	d := openNotes(b)
	if err := d.Write(background, insert("a")); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var n int64
		if err := d.Read(b.Context()).Raw("SELECT amount FROM notes WHERE id = ?", "a").Scan(&n).Error; err != nil {
			b.Fatal(err)
		}
	}
}
