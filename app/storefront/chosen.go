package storefront

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/edge"
	"galleria/app/storefront/internal/page"
	cartv1 "galleria/modules/cart/v1"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
)

// mostCodes is how many voucher codes a cart takes.
const mostCodes = 5

// changeCodes adds a voucher code to the cart, or takes one out. A code that can't
// take anything off, whatever else is bought, is refused at once.
func (s *Storefront) changeCodes(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	posted := c.Request().PostForm
	typed, gone := limited(posted.Get("code"), 64), posted.Get("remove")
	ctx, done := s.working(c, true, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return err
	}
	if held.GetVersion() == 0 {
		return s.showCart(c, http.StatusConflict, forgotten())
	}
	change := func(held *cartv1.Cart) ([]string, error) { return without(held.GetCodes(), gone), nil }
	if gone == "" {
		if wait := s.tryCodes(c, held, codesIn(typed)); wait > 0 {
			c.Response().Header().Set("Retry-After", edge.Seconds(wait))
			return s.drawCart(c, http.StatusTooManyRequests, page.Cart{Code: typed, CodeError: tooManyCodes(wait)})
		}
		change = func(held *cartv1.Cart) ([]string, error) { return s.newCodes(ctx, held, typed) }
	}
	err = edge.Codes{Cart: s.Cart}.Change(ctx, held, change)
	var wrong wrongCode
	switch {
	case errors.As(err, &wrong):
		return s.drawCart(c, http.StatusUnprocessableEntity, page.Cart{Code: typed, CodeError: wrong.Error()})
	case contract.Is(err, cartv1.Reason_REASON_NO_CART):
		return s.showCart(c, http.StatusConflict, forgotten())
	case status.Code(err) == codes.InvalidArgument:
		return s.drawCart(c, http.StatusUnprocessableEntity, page.Cart{Code: typed, CodeError: typed + " is not a code of ours."})
	case err != nil:
		return err
	}
	s.keepCart(c, held.GetId())
	return s.toCart(c)
}

// tryCodes counts codes that the cart does not have yet: pages say whether there is
// such a code, so a client could guess. A wait means that nothing may be said of them.
func (s *Storefront) tryCodes(c echo.Context, held *cartv1.Cart, tried []string) (wait time.Duration) {
	for _, code := range tried {
		if slices.Contains(held.GetCodes(), code) {
			continue
		}
		if wait = s.edge.Clients.Take(edge.ClientOf(c), edge.VoucherCodes); wait > 0 {
			return wait
		}
	}
	return 0
}

// tooManyCodes is for a client that tries too many voucher codes.
func tooManyCodes(wait time.Duration) string {
	return "Too many voucher codes were tried from your network. Try again in " + edge.InWords(wait) + "."
}

// wrongCode says beside its field what is wrong with a code that was typed.
type wrongCode string

func (w wrongCode) Error() string { return string(w) }

// newCodes are the codes of a cart and what was typed, or a wrongCode. Without pricing it
// is taken as it is: the checkout has the last word.
func (s *Storefront) newCodes(ctx context.Context, held *cartv1.Cart, typed string) ([]string, error) {
	added := codesIn(typed)
	if len(added) == 0 {
		return nil, wrongCode("Please type a code.")
	}
	all := withCodes(held.GetCodes(), added)
	if len(all) > mostCodes {
		return nil, wrongCode("A cart takes up to 5 codes. Take one out first.")
	}
	asked := chosenIn(held)
	asked.values["code"] = strings.Join(all, " ")
	quote, err := s.quote(ctx, held, asked)
	if err != nil {
		return all, nil
	}
	for _, code := range added {
		for _, p := range quote.GetCodeProblems() {
			if p.GetCode() == code && hopeless(p.GetProblem()) {
				return nil, wrongCode(codeProblem(quote, code))
			}
		}
	}
	return all, nil
}

// withCodes are codes with others behind them, each once.
func withCodes(codes, added []string) []string {
	all := slices.Clone(codes)
	for _, code := range added {
		if !slices.Contains(all, code) {
			all = append(all, code)
		}
	}
	return all
}

// without are codes without some of them.
func without(codes []string, gone ...string) []string {
	return slices.DeleteFunc(slices.Clone(codes), func(code string) bool { return slices.Contains(gone, code) })
}

// quoteChanged says why a quote is another one than was shown. When all that differs is that
// codes were typed which take nothing off, the total is as it was, and what is wrong with
// them says more than that something has changed.
func (s *Storefront) quoteChanged(c echo.Context, f *form, cause error) failure {
	changed, look := orderFailed(cause), invalid(nil)
	look.settled = true
	if len(f.typedNow()) == 0 {
		return changed
	}
	ctx, done := s.working(c, false, pageTimeout)
	defer done()
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return changed
	}
	quote, wait, err := s.quoteTyped(ctx, c, held, *f)
	if wait > 0 {
		return look // at when to come again
	}
	f.counted = true
	if err != nil || !s.onlyIdle(ctx, held, quote, *f) {
		return changed
	}
	return look
}

// typedNow are codes of which nothing was said beside the total that was shown; none when the
// form does not say.
func (f form) typedNow() []string {
	if f.priced == nil {
		return nil
	}
	return without(f.codes(), f.priced...)
}

// onlyIdle tells whether a quote differs from the one that was shown only by codes that were
// typed and take nothing off.
func (s *Storefront) onlyIdle(ctx context.Context, held *cartv1.Cart, quote *pricingv1.Quote, f form) bool {
	works := func(code string) bool { return codeProblem(quote, code) == "" }
	if typed := f.typedNow(); len(typed) == 0 || slices.ContainsFunc(typed, works) {
		return false
	}
	shown := f
	shown.values = maps.Clone(f.values)
	shown.values["code"] = strings.Join(f.priced, " ")
	before, err := s.quote(ctx, held, shown)
	return err == nil && before.GetFingerprint() == f.quote
}

// hopeless is a problem that no other goods in the cart and no waiting will mend.
func hopeless(p pricingv1.CodeProblem_Problem) bool {
	switch p {
	case pricingv1.CodeProblem_PROBLEM_UNKNOWN, pricingv1.CodeProblem_PROBLEM_ENDED, pricingv1.CodeProblem_PROBLEM_USED_UP:
		return true
	}
	return false
}

// codesIn are the voucher codes in a field that takes several, as carts and pricing
// have them.
func codesIn(typed string) []string {
	return strings.FieldsFunc(strings.ToUpper(typed), func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

// chosenIn is a checkout form with what the cart keeps.
func chosenIn(held *cartv1.Cart) form {
	return form{values: map[string]string{"delivery": held.GetDeliveryOption(), "code": strings.Join(held.GetCodes(), " ")}}
}

// choice is what a checkout form chooses, as its hidden field has it: the codes, and
// behind the bar the delivery option. The form carries what it was drawn with, so that
// the cart is written only when the shopper chose something else, and needn't be read
// to know.
func choice(f form) string { return strings.Join(f.codes(), " ") + "|" + f.values["delivery"] }

// drawnWith is the choice that a form is drawn with: the codes that the cart has, which may
// be others than are typed in it, and the delivery option that the page shows as chosen,
// though the shopper may not have said so.
func drawnWith(codes []string, quote *pricingv1.Quote) string {
	return choice(form{values: map[string]string{"code": strings.Join(codes, " "), "delivery": quote.GetDeliveryOption()}})
}

// drawn tells whether the form says what it was drawn with.
func (f form) drawn() bool { return strings.Contains(f.chosen, "|") }

// keepChoice keeps in the cart what was chosen in a checkout form, and tells whether the cart
// has it. The order does not need it, so a failure is for the log.
func (s *Storefront) keepChoice(ctx context.Context, c echo.Context, f form) (kept bool) {
	cart := s.cartOf(c)
	if cart == "" || !f.drawn() {
		return false
	}
	if f.chosen == choice(f) {
		return true
	}
	codesBefore, deliveryBefore, _ := strings.Cut(f.chosen, "|")
	var err error
	if strings.Join(f.codes(), " ") != codesBefore {
		err = s.keepCodes(ctx, c, codesIn(codesBefore), f.codes())
	}
	if err == nil && f.values["delivery"] != deliveryBefore {
		_, err = s.Cart.SetDelivery(ctx, &cartv1.SetDeliveryRequest{CartId: cart, DeliveryOption: f.values["delivery"]})
	}
	if err != nil {
		s.log.WarnContext(ctx, "a checkout's choice was not kept in the cart", "request_id", requestID(c), "error", err)
	}
	return err == nil
}

// keepCodes keeps in the cart the codes that a checkout form, drawn with those before, was
// sent with. It adds and takes out what the shopper did there: codes that came into the
// cart elsewhere meanwhile stay, as long as all have room.
func (s *Storefront) keepCodes(ctx context.Context, c echo.Context, before, sent []string) error {
	held, err := s.cartHeld(ctx, c)
	if err != nil {
		return err
	}
	return edge.Codes{Cart: s.Cart}.Change(ctx, held, func(held *cartv1.Cart) ([]string, error) {
		all := withCodes(without(held.GetCodes(), without(before, sent...)...), without(sent, before...))
		return all[:min(len(all), mostCodes)], nil
	})
}
