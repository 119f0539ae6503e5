package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	"galleria/app/pictures"
	"galleria/app/shopinfo"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/contract"
)

const (
	settingsPath = "/console/settings"
	logoPath     = settingsPath + "/logo"
)

// settingFields are the texts that are changed here, by the word of their form.
var settingForms = []struct {
	word, title string
	fields      []settingField
}{
	{"texts", "Name and texts", []settingField{
		{"name", "Name", "text", 40, shopinfo.DefaultName, func(s *settingsv1.Settings) *string { return &s.Name }},
		{"headline", "Headline of the home page", "text", 100, shopinfo.DefaultHeadline, func(s *settingsv1.Settings) *string { return &s.Headline }},
		{"welcome", "What stands below it", "textarea", 300, shopinfo.DefaultWelcome, func(s *settingsv1.Settings) *string { return &s.Welcome }},
		{"about", "What the shop is, at the foot of pages", "textarea", 300, shopinfo.DefaultAbout, func(s *settingsv1.Settings) *string { return &s.About }},
	}},
	{"imprint", "Imprint", []settingField{{"imprint", "Imprint", "textarea", 20_000, "", func(s *settingsv1.Settings) *string { return &s.Imprint }}}},
	{"terms", "Terms and conditions", []settingField{{"terms", "Terms and conditions", "textarea", 20_000, "", func(s *settingsv1.Settings) *string { return &s.Terms }}}},
	{"privacy", "Privacy", []settingField{{"privacy", "Privacy", "textarea", 20_000, "", func(s *settingsv1.Settings) *string { return &s.Privacy }}}},
	{"withdrawal", "Right of withdrawal", []settingField{{"withdrawal", "Right of withdrawal", "textarea", 20_000, "", func(s *settingsv1.Settings) *string { return &s.Withdrawal }}}},
}

type settingField struct {
	name, label, kind string
	most              int
	otherwise         string // what holds while it is empty
	of                func(*settingsv1.Settings) *string
}

// settingsDone says what was done, by the word in the address.
var settingsDone = map[string]string{
	"texts": "The texts are changed.", "logo": "The logo is changed.", "countries": "The countries are changed.", "currencies": "The currencies are changed.",
	"imprint": "The imprint is changed.", "terms": "The terms are changed.", "privacy": "The text on privacy is changed.", "withdrawal": "The text on withdrawal is changed.",
}

// settings is the page of what the shop says of itself.
func (c *Console) settings(ctx echo.Context) error {
	return c.showSettings(ctx, http.StatusOK, view.Sheet{Done: settingsDone[ctx.QueryParam("done")]})
}

// showSettings shows the settings as they are, and in the form that was sent what was
// typed.
func (c *Console) showSettings(ctx echo.Context, code int, page view.Sheet) error {
	work, done := c.working(ctx)
	defer done()
	got, err := c.Settings.GetSettings(work, &settingsv1.GetSettingsRequest{})
	if err != nil {
		return err
	}
	s := got.GetSettings()
	page.Title, page.Filters = "Settings", settingsTabs(settingsPath)
	logo := "none: the arches of the house"
	if len(s.GetLogo()) > 0 {
		logo = strconv.Itoa(len(s.GetLogo())>>10+1) + " KiB"
	}
	where := "everywhere"
	if len(s.GetCountries()) > 0 {
		where = strings.Join(s.GetCountries(), ", ")
	}
	sells := c.info.CurrenciesOf(s)
	page.Facts = []view.Fact{{Name: "Changed", Text: c.day(got.GetChangedAt())}, {Name: "Logo", Text: logo}, {Name: "Sends to", Text: where}, {Name: "Sells in", Text: strings.Join(sells, ", ")}}
	warnings := c.unpriced(work, sells)
	table := view.Table{Caption: "What the shop says", Heads: []string{"Text", "As it is"}}
	for _, form := range settingForms {
		for _, f := range form.fields {
			table.Rows = append(table.Rows, view.Row{Cells: []string{f.label, shown(*f.of(s), f.otherwise)}})
		}
	}
	page.Tables = []view.Table{table}
	if personOf(ctx).Admin {
		page.Forms = c.settingsForms(ctx, s, got.GetVersion(), warnings)
	} else {
		for _, w := range warnings {
			page.Facts = append(page.Facts, view.Fact{Name: "Currencies", Text: w, Class: "t-ill"})
		}
	}
	return c.sheet(ctx, code, page.Title, settingsPath, view.SheetPage(page))
}

// unpriced says in which of the shop's currencies nothing can be bought.
func (c *Console) unpriced(ctx context.Context, currencies []string) (warnings []string) {
	found, err := shopinfo.FindUnpriced(ctx, currencies, c.Pricing, c.Catalog)
	if err != nil {
		c.log.Warn("it can't be asked whether there are prices in the shop's currencies", "error", err)
		return []string{"Whether there are prices in each currency can't be said just now: a module does not answer."}
	}
	for _, u := range found {
		warnings = append(warnings, u.String())
	}
	return warnings
}

// shown is the beginning of a text, or what holds instead.
func shown(text, otherwise string) string {
	switch {
	case text == "" && otherwise == "":
		return "–"
	case text == "":
		return otherwise + " (nothing was set)"
	case utf8.RuneCountInString(text) > 120:
		return string([]rune(text)[:120]) + " …"
	}
	return text
}

func (c *Console) settingsForms(ctx echo.Context, s *settingsv1.Settings, version int64, unpriced []string) []view.Form {
	seen := view.Field{Name: "seen", Kind: "hidden", Value: strconv.FormatInt(version, 10)}
	sent := ctx.Param("form")
	var forms []view.Form
	for _, f := range settingForms {
		form := view.Form{ID: f.word, Title: f.title, Action: settingsPath + "/" + f.word, Submit: "Save", Shut: f.word != sent, Fields: []view.Field{seen}}
		for _, field := range f.fields {
			value := *field.of(s)
			if f.word == sent {
				value = ctx.FormValue(field.name)
			}
			form.Fields = append(form.Fields, view.Field{Name: field.name, Label: field.label, Kind: field.kind, Value: value, Most: field.most, Hint: field.otherwise})
		}
		if f.word != "texts" {
			form.Hint = "It is linked at the foot of every page while it is not empty. An empty line begins a paragraph, “# ” at the beginning of a line makes a heading."
		}
		forms = append(forms, form)
	}
	countries := strings.Join(s.GetCountries(), " ")
	if sent == "countries" {
		countries = ctx.FormValue("countries")
	}
	currencies := strings.Join(s.GetCurrencies(), " ")
	if sent == "currencies" {
		currencies = ctx.FormValue("currencies")
	}
	return append(forms,
		view.Form{ID: "currencies", Title: "Currencies", Action: settingsPath + "/currencies", Submit: "Save", Shut: sent != "currencies" && len(unpriced) == 0,
			Hint: "Codes such as EUR USD, with spaces between them. The first is the shop's own; shoppers may choose another. A product is sold in those it has a price in, " +
				"and delivery needs a cost in each. None: the one of the configuration file.",
			Fields: []view.Field{seen, {Name: "currencies", Label: "What the shop sells in", Kind: "text", Value: currencies, Most: 100, Warnings: unpriced}}},
		view.Form{ID: "countries", Title: "Countries", Action: settingsPath + "/countries", Submit: "Save", Shut: sent != "countries",
			Hint:   "Codes such as AT DE PT, with spaces between them. None: the shop sends everywhere.",
			Fields: []view.Field{seen, {Name: "countries", Label: "Where the shop sends to", Kind: "textarea", Value: countries, Most: 2000}}},
		view.Form{ID: "logo", Title: "Logo", Action: logoPath, Submit: "Save", Shut: sent != "logo", Upload: true,
			Hint:   "JPEG, PNG, GIF or WebP. It is made small: up to 480 × 96 pixels, shown at half of that.",
			Fields: []view.Field{seen, {Name: "picture", Label: "Picture", Kind: "file"}, {Name: "none", Label: "No logo: show the arches and the name", Kind: "checkbox"}}},
	)
}

// changeSettings saves the form that is named in the address.
func (c *Console) changeSettings(ctx echo.Context) error {
	var logo []byte
	var unread error
	if ctx.Request().URL.Path == logoPath && strings.HasPrefix(ctx.Request().Header.Get("Content-Type"), "multipart/") {
		// Before its other fields, since reading those would hold the whole form in memory.
		logo, unread = c.uploadedLogo(ctx)
	}
	if answer := new(echo.HTTPError); errors.As(unread, &answer) {
		return unread
	}
	if _, err := readForm(ctx); err != nil {
		return err
	}
	seen, err := strconv.ParseInt(ctx.FormValue("seen"), 10, 64)
	if err != nil {
		return echo.NewHTTPError(http.StatusBadRequest, "The form lacks which settings it was made from.")
	}
	work, done := c.working(ctx) // after the picture has come, which may take longer than a page
	defer done()
	got, err := c.Settings.GetSettings(work, &settingsv1.GetSettingsRequest{})
	if err != nil {
		return err
	}
	s := got.GetSettings()
	note, err := c.fillIn(ctx, s, logo, unread)
	if err == nil {
		_, err = c.Settings.ChangeSettings(work, &settingsv1.ChangeSettingsRequest{Settings: s, SeenVersion: seen})
	}
	if contract.Is(err, settingsv1.Reason_REASON_CHANGED_MEANWHILE) {
		err = errForm("another change was saved since you opened this page. The page has it now: look at it, and save again.")
	}
	if words, refused := refusal(err); refused {
		return c.showSettings(ctx, http.StatusConflict, view.Sheet{Problem: words})
	}
	if err != nil {
		return err
	}
	note.Action, note.Thing = "changed", "the shop's "+ctx.Param("form")
	c.note(ctx, note)
	return ctx.Redirect(http.StatusSeeOther, settingsPath+"?done="+ctx.Param("form"))
}

// fillIn puts what the form has into settings, and says what was there before.
func (c *Console) fillIn(ctx echo.Context, s *settingsv1.Settings, logo []byte, unread error) (auditlog.Entry, error) {
	form := ctx.Param("form")
	for _, f := range settingForms {
		if f.word != form {
			continue
		}
		var from, to []string
		for _, field := range f.fields {
			text := field.of(s)
			from = append(from, *text)
			*text = ctx.FormValue(field.name)
			to = append(to, *text)
		}
		return auditlog.Entry{From: strings.Join(from, " / "), To: strings.Join(to, " / ")}, nil
	}
	switch form {
	case "countries":
		before := s.Countries
		s.Countries = codesIn(ctx.FormValue("countries"))
		return auditlog.Entry{From: strings.Join(before, " "), To: strings.Join(slices.Sorted(slices.Values(s.Countries)), " ")}, nil
	case "currencies":
		before := s.Currencies
		s.Currencies = codesIn(ctx.FormValue("currencies"))
		return auditlog.Entry{From: strings.Join(before, " "), To: strings.Join(s.Currencies, " ")}, nil
	case "logo":
		if ctx.FormValue("none") != "" {
			s.Logo = nil
			return auditlog.Entry{To: "none"}, nil
		}
		s.Logo = logo
		if unread == nil && logo == nil {
			unread = errForm("choose a picture.")
		}
		return auditlog.Entry{To: strconv.Itoa(len(logo)) + " bytes"}, unread
	}
	return auditlog.Entry{}, echo.NewHTTPError(http.StatusNotFound, "There is no such form.")
}

// codesIn are the codes in a field, with spaces or commas between them.
func codesIn(text string) []string {
	return strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\r' })
}

// uploadedLogo reads the picture of a form, and makes it small.
func (c *Console) uploadedLogo(ctx echo.Context) ([]byte, error) {
	original, err := fileOf(ctx)
	if err != nil {
		return nil, err
	}
	if len(original) == 0 || c.Pictures == nil {
		return nil, errForm("choose a picture.")
	}
	making, made := context.WithTimeout(ctx.Request().Context(), pictureTimeout)
	defer made()
	logo, err := c.Pictures.Logo(making, original)
	var refused *pictures.RefusedError
	if errors.As(err, &refused) {
		return nil, errForm("of the picture: " + refused.Reason + ".")
	}
	return logo, err
}
