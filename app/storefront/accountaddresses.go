package storefront

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/storefront/internal/page"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/countries"
	"galleria/platform/id"
)

// prefill fills in what an account knows: the e-mail address and the name, and the
// address that was chosen or is used first. What the visitor has given already stays. It
// answers the addresses to choose from. Without accounts the form is empty, as a guest's.
func (s *Storefront) prefill(ctx context.Context, c echo.Context, f form) []page.Known {
	me, err := s.session(ctx, c)
	var listed *accountsv1.ListAddressesResponse
	if err == nil && me != nil {
		listed, err = s.Accounts.ListAddresses(ctx, &accountsv1.ListAddressesRequest{Session: s.edge.Session(c.Request())})
	}
	if err != nil {
		s.log.WarnContext(ctx, "the checkout could not be filled in from the account", "request_id", requestID(c), "error", err)
	}
	if err != nil || me == nil {
		return nil
	}
	given := c.QueryParams()
	fill := func(values map[string]string) {
		for name, value := range values {
			if !given.Has(name) {
				f.values[name] = value
			}
		}
	}
	fill(map[string]string{"email": me.GetAccount().GetEmail(), "name": me.GetAccount().GetName()})
	wanted, typed := given.Get("address"), given.Has("country") || given.Has("line1")
	var choices []page.Known
	for i, a := range listed.GetAddresses() {
		chosen := !typed && (a.GetId() == wanted || wanted == "" && i == 0)
		if chosen {
			fill(typedIn(a))
		}
		choices = append(choices, page.Known{
			Text: strings.Join([]string{a.GetName(), a.GetLine1(), a.GetCity()}, ", "), Href: "/checkout?address=" + url.QueryEscape(a.GetId()), Chosen: chosen,
		})
	}
	return choices
}

// typedIn is an address as it is typed into a form.
func typedIn(a *accountsv1.Address) map[string]string {
	return map[string]string{
		"name": a.GetName(), "line1": a.GetLine1(), "line2": a.GetLine2(), "city": a.GetCity(), "region": a.GetRegion(),
		"postal_code": a.GetPostalCode(), "country": a.GetCountry(),
	}
}

// accountAddresses lists the addresses, with a form for a new one or one to change.
func (s *Storefront) accountAddresses(c echo.Context) error {
	return s.inSession(c, false, func(ctx context.Context, _ *accountsv1.CheckSessionResponse) error {
		return s.showAddresses(ctx, c, http.StatusOK, c.QueryParam("change"), nil)
	})
}

// showAddresses shows them with a form for the one of an id, or a new one; typed, if it is
// not nil, is what the form holds.
func (s *Storefront) showAddresses(ctx context.Context, c echo.Context, code int, change string, typed *page.Form) error {
	listed, err := s.Accounts.ListAddresses(ctx, &accountsv1.ListAddressesRequest{Session: s.edge.Session(c.Request())})
	if err != nil {
		return err
	}
	v := page.Addresses{Frame: s.frame("Your addresses", s.departmentsIfQuick(ctx)), Form: s.addressForm("", map[string]string{})}
	v.NoIndex = true
	for _, a := range listed.GetAddresses() {
		v.Addresses = append(v.Addresses, page.Address{ID: a.GetId(), Lines: linesOf(a)})
		if a.GetId() == change {
			v.Form = s.addressForm(change, typedIn(a))
		}
	}
	if typed != nil {
		v.Notice, v.Form = typed.Notice, *typed
		v.Form.Notice = nil
	}
	return s.once(c, code, s.countOf(c), page.AddressesPage(v))
}

func linesOf(a *accountsv1.Address) []string {
	var all []string
	for _, line := range []string{a.GetName(), a.GetLine1(), a.GetLine2(), strings.TrimSpace(a.GetPostalCode() + " " + a.GetCity()), a.GetRegion(), countries.Name(a.GetCountry())} {
		if line != "" {
			all = append(all, line)
		}
	}
	return all
}

func (s *Storefront) addressForm(address string, values map[string]string) page.Form {
	f := page.Form{
		Heading: "Add an address", Action: "/account/addresses", Submit: "Save this address",
		Hidden: []page.Hidden{{Name: "id", Value: address}, {Name: "idempotency_key", Value: id.New()}},
		Fields: []page.Field{
			{Name: "name", Label: "Full name", Auto: "name", Length: "100", Need: true},
			{Name: "line1", Label: "Street and number", Auto: "address-line1", Length: "100", Need: true},
			{Name: "line2", Label: "Floor, flat or company (optional)", Auto: "address-line2", Length: "100"},
			{Name: "postal_code", Label: "Postal code", Auto: "postal-code", Length: "16", Need: true},
			{Name: "city", Label: "City", Auto: "address-level2", Length: "100", Need: true},
			{Name: "region", Label: "State or province (optional)", Auto: "address-level1", Length: "100"},
			{Name: "country", Label: "Country", Auto: "country", Need: true, Options: append([]page.Option{{Name: "Choose a country"}}, s.countryOptions(values["country"])...)},
		},
	}
	if address != "" {
		f.Heading = "Change this address"
	}
	for i := range f.Fields {
		f.Fields[i].Value = values[f.Fields[i].Name]
	}
	return f
}

func (s *Storefront) saveAddress(c echo.Context) error {
	if err := parseForm(c); err != nil {
		return err
	}
	return s.inSession(c, true, func(ctx context.Context, _ *accountsv1.CheckSessionResponse) error {
		typed, values := c.Request().PostForm, map[string]string{}
		for name := range typed {
			values[name] = strings.ToValidUTF8(typed.Get(name), "")
		}
		_, err := s.Accounts.SaveAddress(ctx, &accountsv1.SaveAddressRequest{
			Session: s.edge.Session(c.Request()), IdempotencyKey: values["idempotency_key"],
			Address: &accountsv1.Address{
				Id: values["id"], Name: values["name"], Line1: values["line1"], Line2: values["line2"], City: values["city"], Region: values["region"],
				PostalCode: values["postal_code"], Country: values["country"],
			},
		})
		f := s.addressForm(values["id"], values)
		for i := range f.Fields { // as accounts calls them
			f.Fields[i].Called = "address." + f.Fields[i].Name
		}
		if f, marked := withViolations(f, err); marked {
			return s.showAddresses(ctx, c, http.StatusUnprocessableEntity, "", &f)
		}
		switch {
		case contract.Is(err, accountsv1.Reason_REASON_TOO_MANY_ADDRESSES):
			f.Notice = &page.Notice{Bad: true, Title: "There is no room for another one", Text: "Delete an address that you do not need any more first."}
			return s.showAddresses(ctx, c, http.StatusConflict, "", &f)
		case contract.Is(err, accountsv1.Reason_REASON_NO_ADDRESS):
			return echo.ErrNotFound
		case err != nil:
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/account/addresses")
	})
}

func (s *Storefront) useAddressFirst(c echo.Context) error {
	return s.withAddress(c, func(ctx context.Context, session, address string) error {
		_, err := s.Accounts.UseAddressFirst(ctx, &accountsv1.UseAddressFirstRequest{Session: session, Id: address})
		if contract.Is(err, accountsv1.Reason_REASON_NO_ADDRESS) {
			return echo.ErrNotFound
		}
		return err
	})
}

func (s *Storefront) deleteAddress(c echo.Context) error {
	return s.withAddress(c, func(ctx context.Context, session, address string) error {
		_, err := s.Accounts.DeleteAddress(ctx, &accountsv1.DeleteAddressRequest{Session: session, Id: address})
		return err
	})
}

// withAddress does something with the address that a form names, and leads back.
func (s *Storefront) withAddress(c echo.Context, do func(ctx context.Context, session, address string) error) error {
	if err := parseForm(c); err != nil {
		return err
	}
	return s.inSession(c, true, func(ctx context.Context, _ *accountsv1.CheckSessionResponse) error {
		if err := do(ctx, s.edge.Session(c.Request()), strings.ToValidUTF8(c.Request().PostForm.Get("id"), "")); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/account/addresses")
	})
}
