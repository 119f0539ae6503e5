package storefront

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func firstAdminForm(typed url.Values, token string) page.Form {
	return page.Form{
		Heading: "Make the first administrator", Action: "/first-admin", Submit: "Make my account",
		Lead: "The shop has no administrator yet. Choose how you log in; a second factor comes next, so have an authenticator program at hand.",
		Fields: []page.Field{
			emailField(typed.Get("email")),
			{Name: "name", Label: "Name (optional)", Auto: "name", Value: typed.Get("name"), Length: "100"},
			newPasswordField("password"),
		},
		Hidden: []page.Hidden{{Name: "token", Value: token}, {Name: "idempotency_key", Value: id.New()}},
	}
}

// firstAdminPage is where the link leads that the shop prints when it starts without an
// administrator. A link that opens nothing is said so at once: a request of which nothing
// else is right finds out.
func (s *Storefront) firstAdminPage(c echo.Context) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	link := c.QueryParam("token")
	_, err := s.Accounts.CreateFirstAdmin(ctx, &accountsv1.CreateFirstAdminRequest{Link: link, Visitor: visitor(c), IdempotencyKey: id.New()})
	switch {
	case contract.Is(err, accountsv1.Reason_REASON_BAD_LINK):
		return s.badFirstAdminLink(c)
	case len(contract.Violations(err)) == 0:
		return waits(err)
	}
	return s.showForm(c, http.StatusOK, firstAdminForm(url.Values{}, link))
}

func (s *Storefront) badFirstAdminLink(c echo.Context) error {
	return s.showForm(c, http.StatusNotFound, page.Form{Heading: "This link opens nothing", Links: []page.Point{{Text: "Log in", Href: "/login"}}, Notice: &page.Notice{
		Bad: true, Title: "The link was used, or is too old", Text: "It is good once, for two hours, and each start of the shop prints another while there is no administrator.",
	}})
}

// firstAdmin makes the first administrator, and leads to the second factor.
func (s *Storefront) firstAdmin(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	typed := c.Request().PostForm
	ctx, done := s.working(c, true, checkoutTimeout)
	defer done()
	made, err := s.Accounts.CreateFirstAdmin(ctx, &accountsv1.CreateFirstAdminRequest{
		Link: typed.Get("token"), Email: typed.Get("email"), Name: typed.Get("name"), Password: typed.Get("password"),
		Visitor: visitor(c), IdempotencyKey: typed.Get("idempotency_key"),
	})
	f, marked := withViolations(firstAdminForm(typed, typed.Get("token")), err)
	switch {
	case marked:
		return s.showForm(c, http.StatusUnprocessableEntity, f)
	case contract.Is(err, accountsv1.Reason_REASON_EMAIL_TAKEN):
		f.Notice = &page.Notice{Bad: true, Title: "This address has an account already", Text: "Choose another address for the administrator."}
		return s.showForm(c, http.StatusConflict, f)
	case contract.Is(err, accountsv1.Reason_REASON_BAD_LINK):
		return s.badFirstAdminLink(c)
	case contract.Is(err, accountsv1.Reason_REASON_HAS_ADMIN):
		return s.showForm(c, http.StatusConflict, page.Form{Heading: "There is an administrator already", Links: []page.Point{{Text: "Log in", Href: "/login"}}, Notice: &page.Notice{
			Bad: true, Title: "No account was made", Text: "The link is for the first administrator only. Others are made with galleria admin create.",
		}})
	case err != nil:
		return waits(err)
	}
	s.begin(ctx, c, made.GetSession(), made.GetExpiresAt().AsTime(), made.GetAccount(), made.GetCartId())
	return c.Redirect(http.StatusSeeOther, "/account/second-factor")
}
