package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/demo"
)

const (
	catalogueSize = 2500
	pageWorkers   = 16
	buyers        = 64
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

// child is a server in a process of its own.
type child struct {
	command *exec.Cmd
	url     string
	opened  time.Duration // from start to printed addresses
}

// start runs a server and waits until it prints its addresses.
func start(name string, args ...string) (*child, error) {
	c := &child{command: exec.Command(name, args...)}
	c.command.Stderr = io.Discard
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), "shop   "); found {
			c.url = url
		}
		if strings.Contains(lines.Text(), "rpc ") {
			c.opened = time.Since(began)
			go io.Copy(io.Discard, stdout)
			return c, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s did not start", name), c.stop())
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
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.pid()))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		return 0, errors.New("no VmRSS in /proc")
	}
	kib, err := strconv.ParseFloat(string(found[1]), 64)
	return kib / 1024, err
}

func benchPages(binary string, d time.Duration) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := benchStart(binary, filepath.Join(dir, "demo")); err != nil {
		return err
	}
	data := filepath.Join(dir, "large")
	if err := fillShop(binary, dir, data); err != nil {
		return err
	}
	shop, err := start(binary, serveArgs(data)...)
	if err != nil {
		return err
	}
	defer shop.stop()
	return measurePages(shop, d)
}

func serveArgs(data string) []string {
	return []string{"serve", "--data", data, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rpc", "127.0.0.1:0", "--config", os.DevNull}
}

// benchStart measures a first start with the demo catalogue, and the memory of
// the idle shop.
func benchStart(binary, data string) error {
	began := time.Now()
	shop, err := start(binary, serveArgs(data)...)
	if err != nil {
		return err
	}
	defer shop.stop()
	if _, err := get(http.DefaultClient, shop.url+"/"); err != nil {
		return err
	}
	first := time.Since(began)
	time.Sleep(3 * time.Second) // idle
	resident, err := shop.resident()
	if err != nil {
		return err
	}
	fmt.Println("\nThe whole shop in one process, demo catalogue, empty data directory")
	fmt.Printf("built binary to first page ≤ 1 s: %v, %s\n", first.Round(time.Millisecond), verdict(first <= time.Second))
	fmt.Printf("resident memory when idle ≤ 120 MiB: %.0f MiB, %s\n", resident, verdict(resident <= 120))
	return nil
}

func fillShop(binary, dir, data string) error {
	file := filepath.Join(dir, "catalogue.csv")
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := errors.Join(writeCatalogue(out), out.Close()); err != nil {
		return err
	}
	began := time.Now()
	said, err := exec.Command(binary, "import", "products", file, "--data", data, "--config", os.DevNull, "--rpc", "127.0.0.1:1").CombinedOutput()
	if err != nil {
		return fmt.Errorf("import: %w: %s", err, said)
	}
	fmt.Printf("\nimport of %d products with the shop stopped: %v\n", catalogueSize, time.Since(began).Round(time.Millisecond))
	return nil
}

// writeCatalogue writes a generated catalogue that the bench can't sell out.
func writeCatalogue(to io.Writer) error {
	rows, err := csv.NewReader(demo.Generate(1, catalogueSize)).ReadAll()
	if err != nil {
		return err
	}
	stock := slices.Index(rows[0], "stock")
	for _, row := range rows[1:] {
		row[stock] = "1000000"
	}
	return csv.NewWriter(to).WriteAll(rows)
}

var (
	productLink = regexp.MustCompile(`href="(/products/[^"]+)"`)
	skuField    = regexp.MustCompile(`name="sku" value="([^"]+)"`)
	keyField    = regexp.MustCompile(`name="idempotency_key" value="([^"]+)"`)
)

func measurePages(shop *child, d time.Duration) error {
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: buyers, MaxConnsPerHost: buyers},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	home, err := get(client, shop.url+"/")
	if err != nil {
		return err
	}
	links := productLink.FindAllStringSubmatch(home, -1)
	if len(links) == 0 {
		return errors.New("the home page shows no products")
	}
	var skus []string
	for _, link := range links {
		page, err := get(client, shop.url+link[1])
		if err != nil {
			return err
		}
		if sku := skuField.FindStringSubmatch(page); sku != nil {
			skus = append(skus, sku[1])
		}
	}
	bare, err := benchBare(client, len(home), d)
	if err != nil {
		return err
	}
	fmt.Printf("\nPages and checkouts, %d products, load from this machine's own CPUs\n", catalogueSize)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "what\tat a time\t/s\t/server CPU-s\tp50\tp99\tof bare\t")
	row := func(name string, workers int, r loadResult) {
		fmt.Fprintf(out, "%s\t%d\t%.0f\t%.0f\t%v\t%v\t%.0f %%\t\n", name, workers, r.perSecond(), r.perCPUSecond(),
			r.p50.Round(10*time.Microsecond), r.p99.Round(10*time.Microsecond), 100*r.perCPUSecond()/bare.perCPUSecond())
	}
	row(fmt.Sprintf("bare Echo, %d bytes", len(home)), pageWorkers, bare)

	page := func(path func(worker int) string) (loadResult, error) {
		return load(shop.pid(), pageWorkers, d, func(worker int) error {
			_, err := get(client, shop.url+path(worker))
			return err
		})
	}
	homes, err := page(func(int) string { return "/" })
	if err != nil {
		return err
	}
	row("home page", pageWorkers, homes)
	products, err := page(func(worker int) string { return links[worker%len(links)][1] })
	if err != nil {
		return err
	}
	row("product page", pageWorkers, products)
	carts, err := benchCart(shop, client, skus, d)
	if err != nil {
		return err
	}
	row("cart page", pageWorkers, carts)
	checkouts, err := benchCheckout(shop, client, skus, d)
	if err != nil {
		return err
	}
	row("whole checkout", buyers, checkouts)
	if err := out.Flush(); err != nil {
		return err
	}
	for _, page := range []struct {
		name string
		loadResult
	}{{"home", homes}, {"product", products}} {
		share := page.perCPUSecond() / bare.perCPUSecond()
		fmt.Printf("%s page ≥ 40 %% of bare Echo per CPU-second: %.0f %%, %s\n", page.name, 100*share, verdict(share >= 0.4))
	}
	fmt.Printf("≥ 300 checkouts/s at %d at a time: %.0f, %s\n", buyers, checkouts.perSecond(), verdict(checkouts.perSecond() >= 300))
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
	return load(bare.pid(), pageWorkers, d, func(int) error {
		_, err := get(client, bare.url+"/")
		return err
	})
}

func benchCart(shop *child, client *http.Client, skus []string, d time.Duration) (loadResult, error) {
	cookies := make([]string, pageWorkers)
	for i := range cookies {
		var err error
		if cookies[i], err = fillCart(client, shop.url, skus[i%len(skus)]); err != nil {
			return loadResult{}, err
		}
	}
	return load(shop.pid(), pageWorkers, d, func(worker int) error {
		_, err := getAs(client, shop.url+"/cart", cookies[worker])
		return err
	})
}

// benchCheckout buys one thing, over and over: put it into the cart, open the
// form, send it, and be sent to the order's page. A fresh shopper each time.
func benchCheckout(shop *child, client *http.Client, skus []string, d time.Duration) (loadResult, error) {
	return load(shop.pid(), buyers, d, func(worker int) error {
		cookie, err := fillCart(client, shop.url, skus[worker%len(skus)])
		if err != nil {
			return err
		}
		form, err := getAs(client, shop.url+"/checkout", cookie)
		if err != nil {
			return err
		}
		key := keyField.FindStringSubmatch(form)
		if key == nil {
			return errors.New("the checkout form has no key")
		}
		body := "email=ana%40example.org&name=Ana&line1=Rua+das+Flores+12&city=Porto&postal_code=4050&country=PT" +
			"&card_number=4242424242424242&exp_month=12&exp_year=2040&cvc=123&idempotency_key=" + key[1]
		_, location, err := post(client, shop.url+"/checkout", cookie, body)
		if err == nil && !strings.HasPrefix(location, "/orders/") {
			err = fmt.Errorf("the checkout led to %q", location)
		}
		return err
	})
}

func fillCart(client *http.Client, url, sku string) (cookie string, err error) {
	cookies, _, err := post(client, url+"/cart/items", "", "quantity=1&sku="+sku)
	var pairs []string
	for _, c := range cookies {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; "), err
}

func get(client *http.Client, url string) (string, error) { return getAs(client, url, "") }

// buffers spare the load generator, which shares the CPUs, an allocation of
// the page's size for each request.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 256<<10); return &b }}

func getAs(client *http.Client, url, cookie string) (string, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var body strings.Builder
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	if _, err := io.CopyBuffer(&body, struct{ io.Reader }{response.Body}, (*buffer)[:cap(*buffer)]); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return body.String(), nil
}

func post(client *http.Client, url, cookie, body string) (cookies []*http.Cookie, location string, err error) {
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, "", err
	}
	if response.StatusCode != http.StatusSeeOther {
		return nil, "", fmt.Errorf("POST %s: %s: %.300s", url, response.Status, said)
	}
	return response.Cookies(), response.Header.Get("Location"), nil
}
