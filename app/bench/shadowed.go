package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// shadowCost is how much of the mix a shadow that answers badly may cost, in percent.
const shadowCost = 3

// benchShadowed measures what the mix of shoppers costs the shop while the catalog, which
// they read most, is shadowed by a second process: one that is well, one that hangs and
// one that is dead. The shop's CPU is the main process's; /s is less for the second's as
// well, since both share this machine.
func benchShadowed(binary string, d time.Duration) error {
	data, g, remove, err := usualShop(binary)
	if err != nil {
		return err
	}
	defer remove()
	g.wanted = regexp.MustCompile("")
	rpc, err := freeAddress()
	if err != nil {
		return err
	}
	second, err := freeAddress()
	if err != nil {
		return err
	}
	file := filepath.Join(filepath.Dir(data), "shadowed.yaml")
	text := fmt.Sprintf("data: %q\nhttp: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\nrpc: {listen: %q}\nmodules:\n  catalog: {mode: local}\n", data, rpc)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	ways := []*watching{
		{name: "no shadow"},
		{name: "a shadow of the catalog"},
		{name: "a shadow that hangs", against: "no shadow", most: shadowCost},
		{name: "a shadow that is dead", against: "no shadow", most: shadowCost},
	}
	move := func(to ...string) error {
		said, err := exec.Command(binary, append([]string{"move", "catalog", "--config", file}, to...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("move the catalog: %w: %s", err, said)
		}
		return nil
	}
	err = g.in(func(s *shop) error {
		measure := func(way int) error {
			result, _, _, err := g.crowd(s, ways[way].name, buyers, d)
			all := &ways[way].all
			all.done, all.took, all.cpu = all.done+result.done, all.took+result.took, all.cpu+result.cpu
			return err
		}
		for range watchedRounds {
			if err := errors.Join(move("local"), measure(0)); err != nil {
				return err
			}
			trial, err := start(binary, "serve", "--config", file, "--target", "catalog", "--rpc", second, "--peer", rpc)
			if err != nil {
				return err
			}
			signal := func(what syscall.Signal) error { return trial.command.Process.Signal(what) }
			err = errors.Join(move("shadow", second), measure(1), signal(syscall.SIGSTOP), measure(2), signal(syscall.SIGKILL))
			trial.command.Wait()
			if err := errors.Join(err, measure(3)); err != nil {
				return err
			}
		}
		return nil
	}, func() (*shop, error) {
		p, err := start(binary, "serve", "--config", file)
		if err != nil {
			return nil, err
		}
		return &shop{p.url, []*child{p}}, nil
	})
	if err != nil {
		return err
	}
	return printWatched(fmt.Sprintf("The mix of %d shoppers beside a shadow", buyers), ways)
}
