// Bench measures what the program promises and prints tables: what a call
// between modules costs in each mode, how many durable commits a second a
// database makes, how many events a second a subscriber handles, what pages, purchases
// and shoppers who do all of it cost the server, and what it costs without a visitor.
//
// All figures of a table come from one run on one machine, and the ones that
// matter are ratios of such figures: absolute ones differ from machine to
// machine and from hour to hour. See make bench.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"time"

	"galleria/platform/heap"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == bareCommand {
		serveBare(os.Args[2])
		return
	}
	defer heap.Raise()() // calls are measured as in the shop
	binary := flag.String("galleria", "bin/galleria", "the program to measure")
	seconds := flag.Int("seconds", 5, "how long each page is asked for")
	only := flag.String("only", "", "calls, commits, events, idle, pages, large, many, console, watched or shadowed; empty: all")
	rows := flag.String("rows", "", "of pages and large: only the rows whose name this regular expression finds; empty: all")
	profiles := flag.String("profiles", "", "of pages and large: a directory to write a CPU profile of the shop's first process for each row into")
	against := flag.String("against", "", "a commit: measure calls and pages there, too, in turn")
	flag.Parse()

	fmt.Printf("%s, %d CPUs, %s\n", time.Now().UTC().Format(time.DateTime), runtime.NumCPU(), runtime.Version())
	if *against != "" {
		if err := benchAgainst(*against, *binary, *seconds); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %v\n", err)
			os.Exit(1)
		}
		return
	}
	parts := []struct {
		name string
		run  func() error
	}{
		{"calls", benchCalls},
		{"commits", benchCommits},
		{"events", benchEvents},
		{"idle", func() error { return benchIdle(*binary) }},
		{"pages", func() error {
			wanted, err := regexp.Compile(*rows)
			if err != nil {
				return fmt.Errorf("-rows: %w", err)
			}
			return benchPages(*binary, time.Duration(*seconds)*time.Second, wanted, *profiles)
		}},
		{"large", func() error {
			wanted, err := regexp.Compile(*rows)
			if err != nil {
				return fmt.Errorf("-rows: %w", err)
			}
			return benchLarge(*binary, time.Duration(*seconds)*time.Second, wanted, *profiles)
		}},
		{"many", func() error { return benchMany(*binary, time.Duration(*seconds)*time.Second) }},
		{"console", func() error { return benchConsole(*binary) }},
		{"watched", func() error { return benchWatched(*binary, time.Duration(*seconds)*time.Second) }},
		{"shadowed", func() error { return benchShadowed(*binary, time.Duration(*seconds)*time.Second) }},
	}
	for _, part := range parts {
		if *only != "" && *only != part.name {
			continue
		}
		if err := part.run(); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %v\n", part.name, err)
			os.Exit(1)
		}
	}
}

// verdict says whether a target was reached; a missed one is said as plainly.
func verdict(reached bool) string {
	if reached {
		return "reached"
	}
	return "MISSED"
}
