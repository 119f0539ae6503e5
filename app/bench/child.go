package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// child is a server in a process of its own.
type child struct {
	command         *exec.Cmd
	url, admin, rpc string
}

// start runs a server and waits until it prints its addresses.
func start(name string, args ...string) (*child, error) {
	c := &child{command: exec.Command(name, args...)}
	// All shoppers have one e-mail address.
	c.command.Env = append(os.Environ(), "GALLERIA_MODULES_ORDERS_MAX_UNPAID_PER_EMAIL=0")
	c.command.Stderr = io.Discard
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), "shop   "); found {
			c.url = url
		}
		if _, url, found := strings.Cut(lines.Text(), "admin  "); found {
			c.admin = url
		}
		if _, address, found := strings.Cut(lines.Text(), "rpc "); found {
			c.rpc = strings.TrimSpace(address)
			go io.Copy(io.Discard, stdout)
			return c, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s %s did not start", name, strings.Join(args, " ")), c.stop())
}

func (c *child) pid() int { return c.command.Process.Pid }

func (c *child) stop() error {
	if err := c.command.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return c.command.Wait()
}

// resident is the memory a process holds, in MiB.
func (c *child) resident() (float64, error) {
	kib, err := fromStatus(fmt.Sprintf("/proc/%d/status", c.pid()), resident)
	return kib / 1024, err
}

// cpu reads the CPU time of a process from /proc, in ticks of 10 ms.
func (c *child) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid()))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses; the rest counts
	// from there: user and system time are fields 14 and 15.
	_, rest, found := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: cannot be read: %q", c.pid(), stat)
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

// profile writes a CPU profile of the next d.
func (c *child) profile(file string, d time.Duration) error {
	answer, err := http.Get(fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", c.admin, max(1, int(d.Seconds()))))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// wakeUps is how often a thread of the process has gone to sleep so far, and so
// was woken. Threads that have ended are not counted; Go's rarely do.
func (c *child) wakeUps() (n float64, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", c.pid()))
	if err != nil {
		return 0, err
	}
	for _, thread := range threads {
		if of, err := fromStatus(thread, voluntary); err == nil { // it may have ended
			n += of
		}
	}
	return n, nil
}

var (
	resident  = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)
	voluntary = regexp.MustCompile(`\nvoluntary_ctxt_switches:\s+(\d+)`)
)

func fromStatus(file string, number *regexp.Regexp) (float64, error) {
	status, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	found := number.FindSubmatch(status)
	if found == nil {
		return 0, fmt.Errorf("%s: there is no %s", file, number)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

// metric adds up a metric of the process over all its labels; 0 when it has none
// of that name, as the program of an earlier commit may.
func (c *child) metric(name string) (sum float64, err error) {
	answer, err := http.Get(c.admin + "/metrics")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		rest, found := strings.CutPrefix(lines.Text(), name+"{")
		if _, value, labelled := strings.Cut(rest, "} "); found && labelled {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, lines.Err()
}
