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
	worked, err := p.cpu()
	if err != nil {
		return err
	}
	wrote, err := p.written()
	if err != nil {
		return err
	}
	began := time.Now()
	time.Sleep(idleFor)
	worked2, err := p.cpu()
	if err != nil {
		return err
	}
	wrote2, err := p.written()
	if err != nil {
		return err
	}
	took := time.Since(began)
	core := float64(worked2-worked) / float64(took) * 100
	megabytes := (wrote2 - wrote) / 1e6 / took.Minutes()
	fmt.Printf("\nThe whole shop in one process without a visitor, over %v\n", took.Round(time.Second))
	fmt.Printf("CPU when idle ≤ 0.5 %% of a core: %.2f %%, %s\n", core, verdict(core <= 0.5))
	fmt.Printf("written when idle ≤ 0.2 MB a minute: %.2f MB, %s\n", megabytes, verdict(megabytes <= 0.2))
	return nil
}

// written is how many bytes a process has sent to the disk.
func (c *child) written() (float64, error) {
	return fromStatus(fmt.Sprintf("/proc/%d/io", c.pid()), writeBytes)
}

var writeBytes = regexp.MustCompile(`\nwrite_bytes: (\d+)`)
