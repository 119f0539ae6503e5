package main

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// shoppersRound is what a shopper does over and over: 10 product pages, 3 home
// pages, 2 additions, 3 carts and a checkout.
const shoppersRound = "home product product product product add cart home product product product add cart product product product home cart checkout"

// manyShoppers is the larger of the two crowds.
const manyShoppers = 512

// kinds of actions, in the table's order.
var kinds = []string{"home", "product", "add", "cart", "checkout"}

// apart is where the shop runs with a process for the edge and for each module.
const apart = "a process for each module"

func mixName(where string) string { return fmt.Sprintf("mix in %s", where) }

// mix lets shoppers do all that shoppers do, each as soon as the page before is
// there.
func (g *guide) mix(s *shop, rows *table, where string, d time.Duration) error {
	for _, crowd := range []int{buyers, manyShoppers} {
		name := mixName(where)
		if crowd != buyers { // the promises are of the smaller crowd
			name += ", crowded"
		}
		if !g.wanted.MatchString(name) {
			continue
		}
		all, parts, refused, err := g.crowd(s, name, crowd, d)
		if err != nil {
			return fmt.Errorf("the mix of %d shoppers in %s: %w", crowd, where, err)
		}
		rows.add(name, crowd, all)
		for i, kind := range kinds {
			rows.addPart(kind, crowd, parts[i])
		}
		if refused > 0 {
			rows.addPart("told to come again", crowd, loadResult{done: refused, took: all.took})
		}
	}
	return nil
}

// tooMany is the row of more buyers than the shop can serve.
const tooMany = "whole checkout, 10 times as many"

// overloaded lets many more shoppers buy than the shop can serve. Those whom it asks to
// come again do so; the row counts what was bought.
func (g *guide) overloaded(s *shop, rows *table, d time.Duration) error {
	if !g.wanted.MatchString(tooMany) {
		return nil
	}
	var away atomic.Int64
	all, err := g.load(s, tooMany, mostAtOnce, 2*d, func(worker int) error {
		sh := newShopper(g.client, s.url)
		err := sh.add(g.skus[worker%len(g.skus)])
		if err == nil {
			err = sh.buy()
		}
		if errors.Is(err, errBusy) {
			away.Add(1)
			time.Sleep(busyPause)
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", tooMany, err)
	}
	refused := int(away.Load())
	all.done -= refused
	rows.add(tooMany, mostAtOnce, all)
	rows.addPart("told to come again", mostAtOnce, loadResult{done: refused, took: all.took})
	return nil
}

// walker is a shopper somewhere in its round.
type walker struct {
	*shopper
	at, seen, added int
	took            [][]time.Duration // by kind
}

func (g *guide) crowd(s *shop, name string, size int, d time.Duration) (all loadResult, parts []loadResult, refused int, err error) {
	round := strings.Fields(shoppersRound)
	walkers := make([]*walker, size)
	for i := range walkers {
		// Each begins somewhere else in its round, with something in the cart.
		w := &walker{shopper: newShopper(g.client, s.url), at: i % len(round), seen: i, added: i, took: make([][]time.Duration, len(kinds))}
		if err := w.add(g.skus[i%len(g.skus)]); err != nil && !errors.Is(err, errBusy) {
			return all, nil, 0, err
		}
		walkers[i] = w
	}
	var away atomic.Int64
	all, err = g.load(s, name, size, d, func(worker int) error {
		w := walkers[worker]
		kind := round[w.at%len(round)]
		began := time.Now()
		err := g.step(w, kind)
		if errors.Is(err, errBusy) {
			away.Add(1)
			time.Sleep(busyPause)
			return nil
		}
		w.at++
		w.took[kindOf(kind)] = append(w.took[kindOf(kind)], time.Since(began))
		return err
	})
	for i := range kinds {
		var took []time.Duration
		for _, w := range walkers {
			took = append(took, w.took[i]...)
		}
		part := loadResult{done: len(took), took: all.took}
		part.p50, part.p99 = quantiles(took)
		parts = append(parts, part)
	}
	refused = int(away.Load())
	all.done -= refused
	return all, parts, refused, err
}

// busyPause is how long a shopper waits whom the shop asks to come again.
const busyPause = time.Second

func (g *guide) step(w *walker, kind string) (err error) {
	switch kind {
	case "home":
		_, err = w.open("/")
	case "product":
		w.seen++
		_, err = w.open(g.products[w.seen%len(g.products)])
	case "cart":
		_, err = w.open("/cart")
	case "add":
		w.added++
		err = w.add(g.skus[w.added*7%len(g.skus)])
	case "checkout":
		err = w.buy()
		if err == nil {
			// A shopper who has bought leaves, and a new one comes: the cart is emptied
			// when the money has arrived, which may be after this round.
			w.shopper = newShopper(g.client, w.shopper.shop)
		}
	}
	return err
}

func kindOf(name string) int {
	for i, kind := range kinds {
		if kind == name {
			return i
		}
	}
	return -1
}
