package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/net/html"
)

// shopper is a guest with a browser: it keeps its cookies, and does not follow
// redirects by itself.
type shopper struct {
	client  *http.Client
	email   string
	shop    string // the address of its front page, without the slash
	cookies map[string]string
}

func newShopper(client *http.Client, shop string) *shopper {
	return &shopper{client: client, email: fmt.Sprintf("guest%d@example.org", guests.Add(1)), shop: shop, cookies: map[string]string{}}
}

// guests counts shoppers: each has an address of its own, for orders of one are limited.
var guests atomic.Int64

// errBusy says that the shop has too much to do just now.
var errBusy = errors.New("the shop is busy")

// add puts one of a product into the cart.
func (s *shopper) add(sku string) error {
	_, err := s.send("/cart/items", url.Values{"sku": {sku}, "quantity": {"1"}})
	return err
}

// buy checks out: it opens the form, sends it, and follows the shop until it is
// at the page of its order.
func (s *shopper) buy() error {
	page, err := s.open("/checkout?country=PT")
	if err != nil {
		return err
	}
	form, err := formOf(page, "/checkout")
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"email": s.email, "name": "Ana", "line1": "Rua das Flores 12", "city": "Porto", "postal_code": "4050-262", "country": "PT",
	} {
		form.Set(name, value)
	}
	to, err := s.send("/checkout", form)
	if err == nil && strings.HasPrefix(to, "/sandbox/pay/") {
		to, err = s.send(to, url.Values{"card_number": {"4242424242424242"}, "exp_month": {"12"}, "exp_year": {"2040"}, "cvc": {"123"}})
	}
	if at, bad := url.Parse(to); bad == nil {
		to = at.RequestURI()
	}
	if err == nil && !strings.HasPrefix(to, "/orders/") {
		err = fmt.Errorf("the checkout led to %q, not to an order", to)
	}
	return err
}

// open is the text of a page.
func (s *shopper) open(path string) (string, error) {
	return s.ask(http.MethodGet, path, nil, http.StatusOK, func(r *http.Response) (string, error) { return textOf(r.Body) })
}

// send sends a form, and returns where the answer leads.
func (s *shopper) send(path string, form url.Values) (string, error) {
	return s.ask(http.MethodPost, path, form, http.StatusSeeOther, func(r *http.Response) (string, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return r.Header.Get("Location"), err
	})
}

func (s *shopper) ask(method, path string, form url.Values, want int, read func(*http.Response) (string, error)) (string, error) {
	request, err := http.NewRequest(method, s.shop+path, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range s.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := s.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	for _, cookie := range response.Cookies() {
		s.cookies[cookie.Name] = cookie.Value
	}
	if response.StatusCode != want {
		said, _ := textOf(response.Body)
		if response.StatusCode == http.StatusServiceUnavailable || response.StatusCode == http.StatusTooManyRequests {
			return "", errBusy
		}
		return "", fmt.Errorf("%s %s: %s, want %d; it says: %.600s", method, path, response.Status, want, words(said))
	}
	return read(response)
}

var (
	untilMain = regexp.MustCompile(`(?s)^.*<main`)
	tag       = regexp.MustCompile(`<[^>]*>|\s+`)
)

// words is what a page says to people, without its head.
func words(page string) string {
	return tag.ReplaceAllString(untilMain.ReplaceAllString(page, "<main"), " ")
}

// buffers spare the load generator, which shares the CPUs, an allocation of
// the page's size for each request.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 256<<10); return &b }}

func textOf(from io.Reader) (string, error) {
	var text strings.Builder
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	_, err := io.CopyBuffer(&text, struct{ io.Reader }{from}, (*buffer)[:cap(*buffer)])
	return text.String(), err
}

// formOf is the page's form with this action, as a browser would send it without
// anything typed in.
func formOf(page, action string) (url.Values, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, err
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attribute(n, "action") == action {
			return fields(n), nil
		}
	}
	return nil, errors.New("the page has no form for " + action)
}

func fields(form *html.Node) url.Values {
	all := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch {
		case n.Data == "input" && (attribute(n, "type") == "radio" || attribute(n, "type") == "checkbox") && !hasAttribute(n, "checked"):
		case n.Data == "input" && attribute(n, "name") != "":
			all.Add(attribute(n, "name"), attribute(n, "value"))
		case n.Data == "option" && hasAttribute(n, "selected") && n.Parent.Data == "select":
			all.Add(attribute(n.Parent, "name"), attribute(n, "value"))
		}
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
