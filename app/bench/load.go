package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
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

// load runs do from several goroutines for a time, and measures the CPU of the
// process that serves it.
func load(pid, workers int, d time.Duration, do func(worker int) error) (loadResult, error) {
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var working sync.WaitGroup
	before, err := cpuOf(pid)
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
	after, err := cpuOf(pid)
	if err != nil {
		return loadResult{}, err
	}
	slices.Sort(all)
	return loadResult{done: len(all), took: took, cpu: after - before, p50: all[len(all)/2], p99: all[len(all)*99/100]}, nil
}

// cpuOf reads the CPU time of a process from /proc, in ticks of 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses; the rest counts
	// from there: user and system time are fields 14 and 15.
	_, rest, found := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: cannot be read: %q", pid, stat)
	}
	ticks := 0
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
