package storefront

import (
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/platform/id"
)

const (
	// cartCookie holds the cart's id: who has it has the cart.
	cartCookie = "galleria_cart"
	// countCookie holds how many things are in the cart. It is for showing
	// only, and readable by the script, so that pages needn't ask for the cart.
	countCookie = "cart_count"

	cartAge  = 30 * 24 * time.Hour
	mostWorn = 100 * 99 // things in the fullest cart
)

var cartID = regexp.MustCompile(`^[A-Za-z0-9_-]{22,64}$`)

// cartOf is the id of the request's cart, "" when it has none.
func cartOf(c echo.Context) string {
	k, err := c.Request().Cookie(cartCookie)
	if err != nil || !cartID.MatchString(k.Value) {
		return ""
	}
	return k.Value
}

// cartToWrite is the request's cart, or a new one.
func cartToWrite(c echo.Context) string {
	if known := cartOf(c); known != "" {
		return known
	}
	return id.Secret()
}

// keepCart remembers the cart for another 30 days.
func (s *Storefront) keepCart(c echo.Context, cart string) {
	c.SetCookie(&http.Cookie{
		Name: cartCookie, Value: cart, Path: "/", MaxAge: int(cartAge.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(c.Request()),
	})
}

// keepCount remembers how many things the cart holds.
func (s *Storefront) keepCount(c echo.Context, count int64) {
	c.SetCookie(&http.Cookie{
		Name: countCookie, Value: strconv.FormatInt(count, 10), Path: "/", MaxAge: int(cartAge.Seconds()),
		SameSite: http.SameSiteLaxMode, Secure: s.secure(c.Request()),
	})
}

// countOf is how many things the request's cart held when we last said so.
func countOf(c echo.Context) int {
	if len(c.Request().Header["Cookie"]) == 0 {
		return 0
	}
	k, err := c.Request().Cookie(countCookie)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(k.Value)
	if err != nil || n < 0 || n > mostWorn {
		return 0
	}
	return n
}
