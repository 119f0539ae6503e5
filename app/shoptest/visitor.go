package shoptest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// Reporter is what a guest needs of a test.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

var _ Reporter = testing.TB(nil)

// longestAnswer is a little more than the deadline of the checkout, the longest
// of all: what takes longer has failed.
const longestAnswer = 27 * time.Second

// Guest is a person with a browser: it keeps cookies, reads pages, sends their
// forms, and does not follow redirects by itself.
type Guest struct {
	t    Reporter
	shop *Shop
	name string
	http http.Client
	// Header is sent with every request.
	Header http.Header
}

// Guest lets a guest in.
func (s *Shop) Guest(t Reporter, name string) *Guest {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatalf("make a cookie jar: %v", err)
	}
	return &Guest{t: t, shop: s, name: name, Header: http.Header{}, http: http.Client{
		Transport: s.transport, Jar: jar, Timeout: longestAnswer,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Page is an answer of the shop.
type Page struct {
	t      Reporter
	path   string
	Status int
	Header http.Header
	Body   string
	// Err is why there was no answer; Status is 0 then.
	Err  error
	root *html.Node
}

// try asks and reports nothing.
func (g *Guest) try(method, path string, form url.Values) *Page {
	p := &Page{t: g.t, path: method + " " + path}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, "http://"+g.shop.Address("http")+path, body)
	if err != nil {
		p.Err = err
		return p
	}
	for name, values := range g.Header {
		r.Header[name] = values
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := g.http.Do(r)
	if err != nil {
		p.Err = err
		return p
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.Err = err
		return p
	}
	p.Status, p.Header, p.Body = answer.StatusCode, answer.Header, string(text)
	if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
		p.root, p.Err = html.Parse(strings.NewReader(p.Body))
	}
	return p
}

// Get opens a page.
func (g *Guest) Get(path string) *Page {
	g.t.Helper()
	return g.try(http.MethodGet, path, nil).answered()
}

// Post sends a form.
func (g *Guest) Post(path string, form url.Values) *Page {
	g.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	return g.try(http.MethodPost, path, form).answered()
}

func (p *Page) answered() *Page {
	p.t.Helper()
	if p.Err != nil {
		p.t.Fatalf("%s: %v", p.path, p.Err)
	}
	return p
}

// Want checks the status.
func (p *Page) Want(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("%s: got status %d, want %d; it says: %s", p.path, p.Status, status, p.Text())
	}
	return p
}

// Says checks that people can read these words on the page.
func (p *Page) Says(words ...string) *Page {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.Text(), w) {
			p.t.Errorf("%s does not say %q; it says: %s", p.path, w, p.Text())
		}
	}
	return p
}

// SaysNot checks that the page does not contain these words at all.
func (p *Page) SaysNot(words ...string) *Page {
	p.t.Helper()
	for _, w := range words {
		if strings.Contains(p.Body, w) {
			p.t.Errorf("%s says %q", p.path, w)
		}
	}
	return p
}

// Text is what people read, runs of white space as one space.
func (p *Page) Text() string {
	if p.root == nil {
		return p.Body
	}
	var b strings.Builder
	for n := range p.root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Location is where a redirect leads.
func (p *Page) Location() string {
	p.t.Helper()
	at, err := url.Parse(p.Header.Get("Location"))
	if err != nil || at.Path == "" {
		p.t.Fatalf("%s: got Location %q, want an address of the shop", p.path, p.Header.Get("Location"))
	}
	return at.RequestURI()
}

// Form is the page's form with this action, as a browser would send it without
// anything typed in.
func (p *Page) Form(action string) url.Values {
	p.t.Helper()
	if p.root == nil {
		p.t.Fatalf("%s is no page", p.path)
	}
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && attribute(n, "action") == action {
			return values(n)
		}
	}
	p.t.Fatalf("%s has no form for %s", p.path, action)
	return nil
}

// HasForm tells whether there is a form with this action.
func (p *Page) HasForm(action string) bool {
	return strings.Contains(p.Body, fmt.Sprintf("action=%q", action))
}

func values(form *html.Node) url.Values {
	all := url.Values{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "input":
			if name := attribute(n, "name"); name != "" && (attribute(n, "type") != "radio" || has(n, "checked")) {
				all.Add(name, attribute(n, "value"))
			}
		case "option":
			if has(n, "selected") && n.Parent.Data == "select" {
				all.Add(attribute(n.Parent, "name"), attribute(n, "value"))
			}
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

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
