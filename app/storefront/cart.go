package storefront

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	cartv1 "galleria/modules/cart/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

const mostOfOne = 99

func (s *Storefront) cart(c echo.Context) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return err
	}
	var n *page.Notice
	if sku := c.QueryParam("before"); sku != "" {
		n = pressedBefore(held, sku)
	}
	return s.drawHeld(ctx, c, http.StatusOK, held, page.Cart{Notice: n})
}

// pressedBefore is for a button that was pressed again, and so added nothing. What the
// first press added may have been taken out, or bought, since.
func pressedBefore(held *cartv1.Cart, sku string) *page.Notice {
	if slices.ContainsFunc(held.GetLines(), func(l *cartv1.Line) bool { return l.GetSku() == sku }) {
		return &page.Notice{Title: "It is in your cart", Text: "That button was pressed before, so it was added once. If you want more of it, change the quantity here."}
	}
	return &page.Notice{Title: "It is not in your cart", Text: "That button was pressed before, so it was not added again, and it is not in your cart any more. If you want it, open its page anew and add it there."}
}

// toCart leads to the cart from the addresses of its forms, for a page that one of
// them answered may be loaded again by its address.
func (s *Storefront) toCart(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/cart") }

// addItem puts a product into the cart. The answer is always the cart page.
func (s *Storefront) addItem(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	form := c.Request().PostForm
	quantity, ok := parseQuantity(form.Get("quantity"), 1)
	if !ok || quantity < 1 {
		return s.showCart(c, http.StatusUnprocessableEntity, refused("A quantity is a number from 1 to 99."))
	}
	ctx, done := s.working(c, true, pageTimeout)
	defer done()
	currency, _ := s.currencyOf(c)
	add := &cartv1.AddItemRequest{Sku: form.Get("sku"), Quantity: quantity, IdempotencyKey: additionKey(form, quantity), CurrencyCode: currency}
	answer, err := s.addToCart(ctx, c, add)
	if answer.GetRepeated() {
		s.keepCart(c, add.GetCartId())
		s.keepCount(c, answer.GetItemCount())
		return c.Redirect(http.StatusSeeOther, "/cart?before="+url.QueryEscape(add.GetSku()))
	}
	return s.changed(c, add.GetCartId(), answer.GetItemCount(), err)
}

// additionKey is the same for a button that was pressed twice. A product page is drawn
// once for all visitors, so it has no key of its own; but it is sent with the view of the
// visitor's cookie in it, as it is with their badge, and that changes with each change of
// their cart. The second press of a double click sends the view of the first; a page
// that is opened again has another. The cookie itself would not do: the answer to the
// first press may have changed it before the second. A visitor who goes back, without a
// script, to the page as it was, and presses again, is told that it counted once.
func additionKey(form url.Values, quantity int64) string {
	if view := form.Get("view"); viewPattern.MatchString(view) {
		return view + ":" + form.Get("sku") + ":" + strconv.FormatInt(quantity, 10)
	}
	return id.New() // a form that does not say what it was part of
}

// addToCart adds to the request's cart. If there is none of that id it makes a new one:
// an id that was not made here may be known to others, so it is not adopted.
//
// Two first additions at once, as in two tabs, make two carts, and the browser keeps the one
// of the later answer: before the first answer nothing is common to the requests of one
// visitor alone, for product pages are drawn once for all and a network is shared.
func (s *Storefront) addToCart(ctx context.Context, c echo.Context, add *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
	if add.CartId = s.cartOf(c); add.CartId != "" {
		add.MustExist = true
		if answer, err := s.Cart.AddItem(ctx, add); !contract.Is(err, cartv1.Reason_REASON_NO_CART) {
			return answer, err
		}
	}
	if err := s.limited(c, edge.NewCarts); err != nil {
		return nil, err
	}
	add.CartId, add.MustExist = id.Secret(), false
	return s.Cart.AddItem(ctx, add)
}

// setItem changes how much of a product is in the cart; 0 takes it out. The form is of a
// page that showed the line; one that was taken out, or bought, since is not begun anew.
func (s *Storefront) setItem(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	quantity, ok := parseQuantity(c.Request().PostForm.Get("quantity"), -1)
	if !ok || quantity < 0 {
		return s.showCart(c, http.StatusUnprocessableEntity, refused("A quantity is a number from 0 to 99."))
	}
	ctx, done := s.working(c, true, pageTimeout)
	defer done()
	cart := s.cartOf(c)
	if cart == "" {
		return s.showCart(c, http.StatusConflict, forgotten())
	}
	currency, _ := s.currencyOf(c)
	answer, err := s.Cart.SetItem(ctx, &cartv1.SetItemRequest{
		CartId: cart, Sku: c.Param("sku"), Quantity: quantity, CurrencyCode: currency, MustExist: true, LineMustExist: true,
	})
	return s.changed(c, cart, answer.GetItemCount(), err)
}

// changed answers a change of the cart: on success the cart page is the next
// address, so that reloading it repeats nothing.
func (s *Storefront) changed(c echo.Context, cart string, count int64, err error) error {
	switch {
	case err == nil:
		s.keepCart(c, cart)
		s.keepCount(c, count)
		return c.Redirect(http.StatusSeeOther, "/cart")
	case contract.Is(err, cartv1.Reason_REASON_LINE_FULL):
		return s.showCart(c, http.StatusUnprocessableEntity, refused("We sell up to 99 of one thing. Your cart is as it was."))
	case contract.Is(err, cartv1.Reason_REASON_CART_FULL):
		return s.showCart(c, http.StatusUnprocessableEntity, refused("A cart holds up to 100 different things. Take something out first."))
	case contract.Is(err, cartv1.Reason_REASON_NO_CART):
		return s.showCart(c, http.StatusConflict, forgotten())
	case contract.Is(err, cartv1.Reason_REASON_NO_LINE):
		return s.showCart(c, http.StatusConflict, refused("It is not in your cart any more: it was taken out, or bought, since that page was opened. If you want it, open its page and add it there."))
	case contract.Is(err, cartv1.Reason_REASON_OTHER_CURRENCY):
		return s.showCart(c, http.StatusConflict, refused("That is not sold in "+contract.Metadata(err, "currency_code")+", so it is not in your cart."))
	case contract.Is(err, cartv1.Reason_REASON_NOT_SOLD):
		return s.showCart(c, http.StatusConflict, refused("That is no longer sold, so it is not in your cart."))
	case status.Code(err) == codes.InvalidArgument:
		return s.showCart(c, http.StatusUnprocessableEntity, refused("We do not know what to put into your cart. Please use the button on the product's page."))
	}
	return err
}

func forgotten() *page.Notice {
	return refused("We have no such cart any more: a cart is kept for 30 days after its last change. Please add the product again.")
}

func refused(text string) *page.Notice {
	return &page.Notice{Bad: true, Title: "Your cart did not change", Text: text}
}

func parseQuantity(text string, missing int64) (int64, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return missing, missing >= 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n <= mostOfOne
}
