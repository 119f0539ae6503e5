package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/proto"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	"galleria/app/shopinfo"
	pricingv1 "galleria/modules/pricing/v1"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/contract"
)

const (
	deliveryPath     = settingsPath + "/delivery"
	taxesPath        = settingsPath + "/taxes"
	tariffsResetPath = settingsPath + "/configured"
)

// settingsTabs lead from one page of settings to the others.
func settingsTabs(at string) []view.Link {
	tabs := []view.Link{{Name: "Texts", Address: settingsPath}, {Name: "Delivery", Address: deliveryPath}, {Name: "Taxes", Address: taxesPath}}
	for i := range tabs {
		tabs[i].Current = tabs[i].Address == at
	}
	return tabs
}

// tariffSheet is a page with a part of the tariffs.
type tariffSheet struct {
	title, path, thing string
	// fill makes the form of what is saved, and read that of what was sent.
	fill func(*pricingv1.Tariffs) tariffForm
	read func(url.Values) tariffForm
}

// tariffForm is what a page's fields hold. It may be anything that a person can type.
type tariffForm interface {
	// edit does what a button of the form is for, such as "add zone" or "remove rate 0 2",
	// and says at which field the person goes on; false: there is no such button.
	edit(do string) (focus string, known bool)
	// into writes what was typed into tariffs. It gives the field for each path of the
	// contract, and what is wrong with fields that can't be written.
	into(*pricingv1.Tariffs) (fields, wrong map[string]string)
	// draw shows the fields, and what is wrong with them.
	draw(page *view.Tariffs, wrong map[string]string, focus string)
}

// tariffsPage shows a part of the tariffs as it is saved.
func (c *Console) tariffsPage(of tariffSheet) echo.HandlerFunc {
	return func(ctx echo.Context) error {
		work, done := c.working(ctx)
		defer done()
		got, err := c.Pricing.GetTariffs(work, &pricingv1.GetTariffsRequest{})
		if err != nil {
			return err
		}
		page := view.Tariffs{Done: map[string]string{
			"saved": "Saved: it holds from the next page a shopper opens.", "same": "Nothing was different: nothing is changed.", "reset": "The configuration holds again.",
		}[ctx.QueryParam("done")]}
		return c.showTariffs(ctx, http.StatusOK, of, got, of.fill(got.GetTariffs()), page, nil, "")
	}
}

// showTariffs shows a form beside what is said of the saved tariffs.
func (c *Console) showTariffs(ctx echo.Context, code int, of tariffSheet, got *pricingv1.GetTariffsResponse, form tariffForm, page view.Tariffs, wrong map[string]string, focus string) error {
	page.Title, page.Address, page.Tabs, page.MayChange = of.title, of.path, settingsTabs(of.path), personOf(ctx).Admin
	if page.Seen == "" {
		page.Seen = got.GetVersion()
	}
	holds := "as the configuration file says"
	if got.GetChanged() {
		holds = "as changed here, " + c.day(got.GetChangedAt())
		if page.MayChange {
			page.Reset = tariffsResetPath
		}
	}
	page.Facts = []view.Fact{{Name: "Holds", Text: holds}, {Name: "Tax classes of products", Text: strings.Join(got.GetTaxClasses(), ", ")}}
	if of.path == deliveryPath {
		work, done := c.working(ctx)
		defer done()
		page.Unpriced = c.withoutDelivery(work, got)
	}
	form.draw(&page, wrong, focus)
	c.drawTry(ctx, &page, got.GetTariffs().GetCountry(), wrong, focus)
	if len(wrong) > 0 {
		focusProblem(&page)
	}
	return c.sheet(ctx, code, page.Title, settingsPath, view.TariffsPage(page))
}

// withoutDelivery says in which of the shop's currencies no way to send goods has a price.
func (c *Console) withoutDelivery(ctx context.Context, tariffs *pricingv1.GetTariffsResponse) (warnings []string) {
	currencies := c.info.Info().Currencies
	if got, err := c.Settings.GetSettings(ctx, &settingsv1.GetSettingsRequest{}); err == nil { // else those that were heard last
		currencies = c.info.CurrenciesOf(got.GetSettings())
	}
	for _, u := range shopinfo.WithoutDelivery(currencies, tariffs) {
		warnings = append(warnings, u.String())
	}
	return warnings
}

// changeTariffs does what the button of a form is for: it saves, or adds and takes away
// rows of the form.
func (c *Console) changeTariffs(of tariffSheet) echo.HandlerFunc {
	return func(ctx echo.Context) error {
		work, done := c.working(ctx)
		defer done()
		values, err := readForm(ctx)
		if err != nil {
			return err
		}
		page := view.Tariffs{Seen: values.Get("seen")}
		if page.Seen == "" {
			return echo.NewHTTPError(http.StatusBadRequest, "The form lacks which tariffs it was made from.")
		}
		got, err := c.Pricing.GetTariffs(work, &pricingv1.GetTariffsRequest{})
		if err != nil {
			return err
		}
		form := of.read(values)
		switch do := values.Get("do"); do {
		case "save":
		case "try":
			return c.tryTariffs(ctx, of, got, form, page)
		default:
			focus, known := form.edit(do)
			if !known {
				return echo.NewHTTPError(http.StatusBadRequest, "The form has no such button.")
			}
			return c.showTariffs(ctx, http.StatusOK, of, got, form, page, nil, focus)
		}
		to := proto.CloneOf(got.GetTariffs())
		fields, wrong := form.into(to)
		if len(wrong) == 0 {
			_, err = c.Pricing.ChangeTariffs(work, &pricingv1.ChangeTariffsRequest{Tariffs: to, SeenVersion: page.Seen})
		}
		switch {
		case contract.Is(err, pricingv1.Reason_REASON_CHANGED_MEANWHILE):
			page.Problem = "This was not saved: another change was saved since you opened this page. What you typed is still in the form; below is how it differs from what is saved now. Saving again replaces that."
			page.Seen, page.Differs = got.GetVersion(), tariffDifference(got.GetTariffs(), to)
		case len(wrong) > 0 || len(contract.Violations(err)) > 0:
			others := tariffProblems(err, fields, wrong)
			page.Problem = strings.Join(append([]string{"This was not saved: see what is marked below."}, others...), " ")
		case err != nil:
			return err
		default:
			return c.savedTariffs(ctx, of, got)
		}
		return c.showTariffs(ctx, http.StatusConflict, of, got, form, page, wrong, "")
	}
}

// savedTariffs notes what a change has made different, as pricing writes it.
func (c *Console) savedTariffs(ctx echo.Context, of tariffSheet, before *pricingv1.GetTariffsResponse) error {
	work, done := c.working(ctx)
	defer done()
	after, err := c.Pricing.GetTariffs(work, &pricingv1.GetTariffsRequest{})
	if err != nil {
		return err
	}
	did := "same"
	if after.GetVersion() != before.GetVersion() {
		did = "saved"
		c.noteTariffs(ctx, "changed", of.thing, tariffDifference(before.GetTariffs(), after.GetTariffs()))
	}
	return ctx.Redirect(http.StatusSeeOther, of.path+"?done="+did)
}

// readButton takes apart what a button says, such as "remove rate 0 2".
func readButton(do string) (how, what string, at []int, known bool) {
	words := strings.Fields(do)
	if len(words) < 2 {
		return "", "", nil, false
	}
	for _, w := range words[2:] {
		n, err := strconv.Atoi(w)
		if err != nil {
			return "", "", nil, false
		}
		at = append(at, n)
	}
	return words[0], words[1], at, true
}

// editRows adds an empty row, or takes one away, and gives the row where the person goes
// on; false: it can't be done.
func editRows[T any](how string, rows *[]T, at []int) (focus int, known bool) {
	switch {
	case how == "add" && len(at) == 0:
		*rows = append(*rows, *new(T))
		return len(*rows) - 1, true
	case how == "remove" && len(at) == 1 && 0 <= at[0] && at[0] < len(*rows):
		*rows = slices.Delete(*rows, at[0], at[0]+1)
		return max(0, min(at[0], len(*rows)-1)), true
	}
	return 0, false
}

// removal is the button that takes a row away.
func removal(what, text string) view.TariffButton {
	if text == "" {
		text = "the empty row"
	}
	return view.TariffButton{Value: "remove " + what, Label: "Remove", Long: "Remove " + text}
}

// tariffProblems adds to what is wrong with fields what pricing has found. What is about
// no field of the form it gives back.
func tariffProblems(err error, fields, wrong map[string]string) (others []string) {
	for _, v := range contract.Violations(err) {
		field, known := fields[v.Field]
		switch {
		case !known:
			others = append(others, strings.ReplaceAll(strings.TrimPrefix(v.Field, "tariffs."), ".", " ")+" "+v.Message+".")
		case wrong[field] == "":
			wrong[field] = v.Message
		default:
			wrong[field] += "; " + v.Message
		}
	}
	return others
}

// focusProblem makes the first field that something is wrong with the one where the person
// goes on.
func focusProblem(page *view.Tariffs) {
	var all []*view.TariffField
	add := func(fields []view.TariffField) {
		for i := range fields {
			all = append(all, &fields[i])
		}
	}
	for _, g := range page.Groups {
		add(g.Fields)
		for _, l := range g.Lists {
			for _, r := range l.Rows {
				add(r.Fields)
			}
		}
	}
	add(page.Try)
	for _, f := range all {
		if f.Problem != "" {
			f.Focus = true
			return
		}
	}
}

// noteTariffs writes to the audit log what of the tariffs is different.
func (c *Console) noteTariffs(ctx echo.Context, action, thing string, differs []view.Row) {
	var from, to []string
	for _, r := range differs {
		if r.Cells[1] != "" {
			from = append(from, r.Cells[0]+": "+r.Cells[1])
		}
		if r.Cells[2] != "" {
			to = append(to, r.Cells[0]+": "+r.Cells[2])
		}
	}
	c.note(ctx, auditlog.Entry{Action: action, Thing: thing, From: strings.Join(from, "; "), To: strings.Join(to, "; ")})
}

// askResetTariffs asks whether to return to the configuration, and shows what is
// different then.
func (c *Console) askResetTariffs(ctx echo.Context) error {
	return c.showResetTariffs(ctx, http.StatusOK, "")
}

func (c *Console) showResetTariffs(ctx echo.Context, code int, problem string) error {
	work, done := c.working(ctx)
	defer done()
	got, err := c.Pricing.GetTariffs(work, &pricingv1.GetTariffsRequest{})
	if err != nil {
		return err
	}
	if !got.GetChanged() {
		return ctx.Redirect(http.StatusSeeOther, deliveryPath)
	}
	return c.sheet(ctx, code, "Return to the configuration", settingsPath, view.TariffResetPage(view.TariffReset{
		Problem: problem, Seen: got.GetVersion(), Address: tariffsResetPath, Above: view.Link{Name: "Delivery", Address: deliveryPath},
		Differs: tariffDifference(got.GetTariffs(), got.GetConfigured()),
	}))
}

// resetTariffs returns to the configuration.
func (c *Console) resetTariffs(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	got, err := c.Pricing.GetTariffs(work, &pricingv1.GetTariffsRequest{})
	if err != nil {
		return err
	}
	_, err = c.Pricing.ResetTariffs(work, &pricingv1.ResetTariffsRequest{SeenVersion: ctx.FormValue("seen")})
	if contract.Is(err, pricingv1.Reason_REASON_CHANGED_MEANWHILE) {
		return c.showResetTariffs(ctx, http.StatusConflict, "This was not done: another change was saved since you opened this page. The page has it now.")
	}
	if err != nil {
		return err
	}
	if got.GetChanged() {
		c.noteTariffs(ctx, "returned to the configuration of", "delivery and taxes", tariffDifference(got.GetTariffs(), got.GetConfigured()))
	}
	return ctx.Redirect(http.StatusSeeOther, deliveryPath+"?done=reset")
}
