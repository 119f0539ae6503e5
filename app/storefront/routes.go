package storefront

import (
	"io"

	"github.com/labstack/echo/v4"
)

// Addresses of forms that ask for money, of which a failure has words of its own.
const (
	sandboxPath = "/sandbox/pay/:session"
	payPath     = "/orders/:id/pay"
	cancelPath  = "/orders/:id/cancel"
)

// routes is the site map.
func (s *Storefront) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard) // what echo would say, fail says through slog
	e.HTTPErrorHandler = func(err error, c echo.Context) { s.fail(c, err) }
	e.IPExtractor = s.edge.IPExtractor()
	e.Use(s.around)

	read := func(path string, h echo.HandlerFunc) {
		e.GET(path, h)
		e.HEAD(path, h) // net/http leaves the body out
	}

	// The catalogue: drawn pages, kept for a moment.
	read("/", s.inTurn(s.home))
	read("/c/:category", s.inTurn(s.category))
	read("/products/:slug", s.inTurn(s.product))
	read("/search", s.inTurn(s.search))
	read("/legal/:slug", s.legal)

	// The cart and what becomes of it: never kept.
	read("/cart", s.cart)
	e.POST("/cart/items", s.addItem)
	e.POST("/cart/items/:sku", s.setItem)
	e.POST("/cart/code", s.changeCodes)
	read("/cart/items", s.toCart)
	read("/cart/items/:sku", s.toCart)
	read("/cart/code", s.toCart)
	e.POST("/currency", s.chooseCurrency)
	read("/checkout", s.checkout)
	e.POST("/checkout", s.placeOrder)
	read("/orders/:id", s.order)
	e.POST(payPath, s.payOrder)
	e.POST(cancelPath, s.cancelOrder)

	// Accounts.
	read("/signup", s.signUpPage)
	e.POST("/signup", s.signUp)
	read("/verify", s.verifyPage)
	e.POST("/verify", s.verify)
	read("/login", s.logInPage)
	e.POST("/login", s.logIn)
	e.POST("/login/passkey/begin", s.beginPasskeyLogIn)
	e.POST("/login/passkey", s.passkeyLogIn)
	e.POST("/logout", s.logOut)
	read("/first-admin", s.firstAdminPage)
	e.POST("/first-admin", s.firstAdmin)
	read("/forgot", s.forgotPage)
	e.POST("/forgot", s.forgot)
	read("/reset", s.resetPage)
	e.POST("/reset", s.reset)
	read("/account", s.account)
	read("/account/orders", s.accountOrders)
	e.POST("/account/profile", s.setProfile)
	read("/account/email", s.emailPage)
	e.POST("/account/email", s.changeEmail)
	read("/account/export", s.exportAccount)
	read("/account/delete", s.deletePage)
	e.POST("/account/delete", s.deleteAccount)
	read("/account/second-factor/off", s.factorOffPage)
	e.POST("/account/second-factor/off", s.disableFactor)
	read("/account/addresses", s.accountAddresses)
	e.POST("/account/addresses", s.saveAddress)
	e.POST("/account/addresses/first", s.useAddressFirst)
	e.POST("/account/addresses/delete", s.deleteAddress)
	read("/account/security", s.accountSecurity)
	read("/account/passkeys/add", s.passkeyPage)
	e.POST("/account/passkeys/add", s.beginPasskey)
	e.POST("/account/passkeys", s.finishPasskey)
	read("/account/passkeys/remove", s.removePasskeyPage)
	e.POST("/account/passkeys/remove", s.removePasskey)
	read("/account/sessions", s.sessionsPage)
	e.POST("/account/sessions", s.endSessions)
	e.POST("/account/password", s.changePassword)
	read("/account/second-factor", s.factorPage)
	e.POST("/account/second-factor/start", s.startFactor)
	e.POST("/account/second-factor", s.enableFactor)

	// Paying: the sandbox's page, and what providers tell.
	read(sandboxPath, s.sandboxPage)
	e.POST(sandboxPath, s.paySandbox)
	e.POST(webhookPath+"payments/:provider", s.webhook)

	// For machines.
	read("/robots.txt", s.robots)
	read("/sitemap.xml", s.sitemap)
	read("/sitemaps/:page", s.sitemapPage)
	read("/logo/:hash", s.logo)
	read("/pictures/:name", s.picture)
	read("/pictures/:hash/:name", s.sizedPicture)
	read("/assets/:name", s.asset)
	read("/favicon.svg", s.favicon)
	return e
}
