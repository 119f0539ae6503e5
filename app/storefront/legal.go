package storefront

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"galleria/app/shopinfo"
	"galleria/app/storefront/internal/page"
)

// legal is a page with a text that the law wants.
func (s *Storefront) legal(c echo.Context) error {
	shop := s.info.Info()
	l := textOf(shop.Legal, c.Param("slug"))
	switch {
	case l == nil && !shop.Heard:
		// There may be such a text: search engines are not to forget it.
		return echo.NewHTTPError(http.StatusServiceUnavailable, "the settings of the shop were not heard yet")
	case l == nil:
		return echo.ErrNotFound
	}
	return s.kept(c, "legal "+l.Slug, func(ctx context.Context, currency string) (sketch, error) {
		departments := s.departmentsIfQuick(ctx)
		return sketch{
			shows: "legal " + s.departmentsVersion(),
			draw: func() templ.Component {
				f := s.frame(l.Title, departments)
				f.Canonical = s.base + "/legal/" + l.Slug
				f.Currencies = s.currencies(currency)
				return page.LegalPage(page.Legal{Frame: f, Title: l.Title, Parts: partsOf(l.Text)})
			},
		}, nil
	})
}

func textOf(all []shopinfo.Legal, slug string) *shopinfo.Legal {
	for i := range all {
		if all[i].Slug == slug {
			return &all[i]
		}
	}
	return nil
}

// departmentsVersion changes when the departments do.
func (s *Storefront) departmentsVersion() string {
	if known := s.shelves.Load(); known != nil {
		return strconv.FormatUint(known.version, 10)
	}
	return ""
}

// partsOf divides a text into its paragraphs and headings.
func partsOf(text string) (parts []page.LegalPart) {
	var lines []string
	end := func() {
		if len(lines) > 0 {
			parts = append(parts, page.LegalPart{Lines: lines})
		}
		lines = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		heading, isHeading := strings.CutPrefix(line, "# ")
		switch {
		case isHeading:
			end()
			parts = append(parts, page.LegalPart{Heading: heading})
		case line == "":
			end()
		default:
			lines = append(lines, line)
		}
	}
	end()
	return parts
}

// logo is the shop's picture, under an address that changes with it.
func (s *Storefront) logo(c echo.Context) error {
	logo := s.info.Info().Logo
	if logo == nil || logo.Hash != c.Param("hash") {
		return echo.ErrNotFound
	}
	c.Response().Header().Set("Cache-Control", forGood)
	return c.Blob(http.StatusOK, logo.Type, logo.File)
}
