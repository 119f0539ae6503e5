package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"
)

// countedCheckouts is over how many checkouts the work for one is counted.
const countedCheckouts = 512

// effort is what the shop has done so far.
type effort struct {
	commits, writes, wakeUps float64
	cpu                      time.Duration
}

// writes counts what one checkout makes the shop do, with the events and the mail
// that follow it: alone, where nothing can be shared, and among many.
func (g *guide) writes(s *shop) error {
	fmt.Println("\nWork for one checkout in one process, with an addition before it, and its events and mail")
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "at a time\tcommits\twrites in them\tfsync and fdatasync\twake-ups of threads\tCPU\t")
	for _, crowd := range []int{1, buyers} {
		before, err := s.settled()
		if err != nil {
			return err
		}
		if err := g.buyAtOnce(s, crowd, countedCheckouts); err != nil {
			return err
		}
		after, err := s.settled()
		if err != nil {
			return err
		}
		synced := "(no strace here)"
		if n, err := countSyncs(s, func() error { return g.buyAtOnce(s, crowd, countedCheckouts) }); err == nil {
			synced = fmt.Sprintf("%.1f", n/countedCheckouts)
		}
		fmt.Fprintf(out, "%d\t%.1f\t%.1f\t%s\t%.0f\t%v\t\n", crowd,
			(after.commits-before.commits)/countedCheckouts, (after.writes-before.writes)/countedCheckouts, synced,
			(after.wakeUps-before.wakeUps)/countedCheckouts, ((after.cpu - before.cpu) / countedCheckouts).Round(10*time.Microsecond))
	}
	return out.Flush()
}

func (g *guide) buyAtOnce(s *shop, crowd, checkouts int) error {
	var begun atomic.Int64
	var mu sync.Mutex
	var failed error
	var buying sync.WaitGroup
	for range crowd {
		buying.Go(func() {
			for n := begun.Add(1); int(n) <= checkouts; n = begun.Add(1) {
				sh := newShopper(g.client, s.url)
				if err := errors.Join(sh.add(g.skus[int(n)%len(g.skus)]), sh.buy()); err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
			}
		})
	}
	buying.Wait()
	return failed
}

// settled waits until the shop writes no more, and tells what it has done.
func (s *shop) settled() (e effort, err error) {
	for last, deadline := -1.0, time.Now().Add(20*time.Second); ; last = e.commits {
		for _, figure := range []struct {
			into *float64
			of   func(*child) (float64, error)
		}{
			{&e.commits, func(c *child) (float64, error) { return c.metric("database_commits_total") }},
			{&e.writes, func(c *child) (float64, error) { return c.metric("database_writes_total") }},
			{&e.wakeUps, (*child).wakeUps},
		} {
			if *figure.into, err = s.total(figure.of); err != nil {
				return e, err
			}
		}
		if e.cpu, err = s.cpu(); err != nil || e.commits == last || time.Now().After(deadline) {
			return e, err
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// countSyncs counts the calls that make writes durable while do runs and the shop
// settles, those of the event broker included. It needs strace.
func countSyncs(s *shop, do func() error) (n float64, err error) {
	var tracers []*exec.Cmd
	var texts []*strings.Builder
	defer func() {
		for i, t := range tracers {
			t.Process.Signal(syscall.SIGINT)
			t.Wait() // strace ends by the signal
			n += syncsIn(texts[i].String())
		}
		if err == nil && n == 0 {
			err = errors.New("strace saw nothing")
		}
	}()
	for _, p := range s.processes {
		t, text := exec.Command("strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-p", strconv.Itoa(p.pid())), &strings.Builder{}
		t.Stderr = text
		if err := t.Start(); err != nil {
			return 0, err
		}
		tracers, texts = append(tracers, t), append(texts, text)
	}
	time.Sleep(time.Second) // it attaches to each thread
	if err := do(); err != nil {
		return 0, err
	}
	_, err = s.settled()
	return 0, err
}

// syncsIn reads the table of strace -c: time, seconds, usecs/call, calls, errors if
// any, and the name of the call.
func syncsIn(table string) (n float64) {
	for _, line := range strings.Split(table, "\n") {
		cells := strings.Fields(line)
		if len(cells) >= 5 && strings.HasSuffix(cells[len(cells)-1], "sync") {
			calls, _ := strconv.ParseFloat(cells[3], 64)
			n += calls
		}
	}
	return n
}
