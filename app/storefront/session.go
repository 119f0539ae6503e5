package storefront

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

// session is who is logged in; nil: nobody is. A session that has ended is taken from
// the visitor.
func (s *Storefront) session(ctx context.Context, c echo.Context) (*accountsv1.CheckSessionResponse, error) {
	token := s.edge.Session(c.Request())
	if token == "" {
		return nil, nil
	}
	checked, err := s.Accounts.CheckSession(ctx, &accountsv1.CheckSessionRequest{Session: token})
	if contract.Is(err, accountsv1.Reason_REASON_NO_SESSION) {
		s.edge.DropSession(c.Response(), c.Request())
		return nil, nil
	}
	return checked, err
}

// inSession runs a page that is for people who are logged in, on their behalf; others
// are led to the log-in, and back here.
func (s *Storefront) inSession(c echo.Context, whole bool, run func(ctx context.Context, me *accountsv1.CheckSessionResponse) error) error {
	ctx, done := s.working(c, whole, checkoutTimeout)
	defer done()
	me, err := s.session(ctx, c)
	if err != nil {
		return err
	}
	if me == nil {
		return toLogIn(c)
	}
	return run(identity.With(ctx, me.GetIdentity().GetStatement()), me)
}

// toLogIn leads to the log-in, and back to the page that was asked for.
func toLogIn(c echo.Context) error {
	to := "/account"
	if c.Request().Method == http.MethodGet || c.Request().Method == http.MethodHead {
		to = c.Request().URL.Path
	}
	return c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(to))
}

// visitor is who asks, as accounts counts tries and lists sessions.
func visitor(c echo.Context) *accountsv1.Visitor {
	return &accountsv1.Visitor{Client: c.RealIP(), Device: edge.DeviceOf(c.Request())}
}

// begin gives the visitor a new session, and the account's cart with what was in the
// guest's.
func (s *Storefront) begin(ctx context.Context, c echo.Context, session string, ends time.Time, a *accountsv1.Account, cart string) {
	s.edge.KeepSession(c.Response(), c.Request(), session, ends)
	count, err := s.takeCartAlong(ctx, s.cartOf(c), cart, a.GetId())
	if err != nil {
		// The person is logged in all the same; the guest's cart stays where it is.
		s.log.WarnContext(ctx, "the cart of a guest who logged in could not be taken along", "request_id", requestID(c), "error", err)
		return
	}
	s.keepCart(c, cart)
	s.keepCount(c, count)
}

// takeCartAlong puts what is in a guest's cart into the account's. A cart of another
// account, which its person left behind here, is not touched.
func (s *Storefront) takeCartAlong(ctx context.Context, guests, own, account string) (count int64, err error) {
	if guests != "" && guests != own {
		left, err := s.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: guests})
		if err != nil {
			return 0, err
		}
		if left.GetCart().GetCustomerId() == "" && len(left.GetCart().GetLines()) > 0 {
			key := guests[:min(len(guests), 16)] + "." + left.GetCart().GetExpiresAt().AsTime().Format("060102150405.000000")
			if _, err := s.Cart.MergeCarts(ctx, &cartv1.MergeCartsRequest{From: guests, Into: own, IdempotencyKey: key}); err != nil {
				return 0, err
			}
		}
	}
	if _, err := s.Cart.CreateCart(ctx, &cartv1.CreateCartRequest{CartId: own}); err != nil {
		return 0, err
	}
	if _, err := s.Cart.SetCustomer(ctx, &cartv1.SetCustomerRequest{CartId: own, CustomerId: account}); err != nil {
		return 0, err
	}
	held, err := s.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: own})
	return held.GetCart().GetItemCount(), err
}

// leaveCart puts what a person chose into the account's cart, before it is left: the
// visitor may have begun another cart meanwhile.
func (s *Storefront) leaveCart(ctx context.Context, c echo.Context) {
	me, err := s.session(ctx, c)
	if err == nil && me != nil {
		_, err = s.takeCartAlong(ctx, s.cartOf(c), me.GetCartId(), me.GetAccount().GetId())
	}
	if err != nil {
		s.log.WarnContext(ctx, "the cart of a person who logs out could not be kept", "request_id", requestID(c), "error", err)
	}
}

// leave ends what the visitor has of the account here: session and cart.
func (s *Storefront) leave(c echo.Context) {
	s.edge.DropSession(c.Response(), c.Request())
	for _, name := range []string{cartCookie, countCookie} {
		c.SetCookie(&http.Cookie{Name: s.cookie(c.Request(), name), Path: "/", MaxAge: -1, HttpOnly: name == cartCookie, SameSite: http.SameSiteLaxMode, Secure: s.edge.Secure(c.Request())})
	}
}

// next is where a log-in leads: a page of ours, or the account. Nothing else is
// believed, so that a link to the log-in leads to no other site.
func next(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsAny(text, "\\\x00\r\n\t") {
		return "/account"
	}
	return u.String()
}

// waits is how long accounts wants the visitor to wait, as an error that becomes the
// page of it; the error itself when it is about something else.
func waits(err error) error {
	if !contract.Is(err, accountsv1.Reason_REASON_WAIT) && !contract.Is(err, accountsv1.Reason_REASON_BUSY) {
		return err
	}
	pause, parseErr := time.ParseDuration(contract.Metadata(err, "retry_after") + "s")
	if parseErr != nil {
		pause = time.Second
	}
	return echo.NewHTTPError(http.StatusTooManyRequests).SetInternal(&edge.TooOften{Wait: pause})
}
