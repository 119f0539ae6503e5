package storefront

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
)

// errCrowded says that a page was refused because too many look around.
var errCrowded = errors.New("too many look around at a time")

// inTurn has a page of the catalogue wait until it is its turn.
func (s *Storefront) inTurn(page echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		leave, err := s.edge.Lookers.Enter(c.Request().Context())
		if err != nil {
			return echo.NewHTTPError(http.StatusServiceUnavailable).SetInternal(errors.Join(errCrowded, err))
		}
		defer leave()
		return page(c)
	}
}

// limited refuses what the client does too often, as a page: 429.
func (s *Storefront) limited(c echo.Context, kinds ...edge.Kind) error {
	for _, k := range kinds {
		if wait := s.edge.Clients.Take(edge.ClientOf(c), k); wait > 0 {
			return echo.NewHTTPError(http.StatusTooManyRequests).SetInternal(&edge.TooOften{Wait: wait})
		}
	}
	return nil
}
