package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

const (
	// consoleOrders is with how many orders the console's pages are promised.
	consoleOrders = 10_000
	consoleWithin = 50 * time.Millisecond
	consoleBytes  = 100 << 10
	// consoleLooks is how often each page is asked for.
	consoleLooks = 41
)

// benchConsole measures each page of the console in a shop that has sold a lot.
func benchConsole(binary string) error {
	data, g, remove, err := usualShop(binary)
	if err != nil {
		return err
	}
	defer remove()
	return g.inOneProcess(binary, data, func(s *shop) error {
		began := time.Now()
		if err := g.sell(s, consoleOrders); err != nil {
			return err
		}
		fmt.Printf("\nPages of the console, one at a time, in a shop with %d orders, sold in %v\n", consoleOrders, time.Since(began).Round(time.Second))
		if err := makeOperator(binary, data, s.processes[0].rpc); err != nil {
			return err
		}
		return g.consolePages(s)
	})
}

// sell lets shoppers buy until there are so many orders.
func (g *guide) sell(s *shop, orders int64) error {
	var sold atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, buyers)
	for worker := range buyers {
		all.Go(func() {
			for sold.Add(1) <= orders {
				for {
					one := newShopper(g.client, s.url)
					err := one.add(g.skus[(worker*31+int(sold.Load()))%len(g.skus)])
					if err == nil {
						err = one.buy()
					}
					if err == nil {
						break
					}
					if !errors.Is(err, errBusy) {
						errs[worker] = err
						return
					}
					time.Sleep(50 * time.Millisecond) // as the shop asks
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

var (
	orderLink = regexp.MustCompile(`href="(/console/orders/[^"?]+)"`)
	stockLink = regexp.MustCompile(`href="(/console/stock/[^"?]+)"`)
	mailLink  = regexp.MustCompile(`href="(/console/mails/[^"?]+)"`)
	roomLink  = regexp.MustCompile(`href="(/console/rooms/[^"?]+)"`)
	traceLink = regexp.MustCompile(`href="(/console/traces/[^"?]+)"`)
)

func (g *guide) consolePages(s *shop) error {
	person := newShopper(g.client, s.url)
	if err := enter(person); err != nil {
		return err
	}
	paths := []string{
		"/console", "/console/events", "/console/traces", "/console/orders", "/console/orders?state=open", "/console/orders?q=" + url.QueryEscape("ana@example.org"),
		"/console/products", "/console/stock", "/console/stock?state=low", "/console/promotions", "/console/mails", "/console/customers", "/console/programs",
		"/console/numbers", "/console/numbers?state=hours", "/console/numbers?state=quarter", "/console/audit",
	}
	for _, list := range []struct {
		path string
		link *regexp.Regexp
	}{{"/console", roomLink}, {"/console/orders", orderLink}, {"/console/stock", stockLink}, {"/console/mails", mailLink}, {"/console/traces", traceLink}} {
		page, err := person.open(list.path)
		if err != nil {
			return err
		}
		if link := list.link.FindStringSubmatch(page); link != nil {
			paths = append(paths, link[1])
		}
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "page\tp50\tslowest\tKiB\t≤ 50 ms\t≤ 100 KiB\t")
	for _, path := range paths {
		var took []time.Duration
		size := 0
		for range consoleLooks {
			began := time.Now()
			page, err := person.open(path)
			if err != nil {
				return err
			}
			took, size = append(took, time.Since(began)), len(page)
		}
		p50, _ := quantiles(took)
		fmt.Fprintf(out, "%s\t%v\t%v\t%.1f\t%s\t%s\t\n", path, p50.Round(100*time.Microsecond), took[len(took)-1].Round(100*time.Microsecond), float64(size)/1024,
			verdict(p50 <= consoleWithin), verdict(size <= consoleBytes))
	}
	return out.Flush()
}
