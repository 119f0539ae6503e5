package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
)

// productsOnPage is how many products a page lists.
const productsOnPage = 60

// products lists all products, also those that are not sold, the oldest first.
func (c *Console) products(ctx echo.Context) error { return c.showProducts(ctx, http.StatusOK, "") }

func (c *Console) showProducts(ctx echo.Context, code int, problem string) error {
	request, page, err := productList(ctx)
	if err != nil {
		return err
	}
	work, done := c.working(ctx)
	defer done()
	request.PageSize = productsOnPage
	listed, err := c.Catalog.ListAllProducts(work, request)
	if err != nil {
		return err
	}
	state, query := ctx.QueryParam("state"), request.GetQuery()
	table := view.Table{Caption: "Products, the oldest first", Heads: []string{"Name", "Category", "Skus", "Prices", "Sold"}, None: "There are no such products.", Send: "sell"}
	for _, p := range listed.GetProducts() {
		row := view.Row{ID: p.GetId(), Link: productLink(p.GetId()), Cells: []string{p.GetName(), p.GetCategory(), skusOf(p), pricesOf(p), soldOf(p)}}
		if !p.GetActive() {
			row.Class = "low"
		}
		table.Rows = append(table.Rows, row)
	}
	page.Problem, page.Tables = problem, []view.Table{table}
	page.Done = map[string]string{"withdraw": "The chosen products are withdrawn.", "offer": "The chosen products are offered."}[ctx.QueryParam("done")]
	page.CSV = listAddress("/console/products.csv", state, query, "")
	if next := listed.GetNextPageToken(); next != "" {
		page.Older = listAddress("/console/products", state, query, next)
	}
	if request.GetPageToken() != "" {
		page.Newest = listAddress("/console/products", state, query, "")
	}
	if len(table.Rows) > 0 {
		page.Forms = []view.Form{{ID: "sell", Title: "The chosen ones", Action: "/console/products/sell", Submit: "Do it", Fields: []view.Field{
			{Name: "to", Label: "What to do", Kind: "select", Options: []view.Option{{Value: "withdraw", Name: "Withdraw them"}, {Value: "offer", Name: "Offer them again"}}},
		}, Hint: "Choose products in the list. A withdrawn product has no page and can't be bought; the other choice takes it back."}}
	}
	return c.sheet(ctx, code, "Products", "/console/products", view.SheetPage(page))
}

// productList reads what a list of products was asked for.
func productList(ctx echo.Context) (*catalogv1.ListAllProductsRequest, view.Sheet, error) {
	state, query := ctx.QueryParam("state"), strings.TrimSpace(ctx.QueryParam("q"))
	request := &catalogv1.ListAllProductsRequest{Query: query, PageToken: ctx.QueryParam("before")}
	active := state == "active"
	switch state {
	case "":
	case "active", "withdrawn":
		request.Active = &active
	default:
		return nil, view.Sheet{}, echo.NewHTTPError(http.StatusNotFound, "There is no such list of products.")
	}
	page := view.Sheet{Title: "Products", Search: &view.Search{Action: "/console/products", Query: query, State: state, Hint: "A part of a name or sku"}}
	for _, f := range []struct{ word, name string }{{"", "All"}, {"active", "Sold"}, {"withdrawn", "Withdrawn"}} {
		page.Filters = append(page.Filters, view.Link{Name: f.name, Address: listAddress("/console/products", f.word, query, ""), Current: f.word == state})
	}
	page.Filters = append(page.Filters, view.Link{Name: "Add a product", Address: "/console/products/new"})
	return request, page, nil
}

func productLink(id string) string { return "/console/products/" + url.PathEscape(id) }

func skusOf(p *catalogv1.Product) string {
	var skus []string
	for _, v := range p.GetVariants() {
		skus = append(skus, v.GetSku())
	}
	if len(skus) > 3 {
		return strings.Join(skus[:3], ", ") + " and " + whole(int64(len(skus)-3)) + " more"
	}
	return strings.Join(skus, ", ")
}

// pricesOf are the prices of the first variant.
func pricesOf(p *catalogv1.Product) string {
	var prices []string
	for _, price := range p.GetVariants()[0].GetPrices() {
		prices = append(prices, amount(price.GetCurrencyCode(), price.GetAmountMinor()))
	}
	return dash(strings.Join(prices, ", "))
}

func soldOf(p *catalogv1.Product) string {
	if p.GetActive() {
		return "yes"
	}
	return "withdrawn"
}

// productsCSV is a list of products as a file, a row for each variant.
func (c *Console) productsCSV(ctx echo.Context) error {
	request, _, err := productList(ctx)
	if err != nil {
		return err
	}
	work, done := c.working(ctx)
	defer done()
	request.PageSize, request.PageToken = 200, ""
	heads := []string{"sku", "name", "slug", "category", "option_values", "prices", "weight_grams", "tax_class", "active"}
	return sheetOf(ctx, "products"+dashed(ctx.QueryParam("state")), heads, func(row func(...string) error) error {
		for n := 0; n < mostCSV; {
			listed, err := c.Catalog.ListAllProducts(work, request)
			if err != nil {
				return err
			}
			for _, p := range listed.GetProducts() {
				for _, v := range p.GetVariants() {
					sold := "no"
					if p.GetActive() && v.GetActive() {
						sold = "yes"
					}
					if err := row(v.GetSku(), p.GetName(), p.GetSlug(), p.GetCategory(), strings.Join(v.GetOptionValues(), " / "), pricesText(v.GetPrices()), whole(int64(v.GetWeightGrams())), v.GetTaxClass(), sold); err != nil {
						return err
					}
					n++
				}
			}
			if request.PageToken = listed.GetNextPageToken(); request.GetPageToken() == "" {
				return nil
			}
		}
		return row(onlyTheFirst)
	})
}

// sellMany withdraws the chosen products, or offers them again.
func (c *Console) sellMany(ctx echo.Context) error {
	form, err := ctx.FormParams()
	if err != nil {
		return err
	}
	ids, to := form["chosen"], ctx.FormValue("to")
	if len(ids) == 0 || len(ids) > productsOnPage || to != "withdraw" && to != "offer" {
		return c.showProducts(ctx, http.StatusBadRequest, "This was not done: choose up to 60 products of the list, and what to do with them.")
	}
	work, done := c.working(ctx)
	defer done()
	for range 3 { // again when another person changes one of them just then
		var changed []*catalogv1.Product
		if changed, err = c.sell(work, ids, to == "offer"); err == nil {
			for _, p := range changed {
				c.note(ctx, auditlog.Entry{Action: map[string]string{"withdraw": "withdrew", "offer": "offered again"}[to], Thing: "product " + p.GetSlug(), From: soldWord(to != "offer"), To: soldWord(to == "offer")})
			}
			return ctx.Redirect(http.StatusSeeOther, "/console/products?done="+to)
		}
		if !contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE) {
			break
		}
	}
	if words, refused := refusal(err); refused {
		return c.showProducts(ctx, http.StatusConflict, words)
	}
	return err
}

func soldWord(active bool) string {
	if active {
		return "sold"
	}
	return "withdrawn"
}

// sell writes whether products are active, and gives those that were not so before.
func (c *Console) sell(work context.Context, ids []string, active bool) ([]*catalogv1.Product, error) {
	got, err := c.Catalog.GetProducts(work, &catalogv1.GetProductsRequest{Ids: ids, Current: true})
	if err != nil {
		return nil, err
	}
	request := &catalogv1.UpsertProductsRequest{ExpectedVersions: map[string]string{}}
	for _, p := range got.GetProducts() {
		if p.GetActive() != active {
			p.Active = active
			request.Products = append(request.Products, p)
			request.ExpectedVersions[p.GetId()] = p.GetVersion()
		}
	}
	if len(request.GetProducts()) == 0 {
		return nil, nil
	}
	_, err = c.Catalog.UpsertProducts(work, request)
	return request.GetProducts(), err
}
