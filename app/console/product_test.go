package console

import (
	"bytes"
	"context"
	"html"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc"

	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/certs"
)

// typedProduct is a form of a product with two variants.
func typedProduct() url.Values {
	return url.Values{
		"name": {"Oak lamp"}, "category": {"lamps"}, "description": {"It glows."}, "tags": {"oak, warm"}, "attributes": {"Material: Oak"},
		"options": {"Size: S, M"}, "active": {"yes"}, "version": {""},
		"v0-sku": {"LAMP-S"}, "v0-options": {"S"}, "v0-prices": {"EUR 12.50 was 15, USD 14"}, "v0-weight": {"300"}, "v0-active": {"yes"},
		"v1-sku": {"LAMP-M"}, "v1-options": {"M"}, "v1-prices": {"20"}, "v1-active": {"yes"},
	}
}

var (
	formOf    = regexp.MustCompile(`<form id="product" action="(/console/products/[a-z0-9]+)"`)
	versionOf = regexp.MustCompile(`name="version" value="([^"]*)"`)
)

// sends posts a form as the operator.
func (o *office) sends(path string, form url.Values, want int, texts ...string) string {
	o.t.Helper()
	r, body := o.ask("POST", path, "operator", form)
	if r.StatusCode != want {
		o.t.Fatalf("%s: got %d, want %d: %.3000s", path, r.StatusCode, want, body)
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(body), text) {
			o.t.Errorf("%s lacks %q", path, text)
		}
	}
	return body
}

// addLamp adds the product of typedProduct, and gives its address.
func (o *office) addLamp() string {
	o.t.Helper()
	at := formOf.FindStringSubmatch(o.page("/console/products/new"))[1]
	o.sends(at, typedProduct(), http.StatusSeeOther)
	return at
}

func (o *office) version(at string) string {
	o.t.Helper()
	return versionOf.FindStringSubmatch(o.page(at))[1]
}

func TestAProductIsAddedChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := o.addLamp()
	o.sends(at, typedProduct(), http.StatusSeeOther) // sent twice: one product
	o.shows(at, "Oak lamp", "EUR 12.50 was 15.00, USD 14.00", "EUR 20.00", "Material: Oak")
	o.shows("/console/products?q=lamp-m", "Oak lamp", "LAMP-S, LAMP-M")
	if body := o.page("/console/products?state=withdrawn"); strings.Contains(body, "Oak lamp") {
		t.Error("a product that is sold is in the list of the withdrawn")
	}
	change := typedProduct()
	change.Set("version", o.version(at))
	change.Set("slug", "oak-lamp")
	change.Set("v1-prices", "21")
	o.sends(at, change, http.StatusSeeOther)
	o.shows(at, "EUR 21.00", "Take the last change back")
	o.shows("/console/audit", "LAMP-M prices: EUR 20.00", "LAMP-M prices: EUR 21.00", "product oak-lamp", "olga@example.org")
	o.sends(at+"/undo", url.Values{"version": {o.version(at)}}, http.StatusSeeOther)
	if body := o.shows(at, "EUR 20.00"); strings.Contains(body, "Take the last change back") {
		t.Error("what was taken back can be taken back")
	}
	if r, body := o.ask("GET", "/console/products.csv", "operator", nil); r.StatusCode != http.StatusOK || !strings.Contains(body, "LAMP-M,Oak lamp,oak-lamp,lamps,M,EUR 20.00,0,,yes") {
		t.Errorf("the list as CSV: got %d, %s", r.StatusCode, body)
	}
}

// twoCopies is a catalog of which one copy gets what is written, and the other one what is
// asked.
type twoCopies struct {
	catalogv1.CatalogServiceClient
	written catalogv1.CatalogServiceClient
}

func (c twoCopies) UpsertProducts(ctx context.Context, in *catalogv1.UpsertProductsRequest, o ...grpc.CallOption) (*catalogv1.UpsertProductsResponse, error) {
	return c.written.UpsertProducts(ctx, in, o...)
}

func TestAChangeIsShownByWhicheverCopyAnswers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.connect("catalog copy", &catalogv1.CatalogService_ServiceDesc, o.catalog.Copy())
	o.needs.Catalog = twoCopies{catalogv1.NewCatalogServiceClient(o.connected["catalog copy"]), o.needs.Catalog}
	people := newTeam()
	o.sign(people)
	o.scene = openWith(t, people, o.needs)
	at := o.addLamp()
	change := typedProduct()
	change.Set("version", o.version(at))
	change.Set("v1-prices", "21")
	o.sends(at, change, http.StatusSeeOther)
	o.shows(at+"?done=saved", "The product is saved.", "EUR 21.00")
	o.sends(at+"/undo", url.Values{"version": {o.version(at)}}, http.StatusSeeOther)
	if body := o.shows(at+"?done=undone", "The change is taken back.", "EUR 20.00"); strings.Contains(body, "Take the last change back") {
		t.Error("what was taken back can be taken back")
	}
	o.shows("/console/audit", "took back a change of", "LAMP-M prices: EUR 20.00", "LAMP-M prices: EUR 21.00")
}

func TestPicturesAreOrderedTakenOutAndDescribed(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := o.addLamp()
	save := func(want string, change map[string]string) {
		t.Helper()
		got, err := o.needs.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Ids: []string{strings.TrimPrefix(at, "/console/products/")}})
		if err != nil {
			t.Fatal(err)
		}
		form := productValues(got.GetProducts()[0])
		form.Set("version", got.GetProducts()[0].GetVersion())
		for name, value := range change {
			form.Set(name, value)
		}
		o.sends(at, form, http.StatusSeeOther)
		got, err = o.needs.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Ids: []string{got.GetProducts()[0].GetId()}})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, picture := range got.GetProducts()[0].GetPictures() {
			all = append(all, picture.GetName()+picture.GetAlt())
		}
		if got := strings.Join(all, " "); got != want {
			t.Errorf("after %v: got %q, want %q", change, got, want)
		}
	}
	save("a b c d", map[string]string{"add-pictures": "a, b, c, d"})
	save("d a b c", map[string]string{"p3-at": "1"})
	save("a b d c", map[string]string{"p0-at": "3"})
	save("b a d c", map[string]string{"p0-at": "2", "p1-at": "1"})
	save("b=Its-foot d c", map[string]string{"p1-at": takeOut, "p0-alt": "=Its-foot"})
	save("c b=Its-foot e", map[string]string{"p1-at": takeOut, "p2-at": "1", "add-pictures": "e"})
	o.shows(at, `name="p1-alt" type="text" value="=Its-foot"`, "1, also in lists")
	o.shows("/console/audit", "b shows: =Its-foot")
}

func TestTwoWhoChangeAProductDoNotOverwriteEachOther(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := o.addLamp()
	hers, his := typedProduct(), typedProduct()
	hers.Set("version", o.version(at))
	his.Set("version", o.version(at))
	hers.Set("name", "Her lamp")
	his.Set("name", "His lamp")
	o.sends(at, hers, http.StatusSeeOther)
	body := o.sends(at, his, http.StatusConflict, "another person changed the product meanwhile", "name: Her lamp", `value="His lamp"`)
	o.shows(at, "Her lamp")
	his.Set("version", versionOf.FindStringSubmatch(body)[1])
	o.sends(at, his, http.StatusSeeOther)
	o.shows(at, "His lamp")
}

func TestAWrongProductIsRefusedInWordsAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := formOf.FindStringSubmatch(o.page("/console/products/new"))[1]
	for field, c := range map[string]struct{ value, says string }{
		"v0-prices":  {"EUR twelve", `"EUR twelve" is no price`},
		"v0-weight":  {"heavy", "no whole number of grams"},
		"options":    {"Size S", "no colon"},
		"v1-options": {"XL", "Is none of the values of Size"},
		"v1-sku":     {"with space", "1 to 64 letters"},
		"v1-tax":     {"Reduced", "32 lower-case letters"},
		"name":       {" ", "1 to 200 characters"},
		"tags":       {"oak, " + strings.Repeat("a", 51), "Number 2: Has 1 to 50 characters"},
		addPictures:  {"a.svg, a.svg", "name of a picture before it"},
		"v2-prices":  {"EUR 1", "a price and no sku"},
	} {
		form := typedProduct()
		form.Set(field, c.value)
		body := o.sends(at, form, http.StatusConflict, "This was not saved: 1 field is wrong", c.says, c.value, "It glows.")
		beside := regexp.MustCompile(`<p id="(product-[^"]+)" class="problem">([^<]+)<`).FindAllStringSubmatch(html.UnescapeString(body), -1)
		if field == "v2-prices" {
			field = "v2-sku" // which is what is missing
		}
		if len(beside) != 1 || beside[0][1] != "product-"+field+"-problem" || !strings.Contains(beside[0][2], c.says) {
			t.Errorf("%s: what is wrong is said at %v, want at the field only", field, beside)
		}
		tied := regexp.MustCompile(`<(?:input|textarea|select)[^>]* name="` + field + `"[^>]*aria-describedby="product-` + field + `-problem"[^>]*>`).FindString(body)
		if !strings.Contains(tied, "autofocus") || !strings.Contains(tied, `aria-invalid="true"`) || strings.Count(body, "autofocus") != 1 {
			t.Errorf("%s: its field is %q, want it tied to what is wrong, with the cursor in it", field, tied)
		}
	}
	other := openOffice(t)
	taken := other.addLamp()
	again := typedProduct()
	again.Set("v0-sku", "LAMP-L")
	fresh := formOf.FindStringSubmatch(other.page("/console/products/new"))[1]
	other.sends(fresh, again, http.StatusConflict, `id="product-v1-sku-problem"`, "Another product has this sku")
	again.Set("v1-sku", "LAMP-XL")
	again.Set("slug", "oak-lamp")
	body := other.sends(fresh, again, http.StatusConflict, `id="product-slug-problem"`)
	if strings.Contains(body, taken) {
		t.Error("the form is that of the other product")
	}
}

func TestProductsAreWithdrawnAndOfferedAgainTogether(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := o.addLamp()
	id := strings.TrimPrefix(at, "/console/products/")
	for _, to := range []string{"withdraw", "offer"} {
		o.sends("/console/products/sell", url.Values{"chosen": {id}, "to": {to}}, http.StatusSeeOther)
		got, err := o.needs.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Ids: []string{id}})
		if err != nil || got.GetProducts()[0].GetActive() != (to == "offer") {
			t.Errorf("%s: got %v, %v", to, got, err)
		}
	}
	o.shows("/console/audit", "withdrew", "offered again")
	o.sends("/console/products/sell", url.Values{"to": {"withdraw"}}, http.StatusBadRequest, "choose up to 60")
}

// upload sends a file as a picture of a product.
func (o *office) upload(at string, data []byte) (int, string) {
	o.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("picture", "photo.png")
	if err != nil {
		o.t.Fatal(err)
	}
	part.Write(data)
	w.Close()
	r, err := http.NewRequestWithContext(o.t.Context(), "POST", o.server.URL+at+"/pictures", &body)
	if err != nil {
		o.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: "session", Value: "operator"})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	var b strings.Builder
	if _, err := copyTo(&b, answer); err != nil {
		o.t.Fatal(err)
	}
	return answer.StatusCode, html.UnescapeString(b.String())
}

func TestAPictureIsUploadedOnceAndWhatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := o.addLamp()
	var file, bomb bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 700, 500))); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&bomb, image.NewGray(image.Rect(0, 0, 9000, 9000))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if code, body := o.upload(at, file.Bytes()); code != http.StatusSeeOther {
			t.Fatalf("a picture: got %d: %.600s", code, body)
		}
	}
	page := o.page(at)
	name := regexp.MustCompile(`src="/pictures/(oak-lamp-[0-9a-f]{12}\.jpg)"`).FindAllStringSubmatch(page, -1)
	if len(name) != 1 {
		t.Fatalf("a picture that was sent twice: got %v, want it once", name)
	}
	if p, ok := o.needs.Pictures.Find(name[0][1]); !ok || len(p.Sizes) != 3 {
		t.Errorf("the picture is kept as %v, want three sizes", p)
	}
	o.shows("/console/audit", "added a picture to", name[0][1])
	for says, data := range map[string][]byte{"save it as JPEG": []byte("<svg/>"), "million are the most": bomb.Bytes(), "choose a file": nil} {
		if code, body := o.upload(at, data); code != http.StatusConflict || !strings.Contains(body, says) {
			t.Errorf("got %d, want it refused with %q: %.900s", code, says, body)
		}
	}
	if code, _ := o.upload(at, make([]byte, pictureLimit+1)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a file of more than the most: got %d", code)
	}
}

func TestAProductThatTheFormWouldChangeIsNotSaved(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := o.addLamp()
	got, err := o.needs.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Ids: []string{strings.TrimPrefix(at, "/console/products/")}})
	if err != nil {
		t.Fatal(err)
	}
	p := got.GetProducts()[0]
	p.Tags = []string{"warm, soft"}
	catalog := catalogv1.NewCatalogServiceClient(o.routes["catalog"].For(certs.Operator))
	if _, err := catalog.UpsertProducts(t.Context(), &catalogv1.UpsertProductsRequest{Products: got.GetProducts()}); err != nil {
		t.Fatal(err)
	}
	o.shows(at, "be saved here")
	form := typedProduct()
	form.Set("version", o.version(at))
	form.Set("name", "Another lamp")
	o.sends(at, form, http.StatusConflict, "be saved here", "by the API or by an import")
	got, err = o.needs.Catalog.GetProducts(t.Context(), &catalogv1.GetProductsRequest{Ids: []string{p.GetId()}})
	if err != nil || got.GetProducts()[0].GetName() != "Oak lamp" || got.GetProducts()[0].GetTags()[0] != "warm, soft" {
		t.Errorf("got %v, %v, want the product as it was", got, err)
	}
}

func TestAProductOfTheMostVariantsIsSaved(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	at := formOf.FindStringSubmatch(o.page("/console/products/new"))[1]
	form := typedProduct()
	var sizes []string
	for i := range mostVariants {
		n := strconv.Itoa(i)
		size := "Size " + n
		sizes = append(sizes, size)
		form.Set(variantField(i, "sku"), "LAMP-"+n)
		form.Set(variantField(i, "options"), size)
		form.Set(variantField(i, "prices"), "EUR 12.50"+strings.Repeat(" ", 600))
	}
	form.Set("options", "Size: "+strings.Join(sizes, ", "))
	if n := len(form.Encode()); n <= formLimit {
		t.Fatalf("the form has %d bytes, want more than other forms may have", n)
	}
	r, body := o.ask("POST", at, "operator", form)
	if r.StatusCode != http.StatusSeeOther {
		t.Errorf("got %d: %.2000s", r.StatusCode, body)
	}
}
