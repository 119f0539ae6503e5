package console

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	nethtml "golang.org/x/net/html"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/demo"
	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/certs"
)

func TestAPromotionIsEndedOnlyWhenThePersonIsSure(t *testing.T) {
	o := openOffice(t)
	pricing := pricingv1.NewPricingServiceClient(o.routes["pricing"].For(certs.Operator))
	promotions := demo.Promotions(time.Now())
	if _, err := pricing.UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: promotions}); err != nil {
		t.Fatal(err)
	}
	one := promotions[0]
	o.shows("/console/promotions", one.GetName(), one.GetId())
	o.refuses("tick the box", "/console/promotions/end", "id", one.GetId())
	if body := o.does("/console/promotions/end", "id", one.GetId(), "sure", "yes"); strings.Contains(body, `value="`+one.GetId()+`"`) {
		t.Error("a promotion that has ended can be ended, by its page")
	}
	o.audited("ended", "promotion "+one.GetId())
	if r, _ := o.post("/console/promotions/end", "id", "nothing", "sure", "yes"); r.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown promotion: got %d, want 404", r.StatusCode)
	}
}

func (o *office) promotion(id string) *pricingv1.Promotion {
	o.t.Helper()
	got, err := pricingv1.NewPricingServiceClient(o.routes["pricing"].For(certs.Operator)).ListPromotions(o.t.Context(), &pricingv1.ListPromotionsRequest{Id: id})
	if err != nil || len(got.GetPromotions()) != 1 {
		o.t.Fatalf("got %v, %v, want the promotion %s", got, err, id)
	}
	return got.GetPromotions()[0]
}

func TestAPromotionIsMadeAndChanged(t *testing.T) {
	o := openOffice(t)
	o.shows("/console/promotions/new", "Buy some, get some free")
	form := []string{
		"id", "spring", "name", "Spring <sale>", "kind", "percent", "percent", "12.5", "minimum", "40.00", "categories", "garden, kitchen",
		"starts", "2027-03-01T09:00", "ends", "2027-06-01T00:00", "codes", "spring1\nSPRING2", "more", "3", "max_uses", "100", "max_each", "1", "combinable", "yes",
	}
	o.does("/console/promotions/new", form...)
	p := o.promotion("spring")
	if p.GetPercentMillionths() != 125_000 || p.GetMinimums()[0].GetAmountMinor() != 4000 || strings.Join(p.GetCategories(), " ") != "garden kitchen" || len(p.GetCodes()) != 5 ||
		p.GetMaxUses() != 100 || p.GetMaxUsesPerCustomer() != 1 || !p.GetCombinable() || !p.GetStartsAt().AsTime().Equal(time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v", p)
	}
	o.audited("saved", "promotion spring")
	o.refuses("there is a promotion with this id", "/console/promotions/new", form...)
	o.shows("/console/promotions", "Spring &lt;sale&gt;", "/console/promotions/spring")
	page := o.shows("/console/promotions/spring", `value="12.5"`, `value="40.00"`, "2027-03-01T09:00", "SPRING2")
	_, rest, _ := strings.Cut(page, `name="seen" value="`)
	seen, _, _ := strings.Cut(rest, `"`)

	change := []string{"seen", seen, "name", "Spring", "kind", "buy_x_get_y", "buy", "2", "get", "1"}
	o.does("/console/promotions/spring", change...)
	if p := o.promotion("spring"); p.GetBuy() != 2 || p.GetGet() != 1 || p.GetPercentMillionths() != 0 || len(p.GetCodes()) > 0 || p.GetStartsAt() != nil {
		t.Errorf("got %v", p)
	}
	o.does("/console/promotions/spring", change...) // sent twice
	o.refuses("another change was saved", "/console/promotions/spring", "seen", seen, "name", "Mine", "kind", "free_delivery")

	for words, form := range map[string][]string{
		"percent is a number":        {"id", "x", "name", "X", "kind", "percent", "percent", "101"},
		"amount is an amount of EUR": {"id", "x", "name", "X", "kind", "amount", "amount", "five"},
		"from is a time":             {"id", "x", "name", "X", "kind", "percent", "percent", "5", "starts", "soon"},
		"up to 100 codes":            {"id", "x", "name", "X", "kind", "percent", "percent", "5", "more", "101"},
		"kind":                       {"id", "x", "name", "X", "kind", "magic"},
		"name":                       {"id", "x", "kind", "percent", "percent", "5"},
		"id":                         {"id", "Not This", "name", "X", "kind", "percent", "percent", "5"},
	} {
		o.refuses(words, "/console/promotions/new", form...)
	}
	if body := o.page("/console/promotions"); strings.Contains(body, ">X<") {
		t.Error("a promotion that was refused is there")
	}
	if r, _ := o.post("/console/promotions/none", "name", "X"); r.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown promotion: got %d, want 404", r.StatusCode)
	}
}

// TestAPromotionStaysForWhatItWasFor when another field of its page is changed, whatever the
// API has put into names; and a tag with a space in it can be typed.
func TestAPromotionStaysForWhatItWasFor(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	tags, categories, skus := []string{"hand made", "warm, soft", "new"}, []string{"Garden and home", "kitchen"}, []string{"MUG-1", "A, B"}
	pricing := pricingv1.NewPricingServiceClient(o.routes["pricing"].For(certs.Operator))
	if _, err := pricing.UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: []*pricingv1.Promotion{{
		Id: "craft", Name: "Craft", Kind: pricingv1.Promotion_KIND_FREE_DELIVERY, Tags: tags, Categories: categories, Skus: skus,
	}}}); err != nil {
		t.Fatal(err)
	}
	// sends sends the form of the promotion's page as it is shown, but for what is typed.
	sends := func(typed ...string) *pricingv1.Promotion {
		t.Helper()
		page := o.page("/console/promotions/craft")
		var form []string
		for _, name := range []string{"seen", "name", "tags", "categories", "skus"} {
			found := regexp.MustCompile(`<input[^>]* name="` + name + `"[^>]* value="([^"]*)"`).FindStringSubmatch(page)
			if found == nil {
				t.Fatalf("the page has no field %s: %.3000s", name, page)
			}
			form = append(form, name, html.UnescapeString(found[1]))
		}
		o.does("/console/promotions/craft", append(append(typed, "kind", "free_delivery"), form...)...) // of two the first counts
		return o.promotion("craft")
	}
	p := sends("ends", "2030-06-01T00:00")
	if p.GetEndsAt() == nil || !slices.Equal(p.GetTags(), tags) || !slices.Equal(p.GetCategories(), categories) || !slices.Equal(p.GetSkus(), skus) {
		t.Errorf("after another end it is for tags %q, categories %q and skus %q, want %q, %q and %q", p.GetTags(), p.GetCategories(), p.GetSkus(), tags, categories, skus)
	}
	p = sends("tags", " hand made,old ,, ", "categories", "garden, kitchen lamps", "skus", "MUG-1 MUG-2,MUG-3")
	for field, c := range map[string]struct{ got, want []string }{
		"tags": {p.GetTags(), []string{"hand made", "old"}}, "categories": {p.GetCategories(), []string{"garden", "kitchen", "lamps"}},
		"skus": {p.GetSkus(), []string{"MUG-1", "MUG-2", "MUG-3"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s that were typed: got %q, want %q", field, c.got, c.want)
		}
	}
}

// formShown takes the fields of the form that a page has for its thing, as a browser sends them.
func formShown(t *testing.T, body string) url.Values {
	t.Helper()
	page, err := nethtml.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	form, choice := url.Values{}, ""
	for n := range page.Descendants() {
		of := map[string]string{}
		for _, a := range n.Attr {
			of[a.Key] = a.Val
		}
		_, checked := of["checked"]
		_, selected := of["selected"]
		switch {
		case n.Data == "input" && (of["type"] != "checkbox" || checked):
			form.Add(of["name"], of["value"])
		case n.Data == "select":
			choice = of["name"]
		case n.Data == "option" && selected:
			form.Add(choice, of["value"])
		case n.Data == "textarea":
			text := ""
			for part := range n.Descendants() {
				text += part.Data
			}
			form.Add(of["name"], text)
		}
	}
	return form
}

func TestAPromotionThatIsSavedUnchangedIsNot(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	o.console.zone = berlin
	// The first of two hours of that name, in the night when clocks are put back.
	starts, ends := time.Date(2027, 10, 31, 0, 30, 0, 0, time.UTC), time.Date(2027, 12, 31, 22, 59, 59, 0, time.UTC)
	amounts := []*pricingv1.Promotion_Amount{{CurrencyCode: "EUR", AmountMinor: 500}, {CurrencyCode: "USD", AmountMinor: 600}}
	both := &pricingv1.Promotion{StartsAt: timestamppb.New(starts), EndsAt: timestamppb.New(ends), Minimums: amounts, Codes: []string{"B-1", "A-1"}, MaxUses: 100, MaxUsesPerCustomer: 2}
	promotions := []*pricingv1.Promotion{
		{Id: "percent", Kind: pricingv1.Promotion_KIND_PERCENT, PercentMillionths: 123_457, Combinable: true},
		{Id: "amount", Kind: pricingv1.Promotion_KIND_AMOUNT, Amounts: amounts},
		{Id: "free", Kind: pricingv1.Promotion_KIND_BUY_X_GET_Y, Buy: 3, Get: 1},
		{Id: "delivery", Kind: pricingv1.Promotion_KIND_FREE_DELIVERY},
	}
	for _, p := range promotions {
		own := proto.CloneOf(both)
		own.Codes = []string{p.GetId() + "-2", p.GetId() + "-1"}
		proto.Merge(p, own)
		p.Name = "For " + p.GetId()
	}
	pricing := pricingv1.NewPricingServiceClient(o.routes["pricing"].For(certs.Operator))
	if _, err := pricing.UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: promotions}); err != nil {
		t.Fatal(err)
	}
	for _, p := range promotions {
		before, path := o.promotion(p.GetId()), "/console/promotions/"+p.GetId()
		form := formShown(t, o.page(path))
		save := func() {
			t.Helper()
			var pairs []string
			for name, values := range form {
				pairs = append(pairs, name, values[0])
			}
			o.does(path, pairs...)
		}
		save()
		if after := o.promotion(p.GetId()); !proto.Equal(before, after) {
			t.Errorf("%s: got\n%v\nafter it was saved unchanged, want\n%v", p.GetId(), after, before)
		}
		form.Set("name", "Other")
		save()
		before.Name = "Other"
		if after := o.promotion(p.GetId()); !proto.Equal(before, after) {
			t.Errorf("%s: got\n%v\nafter another name was typed, want\n%v", p.GetId(), after, before)
		}
	}
	form := formShown(t, o.shows("/console/promotions/delivery", `value="2027-12-31T23:59:59" placeholder="" step="1"`, `value="2027-10-31T02:30" placeholder="">`))
	o.does("/console/promotions/delivery", "seen", form.Get("seen"), "name", "Delivery", "kind", "free_delivery", "ends", "2027-12-30T23:59:58")
	if p := o.promotion("delivery"); !p.GetEndsAt().AsTime().Equal(time.Date(2027, 12, 30, 22, 59, 58, 0, time.UTC)) {
		t.Errorf("got the end %v, want the second that was typed", p.GetEndsAt().AsTime())
	}
}
