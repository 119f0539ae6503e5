package storefront

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	"galleria/app/storefront/internal/pagecache"
)

// badges are the little numbers beside "Cart", ready to be put into the slot
// that drawn pages leave for them.
type badges struct {
	// slot can't be guessed, so nothing a product is called can be mistaken
	// for it.
	slot  string
	drawn [101][]byte // [100] is "more than 99"
}

func newBadges() *badges {
	var b [16]byte
	rand.Read(b[:])
	all := &badges{slot: "<!--" + hex.EncodeToString(b[:]) + "-->"}
	for n := range all.drawn {
		text, hidden, things := strconv.Itoa(n), "", " things"
		switch n {
		case 0:
			hidden = " hidden"
		case 1:
			things = " thing"
		case 100:
			text = "99+"
		}
		all.drawn[n] = []byte(`<span class="badge" data-cart-count` + hidden + `>` + text + `</span><span class="sr"` + hidden + `>` + things + `</span>` + viewField + firstView + viewEnd)
	}
	return all
}

// of is what goes into the slot: the badge, and the view as a field of the form that
// adds to the cart, which it is part of by the form's id wherever it stands.
func (b *badges) of(count int, view string) []byte {
	badge := b.drawn[min(max(count, 0), 100)]
	if view == firstView {
		return badge
	}
	filled := make([]byte, 0, len(badge)+len(viewField)+16)
	filled = append(filled, badge[:len(badge)-len(firstView)-len(viewEnd)]...)
	return append(append(filled, view...), viewEnd...)
}

const (
	viewField = `<input type="hidden" name="view" form="buy" value="`
	viewEnd   = `">`
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// draw makes the bytes of a page.
func draw(ctx context.Context, p templ.Component) ([]byte, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := p.Render(ctx, b); err != nil {
		return nil, err
	}
	return bytes.Clone(b.Bytes()), nil
}

var (
	htmlType    = []string{"text/html; charset=utf-8"}
	noStore     = []string{"no-store"}
	revalidated = []string{"private, no-cache"}
	noIndex     = []string{"noindex"}

	acceptEncoding = []string{"Accept-Encoding"}
	gzipped        = []string{"gzip"}
)

// sketch is a page of the catalogue that knows what to show.
type sketch struct {
	shows string // as pagecache.Sketch has it
	draw  func() templ.Component
}

// kept serves a page of the catalogue, which is the same for all who see prices in one
// currency but for the badge, from memory or freshly drawn.
func (s *Storefront) kept(c echo.Context, key string, compose func(ctx context.Context, currency string) (sketch, error)) error {
	currency, own := s.currencyOf(c)
	if currency != own {
		key = currency + " " + key
	}
	p := s.pages.Fresh(key)
	if p == nil {
		var err error
		p, err = s.pages.Draw(key, func() (pagecache.Sketch, error) {
			ctx, done := s.working(c, true, pageTimeout)
			defer done()
			// What is said of the shop is on every page. It may be newer on the page than
			// in shows, which costs a page drawn again, but never older. The currency is in it
			// for the moment in which the shop's own becomes another.
			said := s.info.Info().Version
			composed, err := compose(ctx, currency)
			if composed.shows != "" {
				composed.shows += " of " + strconv.FormatInt(said, 10) + " in " + currency
			}
			return pagecache.Sketch{
				Shows: composed.shows,
				Draw:  func() ([]byte, error) { return draw(context.WithoutCancel(ctx), composed.draw()) },
			}, err
		})
		if err != nil {
			return err
		}
	}
	return s.send(c, p)
}

// send writes a kept page. Browsers ask again each time, and are told that
// nothing changed when neither the page nor their cart did.
func (s *Storefront) send(c echo.Context, p *pagecache.Page) error {
	count, view := s.seen(c)
	w, badge := c.Response(), s.badges.of(count, view)
	zipped := takesGzip(c.Request())
	tag := `"` + p.Tag + "-" + strconv.Itoa(min(count, 100)) + "-" + view
	if zipped {
		tag += "-gzip" // other bytes, so another tag
	}
	tag += `"`
	h := w.Header()
	h["Etag"] = []string{tag}
	h["Cache-Control"] = revalidated
	h["Vary"] = acceptEncoding
	if match := c.Request().Header["If-None-Match"]; len(match) > 0 && strings.Contains(match[0], tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h["Content-Type"] = htmlType
	if zipped {
		h["Content-Encoding"] = gzipped
		return sendWhole(c, p.Zipped().With(badge))
	}
	h["Content-Length"] = []string{strconv.Itoa(len(p.Before) + len(badge) + len(p.After))}
	w.WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	// A client that went away has nobody to tell.
	_, _ = w.Write(p.Before)
	_, _ = w.Write(badge)
	_, _ = w.Write(p.After)
	return nil
}

// sendWhole writes a body that is there at once.
func sendWhole(c echo.Context, body []byte) error {
	w := c.Response()
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	if c.Request().Method != http.MethodHead {
		_, _ = w.Write(body)
	}
	return nil
}

// takesGzip says whether the client reads compressed answers.
func takesGzip(r *http.Request) bool {
	for _, field := range r.Header["Accept-Encoding"] {
		for _, one := range strings.Split(field, ",") {
			name, weight, _ := strings.Cut(one, ";")
			if name = strings.TrimSpace(name); name == "gzip" || name == "*" {
				return !noWeight.MatchString(weight)
			}
		}
	}
	return false
}

// noWeight is how a client says that it does not want an encoding.
var noWeight = regexp.MustCompile(`^\s*q\s*=\s*0(\.0*)?\s*$`)

// once draws a page for one person and one time. It is not compressed: the length
// of a compressed page with a secret in it tells something of the secret to those
// who can have the page show words of theirs beside it.
func (s *Storefront) once(c echo.Context, status, count int, p templ.Component) error {
	body, err := draw(c.Request().Context(), p)
	if err != nil {
		return err
	}
	before, after, _ := bytes.Cut(body, []byte(s.badges.slot))
	badge := s.badges.of(count, firstView) // such a page has no form that needs the view
	w := c.Response()
	h := w.Header()
	h["Content-Type"] = htmlType
	h["Cache-Control"] = noStore
	h["X-Robots-Tag"] = noIndex
	h["Content-Length"] = []string{strconv.Itoa(len(before) + len(badge) + len(after))}
	w.WriteHeader(status)
	_, _ = w.Write(before)
	_, _ = w.Write(badge)
	_, _ = w.Write(after)
	return nil
}

// frame is what stands around a page.
func (s *Storefront) frame(title string, departments []page.Department) page.Frame {
	shop := s.info.Info()
	said := page.Shop{Name: shop.Name, About: shop.About}
	if shop.Logo != nil {
		said.Logo = "/logo/" + shop.Logo.Hash
	}
	for _, l := range shop.Legal {
		said.Legal = append(said.Legal, page.Crumb{Name: l.Title, Path: "/legal/" + l.Slug})
	}
	return page.Frame{
		Title: title, Departments: departments, Shop: said,
		Stylesheet: s.assets.stylesheet, Script: s.assets.script, Badge: s.badges.slot,
	}
}
