package storefront

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/storefront/internal/page"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

const mostOfOne = 99

func (s *Storefront) cart(c echo.Context) error {
	return s.showCart(c, http.StatusOK, nil)
}

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
	add := &cartv1.AddItemRequest{Sku: form.Get("sku"), Quantity: quantity, IdempotencyKey: id.New(), CurrencyCode: s.currency}
	answer, err := s.addToCart(ctx, c, add)
	return s.changed(c, add.GetCartId(), answer.GetItemCount(), err)
}

// addToCart adds to the request's cart. If there is none of that id it makes a new one:
// an id that was not made here may be known to others, so it is not adopted.
func (s *Storefront) addToCart(ctx context.Context, c echo.Context, add *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
	if add.CartId = s.cartOf(c); add.CartId != "" {
		add.MustExist = true
		if answer, err := s.Cart.AddItem(ctx, add); !contract.Is(err, cartv1.Reason_REASON_NO_CART) {
			return answer, err
		}
	}
	if err := s.limited(c, newCarts); err != nil {
		return nil, err
	}
	add.CartId, add.MustExist = id.Secret(), false
	return s.Cart.AddItem(ctx, add)
}

// setItem changes how much of a product is in the cart; 0 takes it out.
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
	answer, err := s.Cart.SetItem(ctx, &cartv1.SetItemRequest{
		CartId: cart, Sku: c.Param("sku"), Quantity: quantity, CurrencyCode: s.currency, MustExist: true,
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

func (s *Storefront) showCart(c echo.Context, code int, n *page.Notice) error {
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return err
	}
	v := page.Cart{Frame: s.frame("Your cart", s.departmentsIfQuick(ctx)), Notice: n}
	v.NoIndex = true
	v.Lines = s.cartLines(ctx, held)
	v.Total = price(held.GetCurrencyCode(), held.GetTotalMinor())
	if held.GetItemCount() > 0 {
		v.Items = page.Things(int(held.GetItemCount()))
	}
	for _, l := range v.Lines {
		v.Ready = v.Ready || !l.Unavailable
	}
	if int64(s.countOf(c)) != held.GetItemCount() {
		s.keepCount(c, held.GetItemCount())
	}
	return s.once(c, code, int(held.GetItemCount()), page.CartPage(v))
}

// cartHeld is the visitor's cart; one who has none holds an empty one, and
// nobody needs to be asked.
func (s *Storefront) cartHeld(ctx context.Context, c echo.Context) (*cartv1.Cart, error) {
	known := s.cartOf(c)
	if known == "" {
		return &cartv1.Cart{}, nil
	}
	answer, err := s.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: known})
	if err != nil {
		return nil, err
	}
	return answer.GetCart(), nil
}

// cartLines are the lines as pages show them, with a word where the shelf
// holds less than the cart.
func (s *Storefront) cartLines(ctx context.Context, held *cartv1.Cart) []page.Line {
	if len(held.GetLines()) == 0 {
		return nil
	}
	var skus, unseen []string
	for _, l := range held.GetLines() {
		skus = append(skus, l.GetSku())
		if s.gallery.drawn(l.GetPicture()) {
			unseen = append(unseen, l.GetSku())
		}
	}
	onHand, known := s.available(ctx, skus...)
	categories := s.categoriesOf(ctx, unseen)
	var all []page.Line
	for _, l := range held.GetLines() {
		line := page.Line{
			Card: page.Card{
				Name: l.GetName(), Slug: l.GetSlug(),
				Picture: s.gallery.of(l.GetPicture(), categories[l.GetSku()]),
				Price:   price(held.GetCurrencyCode(), l.GetUnitPriceMinor()),
			},
			SKU: l.GetSku(), Quantity: l.GetQuantity(), Unavailable: !l.GetAvailable(),
			Total: price(held.GetCurrencyCode(), l.GetTotalMinor()),
		}
		if line.Name == "" {
			line.Name = l.GetSku()
		}
		if known && l.GetAvailable() && onHand[l.GetSku()] < l.GetQuantity() {
			line.Warning = shortage(onHand[l.GetSku()], "")
		}
		all = append(all, line)
	}
	return all
}

// shortage says how much there is of a thing; without a name, of this thing.
func shortage(left int64, name string) string {
	of := ""
	if name != "" {
		of = " of " + name
	}
	switch {
	case left <= 0 && name != "":
		return name + " is sold out."
	case left <= 0:
		return "Sold out."
	case left == 1:
		return "Only 1" + of + " is left."
	}
	return fmt.Sprintf("Only %d%s are left.", left, of)
}

// categoriesOf gives placeholders the colours they have elsewhere. Demo
// products have pictures, so this is seldom asked; without an answer the
// colours differ.
func (s *Storefront) categoriesOf(ctx context.Context, skus []string) map[string]string {
	if len(skus) == 0 {
		return nil
	}
	answer, err := s.Catalog.GetOffers(ctx, &catalogv1.GetOffersRequest{Skus: skus, CurrencyCode: s.currency})
	if err != nil {
		return nil
	}
	categories := map[string]string{}
	for _, o := range answer.GetOffers() {
		categories[o.GetSku()] = o.GetCategory()
	}
	return categories
}

func parseQuantity(text string, missing int64) (int64, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return missing, missing >= 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n <= mostOfOne
}
