package main

import (
	"slices"
	"sync"
	"time"
)

// loadResult is what a load of one kind did.
type loadResult struct {
	done     int
	took     time.Duration
	cpu      time.Duration // of the server
	p50, p99 time.Duration
}

func (r loadResult) perSecond() float64    { return float64(r.done) / r.took.Seconds() }
func (r loadResult) perCPUSecond() float64 { return float64(r.done) / r.cpu.Seconds() }

// load runs do from several goroutines for a time, and measures the CPU of what
// serves it.
func load(served server, workers int, d time.Duration, do func(worker int) error) (loadResult, error) {
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var working sync.WaitGroup
	before, err := served.cpu()
	if err != nil {
		return loadResult{}, err
	}
	began := time.Now()
	for worker := range workers {
		working.Go(func() {
			var mine []time.Duration
			for time.Since(began) < d {
				start := time.Now()
				if err := do(worker); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	working.Wait()
	took := time.Since(began)
	if failed != nil {
		return loadResult{}, failed
	}
	after, err := served.cpu()
	if err != nil {
		return loadResult{}, err
	}
	result := loadResult{done: len(all), took: took, cpu: after - before}
	result.p50, result.p99 = quantiles(all)
	return result, nil
}

// quantiles are the median and the p99; it sorts what it is given.
func quantiles(all []time.Duration) (p50, p99 time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

// server is what a load asks.
type server interface {
	// cpu is the time its processes have used so far.
	cpu() (time.Duration, error)
}
