package storefront_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestEveryPageIsSoundForEveryone looks at each kind of page for what the
// browser's policy, screen readers and search engines rely on.
func TestEveryPageIsSoundForEveryone(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	pages := map[string]*page{
		"home": v.get("/"), "category": v.get("/c/lighting"), "narrowed": v.get("/c/lighting?tag=brass&min=x"),
		"product": v.get(lamp), "search": v.get("/search"), "found": v.get("/search?q=oak"), "nothing found": v.get("/search?q=zzz"),
		"empty cart": v.get("/cart"), "404": v.get("/nowhere"), "403": nil,
	}
	v.put("LMP-ARC-01", 20)
	v.put("LMP-MSH-08", 1)
	pages["cart"] = v.get("/cart")
	pages["refused"] = v.post("/cart/items", url.Values{"sku": {"nope"}})
	pages["checkout"] = v.get("/checkout")
	pages["incomplete"] = v.post("/checkout", url.Values{"country": {"XX"}})
	form := v.order()
	pages["sold out"] = v.post("/checkout", form)
	v.post("/cart/items/LMP-ARC-01", url.Values{"quantity": {"1"}})
	placed := v.post("/checkout", v.order()).want(http.StatusSeeOther)
	pages["payment"] = v.get(placed.header.Get("Location"))
	pages["being paid"] = v.get(v.post("/checkout", v.order()).want(http.StatusSeeOther).header.Get("Location"))
	pages["order"] = v.get(v.pay(placed, "4242424242424242"))
	v.header.Set("Sec-Fetch-Site", "cross-site")
	pages["403"] = v.post("/cart/items", url.Values{"sku": {"LMP-ARC-01"}})

	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.harmless(name)
			p.readable()
			p.labelled()
		})
	}
}

// harmless checks that the page runs no code but the shop's script, and loads
// nothing from elsewhere.
func (p *page) harmless(name string) {
	p.t.Helper()
	policy := p.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
		p.t.Errorf("%s: policy %q", name, policy)
	}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "style", "iframe", "object", "embed", "base":
			p.t.Errorf("%s: element %s", name, n.Data)
		case "script":
			if attr(n, "type") != "application/ld+json" && (!strings.HasPrefix(attr(n, "src"), "/assets/galleria.") || inner(n) != "") {
				p.t.Errorf("%s: a script that is not ours: %v %q", name, n.Attr, inner(n))
			}
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				p.t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
			}
			switch a.Key {
			case "src", "href", "action", "srcset", "formaction", "poster":
				if a.Val != "" && n.Data == "link" && attr(n, "rel") == "canonical" {
					continue
				}
				if a.Val != "" && !strings.HasPrefix(a.Val, "#") && (!strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "//")) {
					p.t.Errorf("%s: <%s %s=%q> leads elsewhere", name, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// readable checks language, title, one heading of the first rank and no rank
// left out, landmarks, pictures that keep their room, and ids given once.
func (p *page) readable() {
	p.t.Helper()
	if attr(p.all("html")[0], "lang") != "en" || len(p.all("title")) != 1 || len(p.all("main")) != 1 {
		p.t.Error("language, title or main is missing")
	}
	if n := len(p.all("h1")); n != 1 {
		p.t.Errorf("got %d h1, want 1", n)
	}
	rank := 0
	ids := map[string]bool{}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				p.t.Errorf("two elements have the id %q", id)
			}
			ids[id] = true
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			r := int(n.Data[1] - '0')
			if r > rank+1 {
				p.t.Errorf("%s %q follows a heading of rank %d", n.Data, inner(n), rank)
			}
			rank = r
		}
		if n.Data == "img" && (!has(n, "alt") || attr(n, "width") == "" || attr(n, "height") == "") {
			p.t.Errorf("picture %s lacks alt, width or height", attr(n, "src"))
		}
		if (n.Data == "a" || n.Data == "button") && inner(n) == "" && attr(n, "aria-label") == "" {
			named := false
			for d := range n.Descendants() {
				named = named || d.Data == "img" && attr(d, "alt") != ""
			}
			if !named {
				p.t.Errorf("<%s %v> has no name", n.Data, n.Attr)
			}
		}
	}
	for n := range p.root.Descendants() {
		for _, name := range []string{"aria-describedby", "aria-labelledby", "for"} {
			for id := range strings.FieldsSeq(attr(n, name)) {
				if !ids[id] {
					p.t.Errorf("%s=%q points nowhere", name, id)
				}
			}
		}
	}
}

// labelled checks that every field has a label.
func (p *page) labelled() {
	p.t.Helper()
	labels := map[string]bool{}
	for _, n := range p.all("label") {
		labels[attr(n, "for")] = inner(n) != ""
	}
	for _, element := range []string{"input", "select", "textarea"} {
		for _, n := range p.all(element) {
			if attr(n, "type") != "hidden" && !labels[attr(n, "id")] {
				p.t.Errorf("field %s has no label", attr(n, "name"))
			}
		}
	}
}

// data is the page's schema.org data.
func (p *page) data() string {
	for _, n := range p.all("script") {
		if attr(n, "type") == "application/ld+json" && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}
