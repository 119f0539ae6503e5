package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"galleria/app"
	"galleria/app/demo"
)

// catalogueSize is how many products a shop has, unless a row says otherwise.
const catalogueSize = 2500

// shop is a running shop: the process with the edge, and those of the modules that
// run apart from it.
type shop struct {
	url       string
	processes []*child // the one with the edge first
}

// openShop starts a shop on a data directory, in one process.
func openShop(binary, data string) (*shop, error) {
	p, err := start(binary, serveArgs(data)...)
	if err != nil {
		return nil, err
	}
	return &shop{p.url, []*child{p}}, nil
}

func serveArgs(data string) []string {
	return []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rpc", "127.0.0.1:0", "--config", os.DevNull}
}

// openApart starts a shop on a data directory, each module in a process of its own
// and the edge in one more.
func openApart(binary, dir, data string) (_ *shop, err error) {
	addresses := map[string]string{}
	for _, name := range append(moduleNames(), "edge") {
		if addresses[name], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	file := filepath.Join(dir, "apart.yaml")
	text := fmt.Sprintf("data: %q\nhttp: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\nrpc: {listen: %q}\nmodules:\n", data, addresses["edge"])
	for _, name := range moduleNames() {
		text += fmt.Sprintf("  %s: {mode: remote, address: [%q]}\n", name, addresses[name])
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	edge, err := start(binary, "serve", "--config", file, "--target", "edge")
	if err != nil {
		return nil, err
	}
	s := &shop{edge.url, []*child{edge}}
	for _, name := range moduleNames() {
		p, err := start(binary, "serve", "--config", file, "--target", name, "--rpc", addresses[name], "--peer", addresses["edge"])
		if err != nil {
			return nil, errors.Join(err, s.stop())
		}
		s.processes = append(s.processes, p)
	}
	return s, s.awaitReady()
}

func moduleNames() (names []string) {
	for _, d := range app.Definitions(app.Modules{}) {
		names = append(names, d.Name)
	}
	return names
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// awaitReady waits until every process says that it is ready.
func (s *shop) awaitReady() error {
	deadline := time.Now().Add(time.Minute)
	for _, p := range s.processes {
		for {
			answer, err := http.Get(p.admin + "/readyz")
			if err == nil {
				answer.Body.Close()
				if answer.StatusCode == http.StatusOK {
					break
				}
				err = errors.New(answer.Status)
			}
			if time.Now().After(deadline) {
				return errors.Join(fmt.Errorf("the shop is not ready after a minute: %w", err), s.stop())
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return nil
}

// stop ends the modules' processes first: they need the edge's.
func (s *shop) stop() (err error) {
	for _, p := range slices.Backward(s.processes) {
		err = errors.Join(err, p.stop())
	}
	return err
}

func (s *shop) cpu() (time.Duration, error) {
	var sum time.Duration
	for _, p := range s.processes {
		used, err := p.cpu()
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// total adds up a figure of all processes.
func (s *shop) total(of func(*child) (float64, error)) (sum float64, err error) {
	for _, p := range s.processes {
		n, err := of(p)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// filling is what an import took, and what can be bought since.
type filling struct {
	skus []string
	took time.Duration
	cpu  time.Duration // of the command
}

// fillShop imports a generated catalogue of n products into a data directory. The
// file stays in dir.
func fillShop(binary, dir, data string, n int) (filling, error) {
	file := filepath.Join(dir, "catalogue.csv")
	out, err := os.Create(file)
	if err != nil {
		return filling{}, err
	}
	skus, err := writeCatalogue(out, n)
	if err := errors.Join(err, out.Close()); err != nil {
		return filling{}, err
	}
	f, err := importFile(binary, file, "--data", data, "--rpc", "127.0.0.1:1")
	f.skus = skus
	return f, err
}

// importFile imports a file with these flags.
func importFile(binary, file string, flags ...string) (filling, error) {
	command := exec.Command(binary, append([]string{"import", "products", file, "--config", os.DevNull}, flags...)...)
	began := time.Now()
	said, err := command.CombinedOutput()
	if err != nil {
		return filling{}, fmt.Errorf("import: %w: %s", err, said)
	}
	return filling{took: time.Since(began), cpu: command.ProcessState.UserTime() + command.ProcessState.SystemTime()}, nil
}

// writeCatalogue writes a generated catalogue that the bench can't sell out.
func writeCatalogue(to io.Writer, n int) (skus []string, err error) {
	rows, err := csv.NewReader(demo.Generate(1, n)).ReadAll()
	if err != nil {
		return nil, err
	}
	stock, sku := slices.Index(rows[0], "stock"), slices.Index(rows[0], "sku")
	for _, row := range rows[1:] {
		row[stock] = "1000000"
		skus = append(skus, row[sku])
	}
	return skus, csv.NewWriter(to).WriteAll(rows)
}
