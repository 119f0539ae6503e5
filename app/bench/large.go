package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"text/tabwriter"
	"time"

	"galleria/migrations"
	"galleria/modules/catalog"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/database"
	"galleria/platform/module"
)

// largeSize is how many products the shop promises to hold.
const largeSize = 100_000

// everyWord is a word that all generated products have.
const everyWord = "in"

// benchLarge measures what the size of the catalogue may cost: imports, memory, what
// the catalog answers pages, and pages beside those of a shop of the usual size.
func benchLarge(binary string, d time.Duration, wanted *regexp.Regexp, profiles string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("\nA catalogue of %d products\n", largeSize)
	data := filepath.Join(dir, "large")
	f, err := fillShop(binary, dir, data, largeSize)
	if err != nil {
		return err
	}
	fmt.Printf("import with the shop stopped ≤ 30 s: %v, %v of CPU, %s\n", f.took.Round(100*time.Millisecond), f.cpu.Round(100*time.Millisecond), verdict(f.took <= 30*time.Second))
	if err := importIntoOpen(binary, dir); err != nil {
		return err
	}
	if err := catalogReads(data); err != nil {
		return err
	}
	if err := largeMemory(binary, data); err != nil {
		return err
	}
	usual := filepath.Join(dir, "usual")
	if _, err := fillShop(binary, dir, usual, catalogueSize); err != nil {
		return err
	}
	return flatPages(binary, usual, data, d, wanted, profiles)
}

// importIntoOpen measures an import while the shop runs, with the CPU of both.
func importIntoOpen(binary, dir string) (err error) {
	data := filepath.Join(dir, "open")
	s, err := openShop(binary, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	before, err := s.cpu()
	if err != nil {
		return err
	}
	f, err := importFile(binary, filepath.Join(dir, "catalogue.csv"), "--data", data, "--rpc", s.processes[0].rpc)
	if err != nil {
		return err
	}
	after, err := s.cpu()
	if err != nil {
		return err
	}
	fmt.Printf("import with the shop running ≤ 30 s: %v, %v of CPU, %s\n", f.took.Round(100*time.Millisecond), (f.cpu + after - before).Round(100*time.Millisecond), verdict(f.took <= 30*time.Second))
	return nil
}

// largeMemory measures the shop after a start, and after pages that leave garbage.
func largeMemory(binary, data string) error {
	s, err := openShop(binary, data)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.awaitReady(); err != nil {
		return err
	}
	guest := newShopper(http.DefaultClient, s.url)
	for _, after := range []struct {
		what     string
		searches int
	}{{"a start", 0}, {"100 searches", 100}} {
		for i := range after.searches {
			if _, err := guest.open("/search?q=" + everyWord + "&page=" + fmt.Sprint(i%7+1)); err != nil {
				return err
			}
		}
		time.Sleep(3 * time.Second) // idle
		resident, err := s.processes[0].resident()
		if err != nil {
			return err
		}
		fmt.Printf("resident memory after %s ≤ 250 MiB: %.0f MiB, %s\n", after.what, resident, verdict(resident <= 250))
	}
	return nil
}

// lookups is how often each question is asked.
const lookups = 101

// catalogReads asks the catalog what pages ask, without a route: in other words each
// time, and the same again, as the catalog remembers its last answers.
func catalogReads(data string) (err error) {
	db, err := database.Open(context.Background(), database.Options{
		Module: catalog.Name, Dir: data, Migrations: migrations.For(catalog.Name), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(context.Background())) }()
	instance, err := catalog.New(module.Host{DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now}, catalog.Needs{}, catalog.DefaultConfig())
	if err != nil {
		return err
	}
	server := instance.Server.(catalogv1.CatalogServiceServer)
	fmt.Println("\nWhat the catalog takes for what pages ask, with facets")
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "question\tproducts\tp50\tp99\tasked again, p50\t≤ 5 ms\t")
	for _, q := range []struct {
		name    string
		request *catalogv1.ListProductsRequest
	}{
		{"newest", &catalogv1.ListProductsRequest{}},
		{"category", &catalogv1.ListProductsRequest{Category: "kitchen"}},
		{"category by price", &catalogv1.ListProductsRequest{Category: "kitchen", Sort: catalogv1.ListProductsRequest_SORT_PRICE_ASCENDING}},
		{"all by price", &catalogv1.ListProductsRequest{Sort: catalogv1.ListProductsRequest_SORT_PRICE_ASCENDING}},
		{"all by name", &catalogv1.ListProductsRequest{Sort: catalogv1.ListProductsRequest_SORT_NAME}},
		{"search, few", &catalogv1.ListProductsRequest{Query: "teal mug"}},
		{"search, few, mistyped", &catalogv1.ListProductsRequest{Query: "taal mugg"}},
		{"search, all", &catalogv1.ListProductsRequest{Query: everyWord}},
		{"search, all by name", &catalogv1.ListProductsRequest{Query: everyWord, Sort: catalogv1.ListProductsRequest_SORT_NAME}},
	} {
		q.request.WithFacets, q.request.CurrencyCode = true, "EUR"
		total := int32(0)
		ask := func(least func(i int) int64) ([]time.Duration, error) {
			var took []time.Duration
			for i := range lookups {
				q.request.MinPriceMinor = least(i)
				began := time.Now()
				answer, err := server.ListProducts(context.Background(), q.request)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", q.name, err)
				}
				took = append(took, time.Since(began))
				total = answer.GetTotal()
			}
			return took, nil
		}
		// No product costs as little, so the answers are the same.
		anew, err := ask(func(i int) int64 { return int64(i + 1) })
		if err != nil {
			return err
		}
		again, err := ask(func(int) int64 { return 1 })
		if err != nil {
			return err
		}
		p50, p99 := quantiles(anew)
		known, _ := quantiles(again)
		fmt.Fprintf(out, "%s\t%d\t%v\t%v\t%v\t%s\t\n", q.name, total, p50.Round(time.Microsecond), p99.Round(time.Microsecond),
			known.Round(time.Microsecond), verdict(p50 <= 5*time.Millisecond))
	}
	return out.Flush()
}

// flatPages compares pages of two shops that differ in how much they sell.
func flatPages(binary, usual, large string, d time.Duration, wanted *regexp.Regexp, profiles string) error {
	var names []string
	measured := map[string][]loadResult{}
	for _, data := range []string{usual, large} {
		g, err := lookAround(binary, data, nil)
		if err != nil {
			return err
		}
		err = g.inOneProcess(binary, data, func(s *shop) error {
			shoppers := make([]*shopper, pageWorkers)
			for worker := range shoppers {
				shoppers[worker] = newShopper(g.client, s.url)
			}
			for _, page := range []struct{ name, path string }{
				{"home page", "/"}, {"category page", "/c/kitchen"}, {"product page", g.products[0]}, {"search page", "/search?q=teal+mug"},
			} {
				if !wanted.MatchString(page.name) {
					continue
				}
				g.profiles = ""
				if data == large {
					g.profiles = profiles
				}
				r, err := g.load(s, page.name+" of many products", pageWorkers, d, func(worker int) error {
					_, err := shoppers[worker].open(page.path)
					return err
				})
				if err != nil {
					return fmt.Errorf("%s: %w", page.name, err)
				}
				if !slices.Contains(names, page.name) {
					names = append(names, page.name)
				}
				measured[page.name] = append(measured[page.name], r)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	fmt.Printf("\nPages per CPU-second of the server, %d at a time\n", pageWorkers)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "page\t%d products\t%d products\tlarge / usual\tp99, large\t\n", catalogueSize, largeSize)
	for _, name := range names {
		a, b := measured[name][0], measured[name][1]
		fmt.Fprintf(out, "%s\t%.0f\t%.0f\t%.2f\t%v\t\n", name, a.perCPUSecond(), b.perCPUSecond(), b.perCPUSecond()/a.perCPUSecond(), b.p99.Round(10*time.Microsecond))
	}
	return out.Flush()
}
