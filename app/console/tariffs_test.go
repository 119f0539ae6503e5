package console

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/certs"
)

// sheet is the form of a page of tariffs, as a browser has it.
type sheet struct {
	*office
	path string
	url.Values
}

// opens asks for a page as the administrator, and takes its form.
func (o *office) opens(path string) *sheet {
	o.t.Helper()
	r, body := o.ask("GET", path, "admin", nil)
	if r.StatusCode != http.StatusOK {
		o.t.Fatalf("%s: got %d", path, r.StatusCode)
	}
	s := &sheet{office: o, path: path}
	s.take(body)
	return s
}

// take takes the fields of the form that a page has.
func (s *sheet) take(body string) {
	s.t.Helper()
	page, err := html.Parse(strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	s.Values = url.Values{}
	for n := range page.Descendants() {
		if n.Type == html.ElementNode && n.Data == "input" {
			of := map[string]string{}
			for _, a := range n.Attr {
				of[a.Key] = a.Val
			}
			s.Add(of["name"], of["value"])
		}
	}
}

// types changes the field that has a text.
func (s *sheet) types(field, before, now string) {
	s.t.Helper()
	at := slices.Index(s.Values[field], before)
	if at < 0 {
		s.t.Fatalf("no field %s has %q, of %q", field, before, s.Values[field])
	}
	s.Values[field][at] = now
}

// presses sends the form by one of its buttons, and takes the form that comes back.
func (s *sheet) presses(do string, want int) string {
	s.t.Helper()
	s.Set("do", do)
	r, body := s.ask("POST", s.path, "admin", s.Values)
	if r.StatusCode != want {
		s.t.Fatalf("%s: got %d, want %d: %.2000s", do, r.StatusCode, want, body)
	}
	if r.StatusCode != http.StatusSeeOther {
		s.take(body)
	}
	return body
}

// wrong is what stands beside a field that has a text.
func wrong(t *testing.T, body, id string) string {
	t.Helper()
	found := regexp.MustCompile(`<p class="wrong" id="` + id + `-problem">([^<]*)</p>`).FindStringSubmatch(body)
	if found == nil {
		t.Errorf("nothing is said to be wrong with the field %s", id)
		return ""
	}
	return html.UnescapeString(found[1])
}

func (o *office) tariffs() *pricingv1.GetTariffsResponse {
	o.t.Helper()
	got, err := pricingv1.NewPricingServiceClient(o.routes["pricing"].For(certs.Operator)).GetTariffs(o.t.Context(), &pricingv1.GetTariffsRequest{})
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

func TestAnAdministratorChangesDelivery(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for _, path := range []string{deliveryPath, taxesPath} {
		if body := o.shows(path, "as the configuration file says", "readonly"); strings.Contains(body, `name="do"`) {
			t.Errorf("%s: an operator is offered to change it", path)
		}
		if r, _ := o.post(path, "seen", "x", "do", "save"); r.StatusCode != http.StatusForbidden {
			t.Errorf("%s: an operator changes it: got %d", path, r.StatusCode)
		}
	}
	if r, _ := o.ask("GET", tariffsResetPath, "operator", nil); r.StatusCode != http.StatusForbidden {
		t.Errorf("an operator is asked whether to return to the configuration: got %d", r.StatusCode)
	}

	s := o.opens(deliveryPath) // express is option 0, standard 1
	s.types("o1-rate", "home 4.90 EUR up to 5kg", "  home  5.20 EUR up to 5kg ")
	s.presses("add zone", http.StatusOK)
	s.types("zone", "", "islands")
	s.types("countries", "", "nz, fj")
	s.presses("add option", http.StatusOK)
	s.Set("o2-id", "canoe")
	s.Set("o2-name", "By <canoe>")
	if body := s.presses("add rate 2", http.StatusOK); !strings.Contains(body, `id="o2-rate-1"`) || !regexp.MustCompile(`id="o2-rate-1"[^>]* autofocus`).MatchString(body) {
		t.Error("the new row is not where the person goes on")
	}
	s.Values["o2-rate"] = []string{"", "islands 7 EUR"}
	s.presses("remove day 0 3", http.StatusOK)
	s.presses("remove zone 1", http.StatusOK) // europe
	for i := len(s.Values["o1-rate"]) - 1; i >= 0; i-- {
		if strings.HasPrefix(s.Values["o1-rate"][i], "europe ") {
			s.Values["o1-rate"] = slices.Delete(s.Values["o1-rate"], i, i+1)
		}
	}
	if o.tariffs().GetChanged() {
		t.Error("a button that only edits the form has saved")
	}
	body := s.presses("save", http.StatusConflict)
	if got := wrong(t, body, "o1-day-2"); got != "names the zone europe, which is not in zones" {
		t.Errorf("got %q", got)
	}
	s.Values["o1-day"] = slices.Delete(s.Values["o1-day"], 2, 3)
	s.Values["o0-day"] = slices.DeleteFunc(s.Values["o0-day"], func(text string) bool { return strings.HasPrefix(text, "europe ") })
	s.Values["o0-rate"] = slices.DeleteFunc(s.Values["o0-rate"], func(text string) bool { return strings.HasPrefix(text, "europe ") })
	s.presses("save", http.StatusSeeOther)
	got := o.tariffs().GetTariffs()
	if got.GetDelivery()["standard"].GetRates()[0] != "home 5.20 EUR up to 5kg" || got.GetDelivery()["canoe"].GetRates()[0] != "islands 7.00 EUR" ||
		strings.Join(got.GetZones()["islands"].GetCountries(), " ") != "NZ FJ" || got.GetZones()["europe"] != nil || len(got.GetDelivery()["express"].GetDays()) != 2 {
		t.Errorf("got %v", got)
	}
	o.shows(deliveryPath+"?done=saved", "as changed here", "By &lt;canoe&gt;", "Saved: it holds")
	e := o.noted()
	if e.Action != "changed" || e.Thing != "delivery" || e.Who != "admin@example.org" || !strings.Contains(e.From, "delivery standard, prices: home 4.90 EUR up to 5kg") ||
		!strings.Contains(e.To, "delivery standard, prices: home 5.20 EUR up to 5kg") || !strings.Contains(e.To, "zone islands: NZ, FJ") || !strings.Contains(e.To, "islands 7.00 EUR") || strings.Contains(e.From, "9.90 EUR up to 31.5kg, home") {
		t.Errorf("the audit log says %+v", e)
	}
	// The same form again changes nothing, and says so.
	again := o.opens(deliveryPath)
	again.types("o2-rate", "home 5.20 EUR up to 5kg", "home 5.20 EUR up to 5000g")
	again.Set("do", "save")
	if r, _ := o.ask("POST", deliveryPath, "admin", again.Values); !strings.HasSuffix(r.Header.Get("Location"), "?done=same") {
		t.Errorf("nothing changed: got %d to %s", r.StatusCode, r.Header.Get("Location"))
	}
}

func TestWhatIsWrongWithTariffsStandsBesideTheField(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for _, row := range []struct {
		path, field, before, now, at, want string
	}{
		{deliveryPath, "country", "DE", "D", "country", "is a country of ISO 3166-1"},
		{deliveryPath, "countries", "AD AL BA CH FO GB GG GI IM IS JE LI MC MD ME MK NO RS SM UA VA XK", "Sweden", "zone-1", `has "SWEDEN"`},
		{deliveryPath, "zone", "europe", "eu", "zone-1", "there is another zone with this name"},
		{deliveryPath, "o1-id", "standard", "express", "o1-id", "there is another option with this id"},
		{deliveryPath, "o1-name", "Standard delivery", " ", "o1-name", "is needed"},
		{deliveryPath, "o1-rate", "home 4.90 EUR up to 5kg", "home -1 EUR", "o1-rate-0", `"home -1 EUR" is not a price such as`},
		{deliveryPath, "o1-rate", "home 9.90 EUR up to 31.5kg", "home 5 XYZ", "o1-rate-1", `unknown currency "XYZ"`},
		{deliveryPath, "o1-day", "eu 4-7", "eu 7-4", "o1-day-1", "ends before it begins"},
		{taxesPath, "tax", "VAT included 25%", "VAT included 125%", "place-6-tax", `"125%" is not a rate from 0% to 100%`},
		{taxesPath, "place", "DK", "Denmark", "place-6-tax", "is not a country such as DE"},
		{taxesPath, "place", "DK", "de", "place-6", "there is another row for this place"},
	} {
		s := o.opens(row.path)
		s.types(row.field, row.before, row.now)
		body := s.presses("save", http.StatusConflict)
		if got := wrong(t, body, row.at); !strings.Contains(got, row.want) {
			t.Errorf("%s %q: got %q, want %q", row.field, row.now, got, row.want)
		}
		if !slices.Contains(s.Values[row.field], row.now) || !strings.Contains(body, `aria-describedby="`+row.at+`-problem"`) {
			t.Errorf("%s %q: what was typed is gone, or not marked", row.field, row.now)
		}
		if !regexp.MustCompile(`id="` + row.at + `"[^>]* autofocus`).MatchString(body) {
			t.Errorf("%s %q: the person does not go on at the field", row.field, row.now)
		}
	}
	// What is about no field is said above.
	s := o.opens(deliveryPath)
	s.presses("remove option 0", http.StatusOK)
	s.presses("remove option 0", http.StatusOK)
	if body := s.presses("save", http.StatusConflict); !strings.Contains(body, "at least one option with a rate") {
		t.Errorf("no delivery at all: got %.2000s", body)
	}
	if o.tariffs().GetChanged() {
		t.Error("what was refused is saved")
	}
	for _, do := range []string{"", "jump", "add moon", "remove zone", "remove zone x", "remove zone 99", "remove zone -1", "add rate 99", "add rate", "remove rate 0", "remove option 0 0"} {
		s := o.opens(deliveryPath)
		s.presses(do, http.StatusBadRequest)
	}
	if r, _ := o.asAdmin(taxesPath, "do", "save"); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a form without a version: got %d", r.StatusCode)
	}
}

func TestTwoAdministratorsChangeTariffs(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	late, early := o.opens(taxesPath), o.opens(taxesPath)
	early.types("tax", "VAT included 25%", "VAT included 24%")
	early.presses("save", http.StatusSeeOther)
	late.types("place", "DK", "NO")
	body := late.presses("save", http.StatusConflict)
	for _, want := range []string{"another change was saved", "tax of DK", "VAT included 24%", "tax of NO"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	late.presses("save", http.StatusSeeOther) // having seen it
	if got := o.tariffs().GetTariffs().GetTaxes(); got["NO"] != "VAT included 25%" || got["DK"] != "" {
		t.Errorf("got %q and %q", got["NO"], got["DK"])
	}
}

func TestAnAdministratorReturnsToTheConfiguration(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	if r, _ := o.ask("GET", tariffsResetPath, "admin", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("with nothing to return from: got %d", r.StatusCode)
	}
	s := o.opens(taxesPath)
	s.presses("add tax", http.StatusOK)
	s.types("place", "", "nz")
	s.types("tax", "", "GST included 15%, haka 3%")
	s.presses("save", http.StatusSeeOther)
	if r, body := o.ask("GET", taxesPath, "admin", nil); r.StatusCode != http.StatusOK || !strings.Contains(body, tariffsResetPath) || !strings.Contains(body, "haka") {
		t.Errorf("got %d without the way back, or the new class", r.StatusCode)
	}
	if r, body := o.asAdmin(tariffsResetPath, "seen", "another"); r.StatusCode != http.StatusConflict || !strings.Contains(body, "tax of NZ") {
		t.Errorf("of another version: got %d", r.StatusCode)
	}
	question := o.opens(tariffsResetPath)
	if question.presses("", http.StatusSeeOther); o.tariffs().GetChanged() {
		t.Error("the configuration does not hold")
	}
	if e := o.noted(); e.Action != "returned to the configuration of" || e.Thing != "delivery and taxes" || e.From != "tax of NZ: GST included 15%, haka 3%" || e.To != "" {
		t.Errorf("the audit log says %+v", e)
	}
}

func TestTheTaxClassOfAProductIsChosen(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := o.addLamp()
	form := typedProduct()
	form.Set("v0-tax", "haka")
	form.Set("v1-tax", "books")
	form.Set("version", o.version(at))
	o.sends(at, form, http.StatusSeeOther)
	chosen := func() (all []string) {
		t.Helper()
		for _, m := range regexp.MustCompile(`<option value="([^"]*)" selected>([^<]*)<`).FindAllStringSubmatch(o.page(at), -1) {
			all = append(all, m[1]+": "+m[2])
		}
		return all
	}
	if got := strings.Join(chosen(), "; "); !strings.HasPrefix(got, "haka: haka, which no tax names: standard; books: books") {
		t.Errorf("got %q, want the class that no tax has kept, and one that a tax has chosen", got)
	}
	s := o.opens(taxesPath)
	s.types("tax", "VAT included 25%", "VAT included 25%, haka 3%")
	s.presses("save", http.StatusSeeOther)
	if got := strings.Join(chosen(), "; "); !strings.HasPrefix(got, "haka: haka; books: books") {
		t.Errorf("got %q, want the class of the new tax", got)
	}
}

func TestTariffsAreTriedBeforeTheyAreSaved(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	s := o.opens(deliveryPath)
	s.types("o1-rate", "home 4.90 EUR up to 5kg", "home 5.20 EUR up to 5kg")
	tries := func(want int, place, goods, weight string, texts ...string) string {
		t.Helper()
		s.Set(tryPlace, place)
		s.Set(tryGoods, goods)
		s.Set(tryWeight, weight)
		body := s.presses("try", want)
		for _, text := range texts {
			if !strings.Contains(html.UnescapeString(body), text) {
				t.Errorf("%s, %s, %s: the page lacks %q", place, goods, weight, text)
			}
		}
		return body
	}
	tries(http.StatusOK, "de", "50", "1000", "Standard delivery", "€5.20", "2–4", "Express delivery", "in all: €55.20, including VAT 19 %, €8.81.")
	tries(http.StatusOK, "US-CA", "20 usd", "500", "$21.90", "in all: $44.94, with Sales tax 7.25 %, $3.04.")
	tries(http.StatusConflict, "DE", "5 XYZ", "1000")
	tries(http.StatusOK, "NZ", "20 EUR", "500", "€19.90", "in all: €39.90, without tax.")
	tries(http.StatusOK, "DE", "20 EUR", "40000", "Nothing is sent there in EUR")
	if o.tariffs().GetChanged() {
		t.Error("trying has saved")
	}
	for field, says := range map[string]string{tryPlace: "is a country", tryGoods: "is an amount such as 50.00 EUR", tryWeight: "is between 0 and 1000000"} {
		typed := map[string]string{tryPlace: "DE", tryGoods: "50 EUR", tryWeight: "1000"}
		typed[field] = "-1"
		body := tries(http.StatusConflict, typed[tryPlace], typed[tryGoods], typed[tryWeight])
		if got := wrong(t, body, field); !strings.Contains(got, says) {
			t.Errorf("%s: got %q, want %q", field, got, says)
		}
	}
	s.types("o1-rate", "home 5.20 EUR up to 5kg", "home 5.20")
	if got := wrong(t, tries(http.StatusConflict, "DE", "50 EUR", "1000"), "o1-rate-0"); !strings.Contains(got, "is not a price") {
		t.Errorf("a bad price: got %q", got)
	}
}
