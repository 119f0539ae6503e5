package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	pricingv1 "galleria/modules/pricing/v1"
)

// promotionsDone says what was done, by the word in the address.
var promotionsDone = map[string]string{"ended": "The promotion has ended.", "saved": "The promotion is saved."}

// promotions lists the promotions with what they take off and how often their codes were used.
func (c *Console) promotions(ctx echo.Context) error {
	return c.showPromotions(ctx, http.StatusOK, "")
}

func (c *Console) showPromotions(ctx echo.Context, code int, problem string) error {
	work, done := c.working(ctx)
	defer done()
	listed, err := c.Pricing.ListPromotions(work, &pricingv1.ListPromotionsRequest{PageSize: rowsOnPage, PageToken: ctx.QueryParam("before")})
	if err != nil {
		return err
	}
	page := view.Sheet{Title: "Promotions", Problem: problem}
	if ctx.QueryParam("done") != "" {
		page.Done = promotionsDone[ctx.QueryParam("done")]
	}
	table := view.Table{Caption: "Promotions", Heads: []string{"Name", "Id", "Kind", "Codes", "From", "To", "Used"}, None: "There are no promotions."}
	var running []view.Option
	for _, p := range listed.GetPromotions() {
		codes := ""
		for i, code := range p.GetCodes() {
			if i == 3 {
				codes += " and more"
				break
			}
			codes += " " + code
		}
		table.Rows = append(table.Rows, view.Row{Link: promotionLink(p.GetId()), Cells: []string{
			p.GetName(), p.GetId(), word(p.GetKind().String(), "KIND_"), dash(codes), c.day(p.GetStartsAt()), c.day(p.GetEndsAt()), timesUsed(p),
		}})
		if p.GetEndsAt() == nil || p.GetEndsAt().AsTime().After(c.now()) {
			running = append(running, view.Option{Value: p.GetId(), Name: p.GetName()})
		}
	}
	page.Tables = []view.Table{table}
	page.Filters = []view.Link{{Name: "All", Address: "/console/promotions", Current: true}, {Name: "New promotion", Address: promotionLink("new")}}
	if next := listed.GetNextPageToken(); next != "" {
		page.Older = listAddress("/console/promotions", "", "", next)
	}
	if len(running) > 0 {
		page.Forms = []view.Form{{ID: "end", Title: "End a promotion now", Action: "/console/promotions/end", Submit: "End it", Fields: []view.Field{
			{Name: "id", Label: "Promotion", Kind: "select", Options: running}, {Name: "sure", Label: "It ends now; this can't be undone", Kind: "checkbox", Required: true},
		}}}
	}
	return c.sheet(ctx, code, "Promotions", "/console/promotions", view.SheetPage(page))
}

// endPromotion ends a promotion now.
// timesUsed is how many orders used the promotion's codes: of one that needs none it is not
// counted.
func timesUsed(p *pricingv1.Promotion) string {
	if len(p.GetCodes()) == 0 {
		return dash("")
	}
	return whole(p.GetUsed())
}

func (c *Console) endPromotion(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	var err error = errForm("tick the box to say that the promotion is to end.")
	if ctx.FormValue("sure") != "" {
		_, err = c.Pricing.EndPromotion(work, &pricingv1.EndPromotionRequest{Id: ctx.FormValue("id")})
	}
	if words, refused := refusal(err); refused {
		return c.showPromotions(ctx, http.StatusConflict, words)
	}
	if err != nil {
		return err
	}
	c.note(ctx, auditlog.Entry{Action: "ended", Thing: "promotion " + ctx.FormValue("id")})
	return ctx.Redirect(http.StatusSeeOther, "/console/promotions?done=ended")
}
