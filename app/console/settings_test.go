package console

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	settingsv1 "galleria/modules/settings/v1"
)

func (o *office) saved() *settingsv1.Settings {
	o.t.Helper()
	got, err := o.needs.Settings.GetSettings(o.t.Context(), &settingsv1.GetSettingsRequest{})
	if err != nil {
		o.t.Fatal(err)
	}
	return got.GetSettings()
}

func TestAnAdministratorSaysWhatTheShopIs(t *testing.T) {
	o := openOffice(t)
	o.shows("/console/settings", "Galleria (nothing was set)", "everywhere")
	if body := o.page("/console/settings"); strings.Contains(body, `action="/console/settings/`) {
		t.Error("an operator is offered to change settings")
	}
	if r, _ := o.post("/console/settings/texts", "seen", "0", "name", "Mine"); r.StatusCode != http.StatusForbidden {
		t.Errorf("an operator changes settings: got %d", r.StatusCode)
	}

	if r, body := o.asAdmin("/console/settings/texts", "seen", "0", "name", "Löwe <& Söhne>", "about", "Lamps."); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("got %d: %.900s", r.StatusCode, body)
	}
	o.shows("/console/settings?done=texts", "The texts are changed", "Löwe &lt;&amp; Söhne&gt;", "Lamps.")
	if e := o.noted(); e.Thing != "the shop's texts" || !strings.Contains(e.To, "Löwe") || e.Who != "admin@example.org" {
		t.Errorf("the audit log says %+v", e)
	}
	// Who opened the page before does not undo that, and keeps what was typed.
	if r, body := o.asAdmin("/console/settings/texts", "seen", "0", "name", "Another"); r.StatusCode != http.StatusConflict || !strings.Contains(body, "another change was saved") || !strings.Contains(body, `value="Another"`) {
		t.Errorf("a change of old settings: got %d", r.StatusCode)
	}
	if r, _ := o.asAdmin("/console/settings/terms", "seen", "1", "terms", "# We\n\nsend."); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the terms: got %d", r.StatusCode)
	}
	if r, _ := o.asAdmin("/console/settings/countries", "seen", "2", "countries", "pt, at\n de"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the countries: got %d", r.StatusCode)
	}
	if s := o.saved(); s.GetName() != "Löwe <& Söhne>" || s.GetTerms() != "# We\n\nsend." || strings.Join(s.GetCountries(), " ") != "AT DE PT" {
		t.Errorf("got %v", s)
	}
	if r, _ := o.asAdmin("/console/settings/currencies", "seen", "3", "currencies", "usd, eur"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the currencies: got %d", r.StatusCode)
	}
	if got := strings.Join(o.saved().GetCurrencies(), " "); got != "USD EUR" {
		t.Errorf("the currencies are %s, want them in the order they were typed", got)
	}
	o.shows("/console/settings", "USD, EUR")
	for words, form := range map[string][]string{
		"currencies must have EUR once": {"/console/settings/currencies", "seen", "4", "currencies", "EUR USD EUR"},
		"countries must be codes":       {"/console/settings/countries", "seen", "4", "countries", "Atlantis"},
		"up to 40 characters":           {"/console/settings/texts", "seen", "4", "name", strings.Repeat("x", 41)},
		"choose a picture":              {"/console/settings/logo", "seen", "4"},
	} {
		if r, body := o.asAdmin(form[0], form[1:]...); r.StatusCode != http.StatusConflict || !strings.Contains(body, words) {
			t.Errorf("%s: got %d without %q", form[0], r.StatusCode, words)
		}
	}
	for path, want := range map[string]int{"/console/settings/texts": http.StatusBadRequest, "/console/settings/nothing?seen=4": http.StatusNotFound} {
		if r, _ := o.asAdmin(path, "name", "x"); r.StatusCode != want {
			t.Errorf("%s: got %d, want %d", path, r.StatusCode, want)
		}
	}
}

func TestACurrencyInWhichNothingCanBeBoughtIsNamed(t *testing.T) {
	o := openOffice(t)
	o.buyers.Stock(10, 1290) // in EUR; delivery has prices in CHF, and not in NOK
	const noProduct, nothing, noDelivery = "No product has a price in CHF", "No product and no way to send goods has a price in NOK", "No way to send goods has a price in NOK"
	says := func(path, session string, texts map[string]int) {
		t.Helper()
		_, body := o.ask("GET", path, session, nil)
		for text, times := range texts {
			if got := strings.Count(body, text); got != times {
				t.Errorf("%s to the %s: got %q %d times, want %d", path, session, text, got, times)
			}
		}
	}
	says("/console/settings", "admin", map[string]int{"so that nothing can be bought": 0})
	if r, _ := o.asAdmin("/console/settings/currencies", "seen", "0", "currencies", "EUR CHF NOK"); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("the currencies: got %d, want that they are saved", r.StatusCode)
	}
	all := map[string]int{noProduct: 1, nothing: 1, "so that nothing can be bought": 2}
	says("/console/settings?done=currencies", "admin", all)
	says("/console/settings", "operator", all)
	says(deliveryPath, "operator", map[string]int{noDelivery: 1, "so that nothing can be bought": 1})
	says(taxesPath, "admin", map[string]int{"so that nothing can be bought": 0})

	s := o.opens(deliveryPath)
	s.types("o0-rate", s.Get("o0-rate"), "home 90 NOK")
	s.presses("save", http.StatusSeeOther)
	says(deliveryPath, "admin", map[string]int{"so that nothing can be bought": 0})
	says("/console/settings", "admin", map[string]int{noProduct: 1, "No product has a price in NOK": 1, "so that nothing can be bought": 2})
	if r, _ := o.asAdmin("/console/settings/currencies", "seen", "1", "currencies", ""); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("no currencies: got %d", r.StatusCode)
	}
	says("/console/settings", "admin", map[string]int{"so that nothing can be bought": 0})
}

// upload sends a file as the form for the logo does.
func (o *office) uploadLogo(seen, file string) (int, string) {
	o.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("seen", seen)
	part, err := form.CreateFormFile("picture", "logo.png")
	if err != nil {
		o.t.Fatal(err)
	}
	part.Write([]byte(file))
	form.Close()
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.server.URL+"/console/settings/logo", &body)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: "session", Value: "admin"})
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	if _, err := copyTo(&text, answer); err != nil {
		o.t.Fatal(err)
	}
	return answer.StatusCode, text.String()
}

func TestALogoIsMadeSmallAndSafe(t *testing.T) {
	o := openOffice(t)
	m := image.NewRGBA(image.Rect(0, 0, 2000, 400))
	for x := range 2000 {
		m.Set(x, x%400, color.RGBA{200, 40, 20, 255})
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	if code, body := o.uploadLogo("0", file.String()+"<script>"); code != http.StatusSeeOther {
		t.Fatalf("got %d: %.900s", code, body)
	}
	logo := o.saved().GetLogo()
	if config, err := png.DecodeConfig(bytes.NewReader(logo)); err != nil || config.Width != 480 || config.Height != 96 {
		t.Errorf("got %+v, %v, want 480 × 96 pixels", config, err)
	}
	if bytes.Contains(logo, []byte("<script>")) {
		t.Error("what was hung on to the picture is kept")
	}
	if code, body := o.uploadLogo("1", "<svg xmlns='http://www.w3.org/2000/svg'/>"); code != http.StatusConflict || !strings.Contains(body, "SVG") {
		t.Errorf("a drawing: got %d", code)
	}
	if code, _ := o.uploadLogo("1", strings.Repeat("x", pictureLimit)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("too much: got %d, want 413", code)
	}
	if r, _ := o.asAdmin("/console/settings/logo", "seen", "1", "none", "yes"); r.StatusCode != http.StatusSeeOther || len(o.saved().GetLogo()) > 0 {
		t.Errorf("no logo: got %d, and one of %d bytes", r.StatusCode, len(o.saved().GetLogo()))
	}
}

func TestOnlyFormsWithPicturesMayBeAsLargeAsPictures(t *testing.T) {
	o := openOffice(t)
	law := strings.Repeat("世", 20_000) // the longest that the law can want, 180 kB as a form
	if r, _ := o.asAdmin("/console/settings/terms", "seen", "0", "terms", law); r.StatusCode != http.StatusSeeOther || o.saved().GetTerms() != law {
		t.Errorf("the longest terms: got %d", r.StatusCode)
	}
	large := strings.Repeat("x", longLimit)
	for _, path := range []string{"/console/settings/texts", "/console/settings/terms", "/console/settings/countries", deliveryPath, taxesPath, tariffsResetPath} {
		if r, _ := o.asAdmin(path, "seen", "1", "do", "save", "terms", large); r.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: a large form got %d, want 413", path, r.StatusCode)
		}
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		form.WriteField("terms", large)
		form.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.server.URL+path, &body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.AddCookie(&http.Cookie{Name: "session", Value: "admin"})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: a large form with parts got %d, want 413", path, answer.StatusCode)
		}
	}
}
