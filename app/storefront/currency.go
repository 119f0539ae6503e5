package storefront

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
)

// currencyCookie holds the currency that a shopper chose for prices.
const currencyCookie = "galleria_currency"

// currencyOf is what the request's prices are shown in, beside the shop's own: the
// shopper's choice while the shop sells in it. Most shops have one, and no cookie is read.
func (s *Storefront) currencyOf(c echo.Context) (shown, own string) {
	info := s.info.Info()
	own = info.Currencies[0]
	if len(info.Currencies) == 1 || len(c.Request().Header["Cookie"]) == 0 {
		return own, own
	}
	k, err := c.Request().Cookie(s.cookie(c.Request(), currencyCookie))
	if err != nil {
		return own, own
	}
	return info.Currency(k.Value), own
}

// currencies are those to choose from at the foot of a page that shows prices in one of
// them; none when there is no choice.
func (s *Storefront) currencies(shown string) (options []page.Option) {
	all := s.info.Info().Currencies
	if len(all) == 1 {
		return nil
	}
	for _, code := range all {
		options = append(options, page.Option{Value: code, Name: code, Chosen: code == shown})
	}
	return options
}

// chooseCurrency keeps a shopper's choice, and leads back to the page it was made on. A
// choice that the shop does not have, since its staff took it away meanwhile, is not passed
// over: the page says so.
func (s *Storefront) chooseCurrency(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	asked := c.Request().PostForm.Get("currency")
	if !currencyCode.MatchString(asked) {
		return echo.ErrBadRequest
	}
	if !s.info.SellsIn(asked) {
		return s.refuseCurrency(c, asked)
	}
	c.SetCookie(&http.Cookie{
		Name: s.cookie(c.Request(), currencyCookie), Value: asked, Path: "/", MaxAge: int(cartAge.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.edge.Secure(c.Request()),
	})
	return c.Redirect(http.StatusSeeOther, s.pageBefore(c.Request()))
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// refuseCurrency says that the shop does not sell in a currency, and in which it does.
func (s *Storefront) refuseCurrency(c echo.Context, asked string) error {
	departments, _ := s.lastDepartments()
	const heading = "Not in this currency"
	f := page.Failure{
		Frame: s.frame(heading, departments), Code: http.StatusConflict, Heading: heading, Retry: true, Again: s.pageBefore(c.Request()),
		Text: "The shop does not sell in " + asked + " just now, but in " + strings.Join(s.info.Info().Currencies, ", ") + ". Prices are shown as before.",
	}
	f.NoIndex = true
	return s.once(c, f.Code, s.countOf(c), page.FailurePage(f))
}

// pageBefore is the page of the shop that a form was sent from, as the browser says. A
// list begins again: where it goes on depends on the order of its prices.
func (s *Storefront) pageBefore(r *http.Request) string {
	from, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || from.Host != r.Host || !s.hasPage(from.Path) {
		return "/"
	}
	asked := from.Query()
	asked.Del("cursor")
	to := url.URL{Path: from.Path, RawPath: from.RawPath, RawQuery: asked.Encode()}
	return to.String()
}
