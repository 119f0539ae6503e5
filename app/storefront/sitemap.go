package storefront

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	catalogv1 "galleria/modules/catalog/v1"
)

// perSitemap is how many addresses the protocol allows in one file.
const perSitemap = 50_000

// sitemapTTL bounds how often machines make us walk the whole catalogue.
const sitemapTTL = 30 * time.Second

// addresses are the paths of all pages worth finding.
type addresses struct {
	paths []string
	at    time.Time
}

func (s *Storefront) robots(c echo.Context) error {
	text := "User-agent: *\nDisallow: /cart\nDisallow: /checkout\nDisallow: /orders/\nDisallow: /search\nAllow: /\n\nSitemap: " +
		s.origin(c) + "/sitemap.xml\n"
	return file(c, "text/plain; charset=utf-8", "public, max-age=3600", []byte(text))
}

// sitemap lists every page, or, when they are too many for one file, the files
// that do.
func (s *Storefront) sitemap(c echo.Context) error {
	all, err := s.allPaths(c)
	if err != nil {
		return err
	}
	if len(all) <= perSitemap {
		return s.sitemapOf(c, "urlset", "url", all)
	}
	var files []string
	for i := range (len(all) + perSitemap - 1) / perSitemap {
		files = append(files, "/sitemaps/"+strconv.Itoa(i+1)+".xml")
	}
	return s.sitemapOf(c, "sitemapindex", "sitemap", files)
}

func (s *Storefront) sitemapPage(c echo.Context) error {
	number, ok := strings.CutSuffix(c.Param("page"), ".xml")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || strconv.Itoa(n) != number {
		return echo.ErrNotFound
	}
	all, err := s.allPaths(c)
	if err != nil {
		return err
	}
	from := (n - 1) * perSitemap
	if n > len(all)/perSitemap+1 || from >= len(all) {
		return echo.ErrNotFound
	}
	return s.sitemapOf(c, "urlset", "url", all[from:min(from+perSitemap, len(all))])
}

func (s *Storefront) sitemapOf(c echo.Context, root, entry string, paths []string) error {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<" + root + ` xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	origin := s.origin(c)
	for _, p := range paths {
		b.WriteString("<" + entry + "><loc>")
		// Writing to a bytes.Buffer cannot fail.
		_ = xml.EscapeText(&b, []byte(origin+p))
		b.WriteString("</loc></" + entry + ">\n")
	}
	b.WriteString("</" + root + ">\n")
	return file(c, "application/xml; charset=utf-8", "public, max-age=300", b.Bytes())
}

// allPaths walks the catalogue, unless that was done a moment ago. However many ask at
// once, one of them walks and the others wait for it.
func (s *Storefront) allPaths(c echo.Context) ([]string, error) {
	if known := s.addresses.Load(); known != nil && s.now().Sub(known.at) < sitemapTTL {
		return known.paths, nil
	}
	walked, err, _ := s.walks.Do("", func() (any, error) {
		if known := s.addresses.Load(); known != nil && s.now().Sub(known.at) < sitemapTTL {
			return known.paths, nil
		}
		ctx, done := s.working(c, true, 20*time.Second)
		defer done()
		at := s.now()
		paths, err := s.walk(ctx)
		if err != nil {
			return nil, err
		}
		s.addresses.Store(&addresses{paths: paths, at: at})
		return paths, nil
	})
	if err != nil {
		return nil, err
	}
	return walked.([]string), nil
}

func (s *Storefront) walk(ctx context.Context) ([]string, error) {
	departments, err := s.departments(ctx)
	if err != nil {
		return nil, err
	}
	paths := []string{"/"}
	for _, d := range departments {
		paths = append(paths, "/c/"+url.PathEscape(d.Slug))
	}
	r := &catalogv1.ListProductsRequest{PageSize: 100}
	for {
		answer, err := s.Catalog.ListProducts(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, p := range answer.GetProducts() {
			paths = append(paths, "/products/"+url.PathEscape(p.GetSlug()))
		}
		if answer.GetNextPageToken() == "" {
			return paths, nil
		}
		r = &catalogv1.ListProductsRequest{PageSize: r.GetPageSize(), PageToken: answer.GetNextPageToken()}
	}
}

// origin is where machines find us: the shop's address, or, when it was not
// given one, where this request came to.
func (s *Storefront) origin(c echo.Context) string {
	if s.base != "" {
		return s.base
	}
	scheme := "http"
	if s.edge.Secure(c.Request()) {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: c.Request().Host}).String()
}
