package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// watchedRounds is how often each way of watching is measured: in turn, since a machine
// is not as quick now as a minute ago.
const watchedRounds = 3

// watching is one way in which the shop is watched.
type watching struct {
	name     string
	settings string // of galleria.yaml
	console  bool   // somebody has the floor plan open
	against  string // what it is compared with, and how much may be lost, in percent
	most     float64
	all      loadResult
}

// benchWatched measures what traces and an open console cost the shop, by what it does
// per CPU-second with the mix of shoppers in it.
func benchWatched(binary string, d time.Duration) error {
	data, g, remove, err := usualShop(binary)
	if err != nil {
		return err
	}
	defer remove()
	g.wanted = regexp.MustCompile("")
	ways := []*watching{
		{name: "no traces", settings: "tracing: {keep: 0}"},
		{name: "traces as they are by default", against: "no traces", most: 5},
		{name: "every trace kept", settings: "tracing: {keep: 1}", against: "no traces", most: 20},
		{name: "the console open", console: true, against: "traces as they are by default", most: 5},
	}
	staff := false
	for range watchedRounds {
		for i, way := range ways {
			config := filepath.Join(filepath.Dir(data), fmt.Sprintf("watched-%d.yaml", i))
			if err := os.WriteFile(config, []byte(way.settings+"\n"), 0o600); err != nil {
				return err
			}
			err := g.in(func(s *shop) error {
				if way.console {
					if !staff {
						if err := makeOperator(binary, data, s.processes[0].rpc); err != nil {
							return err
						}
						staff = true
					}
					closeConsole, err := g.watch(s)
					if err != nil {
						return err
					}
					defer closeConsole()
				}
				result, _, _, err := g.crowd(s, way.name, buyers, d)
				way.all.done, way.all.took, way.all.cpu = way.all.done+result.done, way.all.took+result.took, way.all.cpu+result.cpu
				return err
			}, func() (*shop, error) {
				p, err := start(binary, "serve", "--data", data, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rpc", "127.0.0.1:0", "--config", config)
				if err != nil {
					return nil, err
				}
				return &shop{p.url, []*child{p}}, nil
			})
			if err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
		}
	}
	return printWatched(fmt.Sprintf("The mix of %d shoppers while the shop is watched", buyers), ways)
}

func printWatched(title string, ways []*watching) error {
	fmt.Printf("\n%s, %d rounds of each in turn\n", title, watchedRounds)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "what\t/s\t/server CPU-s\t")
	rates := map[string]float64{}
	for _, way := range ways {
		rates[way.name] = way.all.perCPUSecond()
		fmt.Fprintf(out, "%s\t%.0f\t%.0f\t\n", way.name, way.all.perSecond(), way.all.perCPUSecond())
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, way := range ways {
		if way.against != "" {
			cost := 100 * (1 - rates[way.name]/rates[way.against])
			fmt.Printf("%s ≤ %v %% of requests per CPU-second, against %s: %.1f %%, %s\n", way.name, way.most, way.against, cost, verdict(cost <= way.most))
		}
	}
	return nil
}

// Of the person who looks at the console. They open nothing but this shop.
const (
	operatorEmail    = "bench@example.org"
	operatorPassword = "one bench under a plane tree"
)

func makeOperator(binary, data, rpc string) error {
	command := exec.Command(binary, "admin", "create", "--data", data, "--rpc", rpc, "--config", os.DevNull, "--email", operatorEmail, "--role", "operator")
	command.Stdin = strings.NewReader(operatorPassword + "\n")
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make an operator: %w: %s", err, said)
	}
	return nil
}

// enter logs the operator in.
func enter(visitor *shopper) error {
	page, err := visitor.open("/console/login")
	if err != nil {
		return err
	}
	form, err := formOf(page, "/console/login")
	if err != nil {
		return err
	}
	form.Set("email", operatorEmail)
	form.Set("password", operatorPassword)
	_, err = visitor.send("/console/login", form)
	return err
}

// watch has the console open, as a browser does: it is told when there is something new,
// and asks for the page again.
func (g *guide) watch(s *shop) (closeConsole func(), err error) {
	visitor := newShopper(g.client, s.url)
	if err := enter(visitor); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/console/live", nil)
	if err != nil {
		cancel()
		return nil, err
	}
	for name, value := range visitor.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	answer, err := g.client.Do(request)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.Join(fmt.Errorf("/console/live: %s", answer.Status), answer.Body.Close())
	}
	if err != nil {
		cancel()
		return nil, err
	}
	var looking sync.WaitGroup
	looking.Go(func() {
		defer answer.Body.Close()
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "data:") {
				visitor.open("/console")
			}
		}
	})
	return func() { cancel(); looking.Wait() }, nil
}
