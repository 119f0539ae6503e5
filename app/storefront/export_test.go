package storefront

import (
	"context"
	"io"
	"runtime"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// FillQueue makes the next checkout one too many, until empty is called.
func (s *Storefront) FillQueue() (empty func()) { return s.edge.Checkouts.Fill() }

// Crowd makes the next page of the catalogue one too many, until disperse is called.
func (s *Storefront) Crowd() (disperse func()) { return s.edge.Lookers.Fill() }

// Kept serves a page that shows the same in each currency, and is drawn as text.
func (s *Storefront) Kept(c echo.Context, key string, text func(currency string) string) error {
	return s.kept(c, key, func(_ context.Context, currency string) (sketch, error) {
		return sketch{shows: key, draw: func() templ.Component {
			return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, err := io.WriteString(w, text(currency))
				return err
			})
		}}, nil
	})
}

// AwaitSettings waits until the pages know a version of the settings.
func (s *Storefront) AwaitSettings(version int64) {
	for s.info.Info().Version != version {
		runtime.Gosched()
	}
}

// Routes are those that the site map has.
func (s *Storefront) Routes() []*echo.Route { return s.echo.Routes() }
