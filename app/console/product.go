package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/proto"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// productPage shows a product in a form; of id "new" an empty one.
func (c *Console) productPage(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	p, err := c.productOf(work, ctx.Param("id"))
	if err != nil {
		return err
	}
	values, problem := productValues(p), ""
	if !c.fitsForm(p) {
		problem = misfit
	}
	return c.showProduct(ctx, http.StatusOK, p, values, p.GetVersion(), problem, "", nil)
}

// misfit is why a product can't be saved by the form.
const misfit = "A text of this product has a comma, a colon, space around it or an end of a line, which this form takes for something else: it can't be saved here, for that would change the text. Change the product by the API or by an import."

// fitsForm tells whether the form that shows a product gives the same product back.
func (c *Console) fitsForm(p *catalogv1.Product) bool {
	t := productTyped(productValues(p), c.currency())
	return len(t.wrong) == 0 && keeps(p, t.product)
}

// keeps tells whether what was read of a form that was not touched is the product.
func keeps(p, typed *catalogv1.Product) bool {
	p = proto.CloneOf(p)
	p.Id, p.CreatedAt, p.Version = "", nil, ""
	return proto.Equal(p, typed)
}

// newProduct is the form of a product that is not there yet. Its id is made here, so that
// the form sent twice makes one product.
func (c *Console) newProduct(ctx echo.Context) error {
	p := &catalogv1.Product{Id: id.New()}
	values := productValues(p)
	values.Set("active", "yes")
	values.Set(variantField(0, "active"), "yes")
	return c.showProduct(ctx, http.StatusOK, p, values, "", "", "", nil)
}

// productOf is a product as it is stored: the page shows a change also when another copy
// of the catalog made it.
func (c *Console) productOf(work context.Context, id string) (*catalogv1.Product, error) {
	got, err := c.Catalog.GetProducts(work, &catalogv1.GetProductsRequest{Ids: []string{id}, Current: true})
	if err != nil {
		return nil, err
	}
	if len(got.GetProducts()) == 0 {
		return nil, echo.NewHTTPError(http.StatusNotFound, "There is no such product, or it was deleted.")
	}
	return got.GetProducts()[0], nil
}

// showProduct shows a form with what was typed. The version is the one that the form was
// filled from; "": the product is new. Saved, when not empty, is what another person saved
// meanwhile. Wrong is what is wrong with what was typed.
func (c *Console) showProduct(ctx echo.Context, code int, p *catalogv1.Product, values url.Values, version, problem, saved string, wrong fieldProblems) error {
	title := p.GetName()
	if version == "" {
		title = "A new product"
	}
	variants := 0
	for i := range mostVariants + moreVariants {
		if values.Has(variantField(i, "sku")) {
			variants = i + 1
		}
	}
	if values.Get(variantField(max(variants, 1)-1, "sku")) != "" || variants == 0 {
		variants += moreVariants
	}
	page := view.Product{
		Title: title, Problem: problem, Saved: saved, Version: version, Address: productLink(p.GetId()), MayUpload: version != "" && c.Pictures != nil,
		Done: map[string]string{"saved": "The product is saved.", "undone": "The change is taken back.", "picture": "The picture is added.", "same": "Nothing was different: nothing is changed."}[ctx.QueryParam("done")],
	}
	page.About, page.Variants = productFields(values, wrong, variants)
	c.offerTaxClasses(ctx, page.Variants)
	page.Pictures = pictureFields(values, wrong)
	page.AddPictures = view.Field{Name: addPictures, Label: "Pictures to add that the shop has, by name, with commas between", Kind: "text", Value: values.Get(addPictures), Problem: wrong[addPictures]}
	if n := focusFirst(&page); n > 0 {
		page.Problem = strings.TrimSpace(fmt.Sprintf("This was not saved: %s wrong, and says why. ", are(n)) + problem)
	}
	if version != "" {
		page.InShop = "/products/" + url.PathEscape(p.GetSlug())
		earlier, err := c.earlier(ctx, p.GetId(), version)
		if err != nil {
			return err
		}
		page.Undo = earlier != nil
	}
	return c.sheet(ctx, code, title, "/console/products", view.ProductPage(page))
}

// saveProduct writes a product as the form says. When it was changed meanwhile, nothing is
// written, and the page shows both.
func (c *Console) saveProduct(ctx echo.Context) error {
	values, err := ctx.FormParams()
	if err != nil {
		return err
	}
	work, done := c.working(ctx)
	defer done()
	expected := values.Get("version")
	t := productTyped(values, c.currency())
	p := t.product
	p.Id = ctx.Param("id")
	before := &catalogv1.Product{}
	if expected != "" {
		found, missing := c.productOf(work, p.GetId())
		if missing != nil {
			return missing
		}
		before = found
	}
	again := func(code int, version, problem, saved string) error {
		shown := proto.CloneOf(before)
		shown.Id = p.GetId()
		return c.showProduct(ctx, code, shown, values, version, problem, saved, t.wrong)
	}
	if expected != "" && !c.fitsForm(before) {
		return again(http.StatusConflict, expected, misfit, "")
	}
	if len(t.wrong) > 0 {
		return again(http.StatusConflict, expected, "", "")
	}
	err = c.writeProduct(work, p, expected)
	if contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE) {
		return again(http.StatusConflict, before.GetVersion(), "This was not saved: another person changed the product meanwhile. What is saved now stands below, what you typed is in the form. Saving it again replaces what is saved.", productNoted(before))
	}
	if words, refused := refusal(err); refused {
		others := t.refused(err)
		if len(t.wrong) == 0 {
			others = words
		}
		return again(http.StatusConflict, expected, others, "")
	}
	if err != nil {
		return err
	}
	after, err := c.productOf(work, p.GetId())
	if err != nil {
		return err
	}
	did := "same"
	if after.GetVersion() != before.GetVersion() {
		did = "saved"
		action := "changed"
		if expected == "" {
			action = "added"
		}
		from, to := difference(before, after)
		c.note(ctx, auditlog.Entry{Action: action, Thing: "product " + after.GetSlug(), From: from, To: to})
	}
	return ctx.Redirect(http.StatusSeeOther, productLink(p.GetId())+"?done="+did)
}

// are is "1 field is", or "2 fields are".
func are(n int) string {
	if n == 1 {
		return "1 field is"
	}
	return strconv.Itoa(n) + " fields are"
}

// writeProduct writes a product if it still has a version; "": it must be new.
func (c *Console) writeProduct(work context.Context, p *catalogv1.Product, expected string) error {
	_, err := c.Catalog.UpsertProducts(work, &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{p}, ExpectedVersions: map[string]string{p.GetId(): expected}})
	return err
}

// earlier is what a product said before the change that gave it a version; nil: that is not
// kept.
func (c *Console) earlier(ctx echo.Context, id, version string) (*catalogv1.Product, error) {
	work, done := c.working(ctx)
	defer done()
	got, err := c.Catalog.GetEarlierProduct(work, &catalogv1.GetEarlierProductRequest{Id: id, Version: version})
	return got.GetProduct(), err
}

// undoProduct makes a product what it was before its last change, unless it was changed
// again since.
func (c *Console) undoProduct(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	now, err := c.productOf(work, ctx.Param("id"))
	if err != nil {
		return err
	}
	version := ctx.FormValue("version")
	before, err := c.earlier(ctx, now.GetId(), version)
	if err != nil {
		return err
	}
	if before == nil || version != now.GetVersion() {
		return c.showProduct(ctx, http.StatusConflict, now, productValues(now), now.GetVersion(), "This was not taken back: the product was changed since, or what it was before is not kept.", "", nil)
	}
	err = c.writeProduct(work, before, version)
	if contract.Is(err, catalogv1.Reason_REASON_CHANGED_MEANWHILE) {
		err = errForm("another person changed the product meanwhile.")
	}
	if words, refused := refusal(err); refused {
		return c.showProduct(ctx, http.StatusConflict, now, productValues(now), now.GetVersion(), words, "", nil)
	}
	if err != nil {
		return err
	}
	from, to := difference(now, before)
	c.note(ctx, auditlog.Entry{Action: "took back a change of", Thing: "product " + before.GetSlug(), From: from, To: to})
	return ctx.Redirect(http.StatusSeeOther, productLink(now.GetId())+"?done=undone")
}

// productNoted is all that a product says, a line for each field.
func productNoted(p *catalogv1.Product) string {
	var lines []string
	for _, f := range fieldsNoted(p) {
		if f.text != "" {
			lines = append(lines, f.name+": "+f.text)
		}
	}
	return strings.Join(lines, "\n")
}

type noted struct{ name, text string }

func fieldsNoted(p *catalogv1.Product) []noted {
	v := productValues(p)
	var all []noted
	for _, name := range []string{"name", "slug", "category", "description", "tags", "attributes", "options", "active"} {
		all = append(all, noted{name, v.Get(name)})
	}
	var pictures []string
	for _, picture := range p.GetPictures() {
		pictures = append(pictures, picture.GetName())
	}
	all = append(all, noted{"pictures", strings.Join(pictures, ", ")})
	for _, picture := range p.GetPictures() {
		all = append(all, noted{picture.GetName() + " shows", picture.GetAlt()})
	}
	for i, variant := range p.GetVariants() {
		for _, name := range []string{"options", "prices", "weight", "tax", "picture", "active"} {
			all = append(all, noted{variant.GetSku() + " " + name, v.Get(variantField(i, name))})
		}
	}
	return all
}

// difference is what of a product changed, from what to what, for the audit log.
func difference(before, after *catalogv1.Product) (from, to string) {
	was, is := map[string]string{}, map[string]string{}
	var names []string
	for _, f := range fieldsNoted(before) {
		was[f.name] = f.text
		names = append(names, f.name)
	}
	for _, f := range fieldsNoted(after) {
		if _, known := was[f.name]; !known {
			names = append(names, f.name)
		}
		is[f.name] = f.text
	}
	var old, fresh []string
	for _, name := range names {
		if was[name] == is[name] {
			continue
		}
		if was[name] != "" {
			old = append(old, name+": "+shortened(was[name]))
		}
		if is[name] != "" {
			fresh = append(fresh, name+": "+shortened(is[name]))
		}
	}
	return strings.Join(old, "; "), strings.Join(fresh, "; ")
}

// shortened keeps an entry of the audit log readable.
func shortened(text string) string {
	if r := []rune(text); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return text
}
