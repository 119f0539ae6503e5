package storefront

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/platform/id"
)

const (
	// cartCookie holds the cart's id: who has it has the cart.
	cartCookie = "galleria_cart"
	// countCookie holds how many things are in the cart, and behind a dot the view: a
	// random word that is another one after each change (see additionKey). It is
	// readable by the script, so that pages needn't ask for the cart.
	countCookie = "cart_count"
	// ofThisHost stands before both names where pages are reached by HTTPS: browsers
	// then take such a cookie from this very host and over HTTPS only, so that
	// neither another host of the domain nor the network can plant a cart.
	ofThisHost = "__Host-"

	cartAge  = 30 * 24 * time.Hour
	mostWorn = 100 * 99 // things in the fullest cart
)

var (
	cartID      = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)
	viewPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,16}$`)
)

// firstView is that of a visitor without a cart.
const firstView = "first"

// cookie is the full name of a cookie.
func (s *Storefront) cookie(r *http.Request, name string) string {
	if s.edge.Secure(r) {
		return ofThisHost + name
	}
	return name
}

// cartOf is the id of the request's cart, "" when it has none.
func (s *Storefront) cartOf(c echo.Context) string {
	k, err := c.Request().Cookie(s.cookie(c.Request(), cartCookie))
	if err != nil || !cartID.MatchString(k.Value) {
		return ""
	}
	return k.Value
}

// keepCart remembers the cart for another 30 days.
func (s *Storefront) keepCart(c echo.Context, cart string) {
	c.SetCookie(&http.Cookie{
		Name: s.cookie(c.Request(), cartCookie), Value: cart, Path: "/", MaxAge: int(cartAge.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.edge.Secure(c.Request()),
	})
}

// keepCount remembers how many things the cart holds, with a new view.
func (s *Storefront) keepCount(c echo.Context, count int64) {
	c.SetCookie(&http.Cookie{
		Name: s.cookie(c.Request(), countCookie), Value: strconv.FormatInt(count, 10) + "." + id.Secret()[:12], Path: "/", MaxAge: int(cartAge.Seconds()),
		SameSite: http.SameSiteLaxMode, Secure: s.edge.Secure(c.Request()),
	})
}

// countOf is how many things the request's cart held when we last said so.
func (s *Storefront) countOf(c echo.Context) int {
	count, _ := s.seen(c)
	return count
}

// seen is how many things the request's cart held when we last said so, and the view
// that the visitor has of it.
func (s *Storefront) seen(c echo.Context) (count int, view string) {
	if len(c.Request().Header["Cookie"]) == 0 {
		return 0, firstView
	}
	k, err := c.Request().Cookie(s.cookie(c.Request(), countCookie))
	if err != nil {
		return 0, firstView
	}
	number, view, _ := strings.Cut(k.Value, ".")
	if !viewPattern.MatchString(view) {
		view = firstView
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > mostWorn {
		n = 0
	}
	return n, view
}
