package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/id"
)

const (
	levelsOnPage    = 60
	movementsOnPage = 50
)

var stockHeads = []string{"Sku", "Location", "On hand", "Allocated to orders", "Can be sold"}

// stock lists levels, those that run out first.
func (c *Console) stock(ctx echo.Context) error {
	request, page, err := levelList(ctx)
	if err != nil {
		return err
	}
	work, done := c.working(ctx)
	defer done()
	request.PageSize = levelsOnPage
	listed, err := c.Inventory.ListLevels(work, request)
	if err != nil {
		return err
	}
	table := view.Table{Caption: "Levels, the fewest that can be sold first", Heads: stockHeads, None: "There are no such levels.", Rows: levelRows(listed.GetLevels(), listed.GetLowAt())}
	state, query := ctx.QueryParam("state"), request.GetQuery()
	page.Tables = []view.Table{table}
	page.CSV = listAddress("/console/stock.csv", state, query, "")
	if next := listed.GetNextPageToken(); next != "" {
		page.Older = listAddress("/console/stock", state, query, next)
	}
	if request.GetPageToken() != "" {
		page.Newest = listAddress("/console/stock", state, query, "")
	}
	return c.sheet(ctx, http.StatusOK, "Stock", "/console/stock", view.SheetPage(page))
}

// levelList reads what a list of levels was asked for.
func levelList(ctx echo.Context) (*inventoryv1.ListLevelsRequest, view.Sheet, error) {
	state, query := ctx.QueryParam("state"), strings.TrimSpace(ctx.QueryParam("q"))
	request := &inventoryv1.ListLevelsRequest{Query: query, PageToken: ctx.QueryParam("before")}
	none := int64(0)
	switch state {
	case "":
	case "low":
		request.Low = true
	case "out":
		request.AtMost = &none
	default:
		return nil, view.Sheet{}, echo.NewHTTPError(http.StatusNotFound, "There is no such list of the stock.")
	}
	page := view.Sheet{Title: "Stock", Search: &view.Search{Action: "/console/stock", Query: query, State: state, Hint: "A part of a sku"}}
	for _, f := range []struct{ word, name string }{{"", "All"}, {"low", "Few left"}, {"out", "Sold out"}} {
		page.Filters = append(page.Filters, view.Link{Name: f.name, Address: listAddress("/console/stock", f.word, query, ""), Current: f.word == state})
	}
	return request, page, nil
}

// levelRows are levels; those with so few that can be sold stand out.
func levelRows(levels []*inventoryv1.Level, lowAt int64) []view.Row {
	var rows []view.Row
	for _, l := range levels {
		row := view.Row{Link: stockLink(l.GetSku()), Cells: []string{l.GetSku(), l.GetLocation(), whole(l.GetOnHand()), whole(l.GetAllocated()), whole(l.GetAvailable())}}
		if l.GetAvailable() <= lowAt {
			row.Class = "low"
		}
		rows = append(rows, row)
	}
	return rows
}

func stockLink(sku string) string { return "/console/stock/" + url.PathEscape(sku) }

// stockCSV is a list of levels as a file.
func (c *Console) stockCSV(ctx echo.Context) error {
	request, _, err := levelList(ctx)
	if err != nil {
		return err
	}
	work, done := c.working(ctx)
	defer done()
	request.PageSize, request.PageToken = 200, ""
	return sheetOf(ctx, "stock", []string{"sku", "location", "on_hand", "allocated", "available"}, func(row func(...string) error) error {
		for n := 0; n < mostCSV; {
			listed, err := c.Inventory.ListLevels(work, request)
			if err != nil {
				return err
			}
			for _, l := range listed.GetLevels() {
				if err := row(l.GetSku(), l.GetLocation(), whole(l.GetOnHand()), whole(l.GetAllocated()), whole(l.GetAvailable())); err != nil {
					return err
				}
				n++
			}
			if request.PageToken = listed.GetNextPageToken(); request.GetPageToken() == "" {
				return nil
			}
		}
		return row(onlyTheFirst)
	})
}

// stockDone says what was done, by the word in the address.
var stockDone = map[string]string{"receive": "The delivery is on the shelf.", "adjust": "The level is corrected."}

// stockOf is the page of a sku: its levels, what moved, and how to change them.
func (c *Console) stockOf(ctx echo.Context) error { return c.showStock(ctx, http.StatusOK, "") }

func (c *Console) showStock(ctx echo.Context, code int, problem string) error {
	sku := ctx.Param("sku")
	work, done := c.working(ctx)
	defer done()
	levels, err := c.Inventory.GetLevels(work, &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
	if err != nil {
		return err
	}
	moved, err := c.Inventory.ListMovements(work, &inventoryv1.ListMovementsRequest{Sku: sku, PageSize: movementsOnPage, PageToken: ctx.QueryParam("before")})
	if err != nil {
		return err
	}
	page := view.Sheet{Title: sku, Above: view.Link{Name: "Stock", Address: "/console/stock"}, Problem: problem, Done: stockDone[ctx.QueryParam("done")]}
	level := view.Table{Caption: "Level", Heads: stockHeads, None: "There is no stock of this sku, and there never was.", Rows: levelRows(levels.GetLevels(), 0)}
	movements := view.Table{Caption: "What moved", Heads: []string{"When", "Pieces", "Why", "Location", "Order", "Who", "Note"}, None: "Nothing has moved."}
	for _, m := range moved.GetMovements() {
		by := whole(m.GetBy())
		if m.GetBy() > 0 {
			by = "+" + by
		}
		row := view.Row{Cells: []string{c.day(m.GetAt()), by, word(m.GetReason().String(), "MOVEMENT_REASON_"), m.GetLocation(), dash(m.GetOrderId()), m.GetActor(), dash(m.GetNote())}}
		if m.GetOrderId() != "" {
			row.Link = "/console/orders/" + url.PathEscape(m.GetOrderId())
		}
		movements.Rows = append(movements.Rows, row)
	}
	if next := moved.GetNextPageToken(); next != "" {
		page.Older = stockLink(sku) + "?before=" + url.QueryEscape(next)
	}
	page.Tables = []view.Table{level, movements}
	var locations []view.Option
	for _, l := range levels.GetLevels() {
		locations = append(locations, view.Option{Value: l.GetLocation(), Name: l.GetLocation()})
	}
	if !slices.ContainsFunc(locations, func(o view.Option) bool { return o.Value == "main" }) {
		locations = append(locations, view.Option{Value: "main", Name: "main"})
	}
	var reasons []view.Option
	for n := int32(1); inventoryv1.AdjustReason_name[n] != ""; n++ {
		name := word(inventoryv1.AdjustReason_name[n], "ADJUST_REASON_")
		reasons = append(reasons, view.Option{Value: name, Name: name})
	}
	key := id.New()
	page.Forms = []view.Form{
		{ID: "receive", Title: "A delivery came", Action: stockLink(sku) + "/receive", Submit: "Put it on the shelf", Key: key, Fields: []view.Field{
			{Name: "quantity", Label: "Pieces", Kind: "number", Required: true}, {Name: "location", Label: "Location", Kind: "select", Value: "main", Options: locations},
		}},
		{ID: "adjust", Title: "Correct the level", Action: stockLink(sku) + "/adjust", Submit: "Correct it", Key: key, Shut: problem == "", Fields: []view.Field{
			{Name: "by", Label: "The difference, like 3 or -3", Kind: "number", Required: true}, {Name: "location", Label: "Location", Kind: "select", Value: "main", Options: locations},
			{Name: "reason", Label: "Why", Kind: "select", Value: "correction", Options: reasons}, {Name: "note", Label: "More about it", Kind: "text", Most: 500},
		}, Hint: "Damage and loss take away, found and return add, a correction does either. To undo a change, correct the level by the opposite difference."},
	}
	keepTyped(ctx, page.Forms)
	return c.sheet(ctx, code, sku, "/console/stock", view.SheetPage(page))
}

// receive takes in a delivery of a sku.
func (c *Console) receive(ctx echo.Context) error {
	sku := ctx.Param("sku")
	return c.changeStock(ctx, "receive", func(work context.Context, key string) (auditlog.Entry, error) {
		n, err := strconv.ParseInt(strings.TrimSpace(ctx.FormValue("quantity")), 10, 64)
		if err != nil || n < 1 {
			return auditlog.Entry{}, errForm("the pieces are a number above 0.")
		}
		_, err = c.Inventory.Receive(work, &inventoryv1.ReceiveRequest{IdempotencyKey: key, Location: ctx.FormValue("location"), Lines: []*inventoryv1.Line{{Sku: sku, Quantity: n}}})
		return auditlog.Entry{Action: "received", To: "+" + whole(n), Detail: ctx.FormValue("location")}, err
	})
}

// adjust corrects a level of a sku.
func (c *Console) adjust(ctx echo.Context) error {
	sku := ctx.Param("sku")
	return c.changeStock(ctx, "adjust", func(work context.Context, key string) (auditlog.Entry, error) {
		by, err := strconv.ParseInt(strings.TrimSpace(ctx.FormValue("by")), 10, 64)
		if err != nil || by == 0 {
			return auditlog.Entry{}, errForm("the difference must be a number such as 3 or -3, and not 0.")
		}
		said, err := c.Inventory.Adjust(work, &inventoryv1.AdjustRequest{
			Sku: sku, Location: ctx.FormValue("location"), By: by, Note: strings.TrimSpace(ctx.FormValue("note")), IdempotencyKey: key,
			Reason: inventoryv1.AdjustReason(inventoryv1.AdjustReason_value["ADJUST_REASON_"+strings.ToUpper(ctx.FormValue("reason"))]),
		})
		return auditlog.Entry{Action: "corrected", From: whole(said.GetLevel().GetOnHand() - by), To: whole(said.GetLevel().GetOnHand()), Detail: ctx.FormValue("reason") + " " + ctx.FormValue("note")}, err
	})
}

func (c *Console) changeStock(ctx echo.Context, did string, change func(work context.Context, key string) (auditlog.Entry, error)) error {
	work, done := c.working(ctx)
	defer done()
	note, err := change(work, ctx.FormValue("key"))
	if words, refused := refusal(err); refused {
		return c.showStock(ctx, http.StatusConflict, words)
	}
	if err != nil {
		return err
	}
	note.Thing = "stock of " + ctx.Param("sku")
	c.note(ctx, note)
	return ctx.Redirect(http.StatusSeeOther, stockLink(ctx.Param("sku"))+"?done="+did)
}

// runningOut adds to the numbers how long the stock of the best sellers lasts, if they go on
// selling as they did over a time.
func (c *Console) runningOut(work context.Context, page *view.Sheet, best []*ordersv1.GetTotalsResponse_Seller, over time.Duration) error {
	var skus []string
	for _, b := range best {
		skus = append(skus, b.GetSku())
	}
	if len(skus) == 0 {
		return nil
	}
	levels, err := c.Inventory.GetLevels(work, &inventoryv1.GetLevelsRequest{Skus: skus})
	if err != nil {
		return err
	}
	left := map[string]int64{}
	for _, l := range levels.GetLevels() {
		left[l.GetSku()] += l.GetAvailable()
	}
	type lasting struct {
		seller *ordersv1.GetTotalsResponse_Seller
		days   float64
	}
	var all []lasting
	for _, b := range best {
		all = append(all, lasting{b, float64(left[b.GetSku()]) / float64(max(1, b.GetQuantity())) * over.Hours() / 24})
	}
	slices.SortStableFunc(all, func(a, b lasting) int { return cmp.Compare(a.days, b.days) })
	table := view.Table{Caption: "Stock of the best sellers, the first to run out first", Heads: []string{"Product", "Sku", "Can be sold", "Sold", "Lasts"}}
	for _, l := range all {
		days := whole(int64(l.days)) + " days"
		if l.days < 2 {
			days = strconv.FormatFloat(l.days*24, 'f', 0, 64) + " hours"
		}
		if left[l.seller.GetSku()] <= 0 {
			days = "sold out"
		}
		row := view.Row{Link: stockLink(l.seller.GetSku()), Cells: []string{l.seller.GetName(), l.seller.GetSku(), whole(left[l.seller.GetSku()]), whole(l.seller.GetQuantity()), days}}
		if l.days < 7 {
			row.Class = "low"
		}
		table.Rows = append(table.Rows, row)
	}
	page.Tables = append(page.Tables, table)
	return nil
}
