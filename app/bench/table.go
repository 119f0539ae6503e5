package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// table is the rows of one run, beside what bare Echo does in it.
type table struct {
	bare  loadResult
	text  strings.Builder
	out   *tabwriter.Writer
	named map[string]loadResult
}

func newTable() *table {
	t := &table{named: map[string]loadResult{}}
	t.out = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t.out, "what\tat a time\t/s\t/server CPU-s\tp50\tp99\tof bare\t")
	return t
}

func (t *table) add(name string, workers int, r loadResult) {
	t.named[name] = r
	fmt.Fprintf(t.out, "%s\t%d\t%.0f\t%.0f\t%v\t%v\t%.1f %%\t\n", name, workers, r.perSecond(), r.perCPUSecond(),
		r.p50.Round(10*time.Microsecond), r.p99.Round(10*time.Microsecond), t.ofBare(r))
}

// addPart is a row of a part of the load above it: the CPU it took is not known.
func (t *table) addPart(name string, workers int, r loadResult) {
	fmt.Fprintf(t.out, "%s\t%d\t%.0f\t-\t%v\t%v\t-\t\n", name, workers, r.perSecond(), r.p50.Round(10*time.Microsecond), r.p99.Round(10*time.Microsecond))
}

func (t *table) ofBare(r loadResult) float64 { return 100 * r.perCPUSecond() / t.bare.perCPUSecond() }

func (t *table) print() error {
	err := t.out.Flush()
	fmt.Print(t.text.String())
	return err
}

// verdicts compares the rows with what is promised.
func (t *table) verdicts() {
	for _, promise := range []struct {
		row   string
		share float64 // of bare Echo per CPU-second, in percent
	}{
		{"home page", 40}, {"product page", 40}, {"cart page of 1 line", 45}, {fmt.Sprintf("cart page of %d lines", fullCart), 15},
		{"adding to the cart", 20}, {"whole checkout", 3.5}, {mixName("one process"), 25}, {mixName(apart), 5},
	} {
		if r, measured := t.named[promise.row]; measured {
			fmt.Printf("%s ≥ %v %% of bare Echo per CPU-second: %.1f %%, %s\n", promise.row, promise.share, t.ofBare(r), verdict(t.ofBare(r) >= promise.share))
		}
	}
	if r, measured := t.named[tooMany]; measured {
		if peak, known := t.named["whole checkout"]; known {
			share := 100 * r.perSecond() / peak.perSecond()
			fmt.Printf("checkouts/s with %d times as many buyers ≥ 90 %% of those with %d: %.0f %%, %s\n", overload, buyers, share, verdict(share >= 90))
		}
	}
	if r, measured := t.named["whole checkout"]; measured {
		fmt.Printf("≥ 300 checkouts/s at %d at a time: %.0f, %s\n", buyers, r.perSecond(), verdict(r.perSecond() >= 300))
		fmt.Printf("checkout p50 ≤ 60 ms and p99 ≤ 150 ms at %d at a time: %v and %v, %s\n", buyers, r.p50.Round(time.Millisecond), r.p99.Round(time.Millisecond),
			verdict(r.p50 <= 60*time.Millisecond && r.p99 <= 150*time.Millisecond))
	}
}
