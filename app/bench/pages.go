package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	pageWorkers = 16
	buyers      = 64
	// overload is how many times as many buyers a shop must bear.
	overload   = 10
	mostAtOnce = overload * buyers
	// roundsPerCart is how many things an adding shopper puts into one cart.
	roundsPerCart = 10
	fullCart      = 50
	bareCommand   = "bare"
)

// serveBare is what the pages are compared with: an Echo handler that writes
// as many bytes, and does nothing else.
func serveBare(size string) {
	n, err := strconv.Atoi(size)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	body := []byte(strings.Repeat("x", n))
	e := echo.New()
	e.GET("/", func(c echo.Context) error { return c.HTMLBlob(http.StatusOK, body) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	fmt.Printf("  shop   http://%s\n  admin  -\n  rpc    -\n", listener.Addr())
	http.Serve(listener, e)
}

// benchPages measures the shop as guests use it: pages and purchases each by
// itself, what a purchase writes, and all of it together as shoppers mix it.
func benchPages(binary string, d time.Duration, wanted *regexp.Regexp, profiles string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := benchStart(binary, filepath.Join(dir, "demo")); err != nil {
		return err
	}
	data := filepath.Join(dir, "large")
	f, err := fillShop(binary, dir, data, catalogueSize)
	if err != nil {
		return err
	}
	fmt.Printf("\nimport of %d products with the shop stopped: %v\n", catalogueSize, f.took.Round(time.Millisecond))
	g, err := lookAround(binary, data, f.skus)
	if err != nil {
		return err
	}
	g.wanted, g.profiles = wanted, profiles
	fmt.Printf("\nPages and checkouts, %d products, load from this machine's own CPUs\n", catalogueSize)
	rows := newTable()
	bare, err := benchBare(g.client, g.homeSize, d)
	if err != nil {
		return err
	}
	rows.bare = bare
	rows.add(fmt.Sprintf("bare Echo, %d bytes", g.homeSize), pageWorkers, bare)
	err = g.inOneProcess(binary, data, func(s *shop) error {
		return errors.Join(g.pages(s, rows, d), g.overloaded(s, rows, d), g.mix(s, rows, "one process", d))
	})
	if err == nil && g.wanted.MatchString(mixName(apart)) {
		err = g.inProcesses(binary, dir, data, func(s *shop) error {
			return g.mix(s, rows, apart, d)
		})
	}
	if err := errors.Join(err, rows.print()); err != nil {
		return err
	}
	rows.verdicts()
	if !g.wanted.MatchString("work for one checkout") {
		return nil
	}
	return g.inOneProcess(binary, data, g.writes)
}

// benchStart measures a first start with the demo catalogue, and the memory of
// the idle shop.
func benchStart(binary, data string) error {
	began := time.Now()
	shop, err := openShop(binary, data)
	if err != nil {
		return err
	}
	defer shop.stop()
	if _, err := newShopper(http.DefaultClient, shop.url).open("/"); err != nil {
		return err
	}
	first := time.Since(began)
	time.Sleep(3 * time.Second) // idle
	resident, err := shop.processes[0].resident()
	if err != nil {
		return err
	}
	fmt.Println("\nThe whole shop in one process, demo catalogue, empty data directory")
	fmt.Printf("built binary to first page ≤ 1 s: %v, %s\n", first.Round(time.Millisecond), verdict(first <= time.Second))
	fmt.Printf("resident memory when idle ≤ 120 MiB: %.0f MiB, %s\n", resident, verdict(resident <= 120))
	return nil
}

func benchBare(client *http.Client, size int, d time.Duration) (loadResult, error) {
	self, err := os.Executable()
	if err != nil {
		return loadResult{}, err
	}
	bare, err := start(self, bareCommand, strconv.Itoa(size))
	if err != nil {
		return loadResult{}, err
	}
	defer bare.stop()
	guest := newShopper(client, bare.url)
	return load(bare, pageWorkers, d, func(int) error {
		_, err := guest.open("/")
		return err
	})
}

// guide knows what there is to see and to buy in the shop.
type guide struct {
	client   *http.Client
	homeSize int
	products []string // paths of pages
	skus     []string

	wanted   *regexp.Regexp // names of rows
	profiles string         // a directory; empty: none are written
}

var productLink = regexp.MustCompile(`href="(/products/[^"]+)"`)

func lookAround(binary, data string, skus []string) (*guide, error) {
	g := &guide{skus: skus, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: mostAtOnce, MaxConnsPerHost: mostAtOnce},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return g, g.inOneProcess(binary, data, func(s *shop) error {
		home, err := newShopper(g.client, s.url).open("/")
		if err != nil {
			return err
		}
		for _, link := range productLink.FindAllStringSubmatch(home, -1) {
			g.products = append(g.products, link[1])
		}
		if len(g.products) == 0 {
			return errors.New("the home page shows no products")
		}
		g.homeSize = len(home)
		return nil
	})
}

// usualShop fills a shop of the usual size, and looks around in it; remove removes it.
func usualShop(binary string) (data string, g *guide, remove func(), err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return "", nil, nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	data = filepath.Join(dir, "data")
	f, err := fillShop(binary, dir, data, catalogueSize)
	if err == nil {
		g, err = lookAround(binary, data, f.skus)
	}
	if err != nil {
		remove()
	}
	return data, g, remove, err
}

func (g *guide) inOneProcess(binary, data string, do func(*shop) error) error {
	return g.in(do, func() (*shop, error) { return openShop(binary, data) })
}

func (g *guide) inProcesses(binary, dir, data string, do func(*shop) error) error {
	return g.in(do, func() (*shop, error) { return openApart(binary, dir, data) })
}

func (g *guide) in(do func(*shop) error, open func() (*shop, error)) error {
	shop, err := open()
	if err != nil {
		return err
	}
	if err := shop.awaitReady(); err != nil { // it stops the shop
		return err
	}
	return errors.Join(do(shop), shop.stop())
}

// pages measures what a shopper does, one kind at a time.
func (g *guide) pages(s *shop, rows *table, d time.Duration) error {
	shoppers := make([]*shopper, buyers)
	fresh := func(worker int) *shopper {
		shoppers[worker] = newShopper(g.client, s.url)
		return shoppers[worker]
	}
	withCart := func(lines int) error {
		for worker := range pageWorkers {
			for i, sh := 0, fresh(worker); i < lines; i++ {
				if err := sh.add(g.skus[(worker+i)%len(g.skus)]); err != nil {
					return err
				}
			}
		}
		return nil
	}
	view := func(path string) func(int) error {
		return func(worker int) error {
			_, err := shoppers[worker].open(path)
			return err
		}
	}
	added := make([]int, pageWorkers)
	for _, kind := range []struct {
		name    string
		workers int
		lines   int
		do      func(worker int) error
	}{
		{"home page", pageWorkers, 0, view("/")},
		{"product page", pageWorkers, 0, func(worker int) error { return view(g.products[worker%len(g.products)])(worker) }},
		{"cart page of 1 line", pageWorkers, 1, view("/cart")},
		{fmt.Sprintf("cart page of %d lines", fullCart), pageWorkers, fullCart, view("/cart")},
		{"adding to the cart", pageWorkers, 0, func(worker int) error {
			if added[worker]++; added[worker]%roundsPerCart == 0 {
				fresh(worker)
			}
			return shoppers[worker].add(g.skus[(worker*roundsPerCart+added[worker])%len(g.skus)])
		}},
		{fmt.Sprintf("adding to %d lines, and the page", fullCart), pageWorkers, fullCart, func(worker int) error {
			added[worker]++
			return errors.Join(shoppers[worker].add(g.skus[(worker+added[worker]%fullCart)%len(g.skus)]), view("/cart")(worker))
		}},
		{"whole checkout", buyers, 0, func(worker int) error {
			sh := fresh(worker)
			return errors.Join(sh.add(g.skus[worker%len(g.skus)]), sh.buy())
		}},
	} {
		if !g.wanted.MatchString(kind.name) {
			continue
		}
		if err := withCart(kind.lines); err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		result, err := g.load(s, kind.name, kind.workers, d, kind.do)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		rows.add(kind.name, kind.workers, result)
	}
	return nil
}

// load is load, with a profile of the shop's first process when they are wanted.
func (g *guide) load(s *shop, name string, workers int, d time.Duration, do func(worker int) error) (loadResult, error) {
	if g.profiles == "" {
		return load(s, workers, d, do)
	}
	written := make(chan error, 1)
	go func() {
		written <- s.processes[0].profile(filepath.Join(g.profiles, strings.ReplaceAll(name, " ", "-")+".prof"), d)
	}()
	result, err := load(s, workers, d, do)
	return result, errors.Join(err, <-written)
}
