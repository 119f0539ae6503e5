package console

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/id"
	"galleria/platform/money"
)

const (
	// typedTime is how a browser writes what is chosen in a field for a time, and
	// typedSecond that where the seconds are not 0.
	typedTime   = "2006-01-02T15:04"
	typedSecond = "2006-01-02T15:04:05"
	// mostCodes is how many codes a promotion has at most, by its contract.
	mostCodes = 100
)

func promotionLink(id string) string { return "/console/promotions/" + url.PathEscape(id) }

// promotion is the page of a promotion, or of one that is to be made.
func (c *Console) promotion(ctx echo.Context) error {
	return c.showPromotion(ctx, http.StatusOK, view.Sheet{Done: promotionsDone[ctx.QueryParam("done")]}, nil)
}

// showPromotion shows a promotion as it is; typed is what the form holds instead, when it
// was refused.
func (c *Console) showPromotion(ctx echo.Context, code int, page view.Sheet, typed url.Values) error {
	work, done := c.working(ctx)
	defer done()
	name, isNew := ctx.Param("id"), ctx.Param("id") == "new"
	p := &pricingv1.Promotion{Kind: pricingv1.Promotion_KIND_PERCENT}
	page.Title, page.Above = "New promotion", view.Link{Name: "Promotions", Address: "/console/promotions"}
	if !isNew {
		var err error
		if p, err = c.findPromotion(work, name); err != nil {
			return err
		}
		page.Title = p.GetName()
		page.Facts = []view.Fact{
			{Name: "Id", Text: p.GetId()}, {Name: "Used", Text: whole(p.GetUsed())}, {Name: "From", Text: c.day(p.GetStartsAt())}, {Name: "To", Text: c.day(p.GetEndsAt())},
		}
	}
	value := func(name, stored string) string {
		if typed != nil {
			return typed.Get(name)
		}
		return stored
	}
	var kinds []view.Option
	for _, k := range []struct{ word, name string }{
		{"percent", "Percent off"}, {"amount", "An amount off"}, {"buy_x_get_y", "Buy some, get some free"}, {"free_delivery", "Free delivery"},
	} {
		kinds = append(kinds, view.Option{Value: k.word, Name: k.name})
	}
	kind := strings.ToLower(strings.TrimPrefix(p.GetKind().String(), "KIND_"))
	form := view.Form{ID: "promotion", Title: "What it takes off, and when", Action: promotionLink(name), Submit: "Save", Fields: []view.Field{
		{Name: "seen", Kind: "hidden", Value: seenOf(p)},
	}, Hint: "Times are in " + c.zone.String() + ". Where no categories, tags and skus are named it is for all goods. Amounts are in " + c.currency() + "; those of other currencies stay."}
	if isNew {
		form.Fields = append(form.Fields, view.Field{Name: "id", Label: "Id: lower-case letters, digits, - and _", Kind: "text", Value: value("id", "promotion-"+id.New()[:8]), Required: true, Most: 64})
	}
	form.Fields = append(form.Fields,
		view.Field{Name: "name", Label: "Name, as shoppers read it", Kind: "text", Value: value("name", p.GetName()), Required: true, Most: 100},
		view.Field{Name: "kind", Label: "Kind", Kind: "select", Value: value("kind", kind), Options: kinds},
		view.Field{Name: "percent", Label: "Percent, such as 10 or 12.5", Kind: "text", Value: value("percent", percentText(p.GetPercentMillionths())), Most: 10},
		view.Field{Name: "amount", Label: "Amount", Kind: "text", Value: value("amount", c.amountText(p.GetAmounts())), Most: 20},
		view.Field{Name: "buy", Label: "Buy", Kind: "number", Value: value("buy", countText(int64(p.GetBuy())))},
		view.Field{Name: "get", Label: "Get free", Kind: "number", Value: value("get", countText(int64(p.GetGet())))},
		view.Field{Name: "minimum", Label: "What all goods have to cost", Kind: "text", Value: value("minimum", c.amountText(p.GetMinimums())), Most: 20},
		view.Field{Name: "categories", Label: "Categories, with commas between", Kind: "text", Value: value("categories", targetsText(p.GetCategories())), Most: 7000},
		view.Field{Name: "tags", Label: "Tags, with commas between; one may have spaces in it", Kind: "text", Value: value("tags", targetsText(p.GetTags())), Most: 7000},
		view.Field{Name: "skus", Label: "Skus, with commas between", Kind: "text", Value: value("skus", targetsText(p.GetSkus())), Most: 7000},
		timeField("starts", "From; empty: it has started", value("starts", c.timeText(p.GetStartsAt()))),
		timeField("ends", "To; empty: it does not end", value("ends", c.timeText(p.GetEndsAt()))),
		view.Field{Name: "codes", Label: "Voucher codes, one on a line; none: it works by itself", Kind: "textarea", Value: value("codes", strings.Join(p.GetCodes(), "\n")), Most: 4000},
		view.Field{Name: "more", Label: "Make so many more codes that can't be guessed", Kind: "number", Value: value("more", "")},
		view.Field{Name: "max_uses", Label: "Uses by its codes, in all; empty: no limit", Kind: "number", Value: value("max_uses", countText(p.GetMaxUses()))},
		view.Field{Name: "max_each", Label: "Uses by one customer; empty: no limit", Kind: "number", Value: value("max_each", countText(p.GetMaxUsesPerCustomer()))},
		view.Field{Name: "combinable", Label: "May be used together with others", Kind: "checkbox", Checked: value("combinable", boxText(p.GetCombinable())) != ""},
	)
	page.Forms = []view.Form{form}
	return c.sheet(ctx, code, page.Title, "/console/promotions", view.SheetPage(page))
}

func (c *Console) findPromotion(work context.Context, id string) (*pricingv1.Promotion, error) {
	listed, err := c.Pricing.ListPromotions(work, &pricingv1.ListPromotionsRequest{Id: id})
	if err != nil {
		return nil, err
	}
	if len(listed.GetPromotions()) == 0 {
		return nil, echo.NewHTTPError(http.StatusNotFound, "There is no such promotion.")
	}
	return listed.GetPromotions()[0], nil
}

// seenOf tells whether a promotion was changed, but for how often it was used.
func seenOf(p *pricingv1.Promotion) string {
	if p.GetId() == "" {
		return ""
	}
	p = proto.CloneOf(p)
	p.Used = 0
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// savePromotion writes the promotion of a form. A new one is not written over another, and
// a change not over one that was made meanwhile.
func (c *Console) savePromotion(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	typed, err := ctx.FormParams()
	if err != nil {
		return err
	}
	name, before := ctx.Param("id"), &pricingv1.Promotion{}
	if name == "new" {
		listed, err := c.Pricing.ListPromotions(work, &pricingv1.ListPromotionsRequest{Id: typed.Get("id")})
		if err != nil {
			return err
		}
		for _, p := range listed.GetPromotions() {
			before = p
		}
	} else if before, err = c.findPromotion(work, name); err != nil {
		return err
	}
	p, err := c.typedPromotion(typed, before)
	switch same := p != nil && seenOf(p) == seenOf(before); {
	case err != nil || same: // the second case is a form that was sent twice
	case name == "new" && before.GetId() != "":
		err = errForm("there is a promotion with this id; choose another.")
	case name != "new" && typed.Get("seen") != seenOf(before):
		err = errForm("another change was saved since you opened this page. Open it again in another window to see it; what you typed is still here.")
	default:
		_, err = c.Pricing.UpsertPromotions(work, &pricingv1.UpsertPromotionsRequest{Promotions: []*pricingv1.Promotion{p}})
	}
	if words, refused := refusal(err); refused {
		words = strings.ReplaceAll(words, "promotions[0].", "")
		return c.showPromotion(ctx, http.StatusConflict, view.Sheet{Problem: words}, typed)
	}
	if err != nil {
		return err
	}
	c.note(ctx, auditlog.Entry{Action: "saved", Thing: "promotion " + p.GetId(), From: c.promotionText(before), To: c.promotionText(p)})
	return ctx.Redirect(http.StatusSeeOther, promotionLink(p.GetId())+"?done=saved")
}

// typedPromotion is what a form says of a promotion that was before.
func (c *Console) typedPromotion(typed url.Values, before *pricingv1.Promotion) (*pricingv1.Promotion, error) {
	p := &pricingv1.Promotion{
		Id: cmp.Or(before.GetId(), strings.TrimSpace(typed.Get("id"))), Name: strings.TrimSpace(typed.Get("name")),
		Kind:       pricingv1.Promotion_Kind(pricingv1.Promotion_Kind_value["KIND_"+strings.ToUpper(typed.Get("kind"))]),
		Categories: typedTargets(typed.Get("categories"), before.GetCategories(), words),
		Tags:       typedTargets(typed.Get("tags"), before.GetTags(), func(text string) []string { return split(text, ",") }),
		Skus:       typedTargets(typed.Get("skus"), before.GetSkus(), words),
		Codes:      words(typed.Get("codes")), Combinable: typed.Get("combinable") != "",
	}
	var wrong []string
	number := func(field, label string) int64 {
		text := strings.TrimSpace(typed.Get(field))
		if text == "" {
			return 0
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			wrong = append(wrong, label+" is a number, such as 3")
		}
		return n
	}
	// A field that was not touched says what was before: also a part of a second, and which
	// of two hours it is when clocks are put back.
	at := func(field, label string, before *timestamppb.Timestamp) *timestamppb.Timestamp {
		text := typed.Get(field)
		if text == c.timeText(before) {
			return before
		}
		if text == "" {
			return nil
		}
		layout := typedTime
		if len(text) > len(typedTime) {
			layout = typedSecond
		}
		t, err := time.ParseInLocation(layout, text, c.zone)
		if err != nil {
			wrong = append(wrong, label+" is a time, such as 2027-03-01T09:00")
			return nil
		}
		return timestamppb.New(t)
	}
	sum := func(field, label string, others []*pricingv1.Promotion_Amount) []*pricingv1.Promotion_Amount {
		var all []*pricingv1.Promotion_Amount
		for _, a := range others {
			if a.GetCurrencyCode() != c.currency() {
				all = append(all, a)
			}
		}
		text := strings.TrimSpace(typed.Get(field))
		if text == "" {
			return all
		}
		m, err := money.Parse(text, c.currency())
		if err != nil || m.Minor() < 1 {
			wrong = append(wrong, label+" is an amount of "+c.currency()+", such as 5.00")
			return all
		}
		return append(all, &pricingv1.Promotion_Amount{CurrencyCode: c.currency(), AmountMinor: m.Minor()})
	}
	switch p.Kind {
	case pricingv1.Promotion_KIND_PERCENT:
		percent, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(typed.Get("percent")), ",", ".", 1), 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			wrong = append(wrong, "percent is a number above 0, up to 100, such as 12.5")
		} else {
			p.PercentMillionths = int64(percent*10_000 + 0.5)
		}
	case pricingv1.Promotion_KIND_AMOUNT:
		p.Amounts = sum("amount", "amount", before.GetAmounts())
	case pricingv1.Promotion_KIND_BUY_X_GET_Y:
		p.Buy, p.Get = int32(number("buy", "buy")), int32(number("get", "get free"))
	}
	p.Minimums = sum("minimum", "what all goods have to cost", before.GetMinimums())
	p.StartsAt, p.EndsAt = at("starts", "from", before.GetStartsAt()), at("ends", "to", before.GetEndsAt())
	p.MaxUses, p.MaxUsesPerCustomer = number("max_uses", "uses in all"), number("max_each", "uses by one customer")
	more := number("more", "the number of codes")
	if more > mostCodes {
		wrong = append(wrong, "a promotion has up to 100 codes")
	}
	if len(wrong) > 0 {
		return nil, errForm(strings.Join(wrong, "; ") + ".")
	}
	if more == 0 && slices.Equal(p.Codes, before.GetCodes()) {
		return p, nil // in their order and letters
	}
	for range more {
		p.Codes = append(p.Codes, newCode())
	}
	for i, code := range p.Codes {
		p.Codes[i] = strings.ToUpper(code)
	}
	slices.Sort(p.Codes)
	p.Codes = slices.Compact(p.Codes)
	return p, nil
}

// newCode is a code that can't be guessed: of 36 letters and digits twelve.
func newCode() string {
	for {
		letters := strings.Map(func(r rune) rune {
			if r == '-' || r == '_' {
				return -1
			}
			return r
		}, strings.ToUpper(id.Secret()))
		if len(letters) >= 12 {
			return letters[:12]
		}
	}
}

// targetsText is what a promotion is for, as a field has it.
func targetsText(names []string) string { return strings.Join(names, ", ") }

// typedTargets is what a field says that a promotion is for. A field that was not touched
// says what it said before, also where the API put a comma into a name. Categories and skus
// of the catalog have no spaces, so that those divide them as well; tags may have some.
func typedTargets(text string, before []string, divide func(string) []string) []string {
	if text == targetsText(before) {
		return before
	}
	return divide(text)
}

// words are what stands between white space and commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

func percentText(millionths int64) string {
	if millionths == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(millionths)/10_000, 'f', -1, 64)
}

func countText(n int64) string {
	if n == 0 {
		return ""
	}
	return whole(n)
}

func boxText(checked bool) string {
	if checked {
		return "yes"
	}
	return ""
}

// amountText is the amount in the shop's currency, as it is typed.
func (c *Console) amountText(all []*pricingv1.Promotion_Amount) string {
	for _, a := range all {
		if m, err := money.New(a.GetCurrencyCode(), a.GetAmountMinor()); err == nil && a.GetCurrencyCode() == c.currency() {
			return m.Decimal()
		}
	}
	return ""
}

// timeField is a field for a time. Browsers ask for seconds only where it has some.
func timeField(name, label, text string) view.Field {
	f := view.Field{Name: name, Label: label, Kind: "datetime-local", Value: text}
	if len(text) > len(typedTime) {
		f.Step = "1"
	}
	return f
}

func (c *Console) timeText(at *timestamppb.Timestamp) string {
	if at == nil {
		return ""
	}
	t := at.AsTime().In(c.zone)
	if t.Second() != 0 {
		return t.Format(typedSecond)
	}
	return t.Format(typedTime)
}

// promotionText is a promotion in few words, for the audit log; "" for none.
func (c *Console) promotionText(p *pricingv1.Promotion) string {
	if p.GetId() == "" {
		return ""
	}
	texts := []string{p.GetName(), word(p.GetKind().String(), "KIND_")}
	if p.GetPercentMillionths() > 0 {
		texts = append(texts, percentText(p.GetPercentMillionths())+" %")
	}
	for _, a := range p.GetAmounts() {
		texts = append(texts, amount(a.GetCurrencyCode(), a.GetAmountMinor()))
	}
	if p.GetBuy() > 0 {
		texts = append(texts, "buy "+whole(int64(p.GetBuy()))+" get "+whole(int64(p.GetGet())))
	}
	texts = append(texts, "from "+c.day(p.GetStartsAt()), "to "+c.day(p.GetEndsAt()), counted(int64(len(p.GetCodes())), "code", "codes"))
	return strings.Join(texts, ", ")
}
