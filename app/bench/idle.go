package main

import (
	"fmt"
	"os"
	"regexp"
	"time"
)

const (
	// idleAfter is how long the shop is left alone before it is measured: looks at
	// its databases come more and more seldom meanwhile.
	idleAfter = time.Minute
	idleFor   = 2 * time.Minute
)

// benchIdle measures what a shop costs that has no visitor.
func benchIdle(binary string) error {
	data, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	shop, err := openShop(binary, data)
	if err != nil {
		return err
	}
	defer shop.stop()
	p := shop.processes[0]
	time.Sleep(idleAfter)
	before, err := p.spent()
	if err != nil {
		return err
	}
	began := time.Now()
	time.Sleep(idleFor)
	after, err := p.spent()
	if err != nil {
		return err
	}
	took := time.Since(began)
	core := float64(after.cpu-before.cpu) / float64(took) * 100
	megabytes := (after.written - before.written) / 1e6 / took.Minutes()
	fmt.Printf("\nThe whole shop in one process without a visitor, over %v\n", took.Round(time.Second))
	fmt.Printf("CPU when idle ≤ 0.5 %% of a core: %.2f %%, %s\n", core, verdict(core <= 0.5))
	fmt.Printf("written when idle ≤ 0.2 MB a minute: %.2f MB, %s\n", megabytes, verdict(megabytes <= 0.2))
	return nil
}

// spent is what a process has cost so far.
type spent struct {
	cpu     time.Duration
	written float64 // bytes, to the disk
}

func (c *child) spent() (s spent, err error) {
	if s.cpu, err = c.cpu(); err != nil {
		return s, err
	}
	s.written, err = fromStatus(fmt.Sprintf("/proc/%d/io", c.pid()), writeBytes)
	return s, err
}

var writeBytes = regexp.MustCompile(`\nwrite_bytes: (\d+)`)
