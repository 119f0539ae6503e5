package accountstest

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// at is an address in a street.
func at(street string) *accountsv1.Address {
	return &accountsv1.Address{Name: "Ana Arco", Line1: street, City: "Porto", PostalCode: "4050-262", Country: "PT"}
}

// save keeps a new address.
func (w World) save(t *testing.T, session, street string) *accountsv1.Address {
	t.Helper()
	saved, err := w.Accounts.SaveAddress(t.Context(), &accountsv1.SaveAddressRequest{Session: session, Address: at(street), IdempotencyKey: id.New()})
	if err != nil {
		t.Fatalf("save an address: %v", err)
	}
	return saved.GetAddress()
}

// streets are those of the account's addresses, in their order.
func (w World) streets(t *testing.T, session string) string {
	t.Helper()
	listed, err := w.Accounts.ListAddresses(t.Context(), &accountsv1.ListAddressesRequest{Session: session})
	if err != nil {
		t.Fatalf("list addresses: %v", err)
	}
	var all []string
	for _, a := range listed.GetAddresses() {
		all = append(all, a.GetLine1())
	}
	return strings.Join(all, ", ")
}

func (w World) profileCases() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"changes the name": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			for _, name := range []string{" Bea Beck ", ""} {
				set, err := w.Accounts.SetProfile(t.Context(), &accountsv1.SetProfileRequest{Session: session, Name: name})
				if err != nil {
					t.Fatal(err)
				}
				if want := strings.TrimSpace(name); set.GetAccount().GetName() != want || w.check(t, session).GetAccount().GetName() != want {
					t.Errorf("got %q, want %q", set.GetAccount().GetName(), want)
				}
			}
			_, err := w.Accounts.SetProfile(t.Context(), &accountsv1.SetProfileRequest{Session: session, Name: "see http://evil.example"})
			wantViolation(t, "a link as name", err, "name")
		},
		"is for sessions": func(t *testing.T) {
			_, err := w.Accounts.SetProfile(t.Context(), &accountsv1.SetProfileRequest{Session: "x", Name: "Ana"})
			wantReason(t, "without a session", err, codes.Unauthenticated, accountsv1.Reason_REASON_NO_SESSION)
		},
	}
}

func (w World) listAddressesCases() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"lists one's own, the first one first": func(t *testing.T) {
			session, other := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			for _, street := range []string{"one", "two", "three"} {
				w.save(t, session, street)
			}
			w.save(t, other, "elsewhere")
			if got := w.streets(t, session); got != "one, three, two" {
				t.Errorf("got %s, want one, three, two", got)
			}
		},
	}
}

func (w World) saveAddressCases() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"changes one of one's own only": func(t *testing.T) {
			session, other := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			saved := w.save(t, session, "one")
			changed := at("changed")
			changed.Id = saved.GetId()
			_, err := w.Accounts.SaveAddress(t.Context(), &accountsv1.SaveAddressRequest{Session: other, Address: changed})
			wantReason(t, "another's", err, codes.NotFound, accountsv1.Reason_REASON_NO_ADDRESS)
			if _, err := w.Accounts.SaveAddress(t.Context(), &accountsv1.SaveAddressRequest{Session: session, Address: changed}); err != nil {
				t.Fatal(err)
			}
			if got := w.streets(t, session); got != "changed" {
				t.Errorf("got %s, want changed", got)
			}
		},
		"repeated makes no second one": func(t *testing.T) {
			session, key := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), id.New()
			for range 2 {
				if _, err := w.Accounts.SaveAddress(t.Context(), &accountsv1.SaveAddressRequest{Session: session, Address: at("one"), IdempotencyKey: key}); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.streets(t, session); got != "one" {
				t.Errorf("got %s, want one", got)
			}
		},
		"keeps 20": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			for range 20 {
				w.save(t, session, "street")
			}
			_, err := w.Accounts.SaveAddress(t.Context(), &accountsv1.SaveAddressRequest{Session: session, Address: at("one more"), IdempotencyKey: id.New()})
			wantReason(t, "the 21st", err, codes.FailedPrecondition, accountsv1.Reason_REASON_TOO_MANY_ADDRESSES)
		},
		"names what is wrong": func(t *testing.T) {
			session := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			_, err := w.Accounts.SaveAddress(t.Context(), &accountsv1.SaveAddressRequest{Session: session, IdempotencyKey: id.New(), Address: &accountsv1.Address{
				Line2: "two\nlines", Region: strings.Repeat("r", 101), PostalCode: strings.Repeat("1", 17), Country: "Portugal",
			}})
			var fields []string
			for _, v := range contract.Violations(err) {
				fields = append(fields, strings.TrimPrefix(v.Field, "address."))
			}
			if got := strings.Join(fields, " "); got != "name line1 line2 city region postal_code country" {
				t.Errorf("got violations of %s, want all seven fields", got)
			}
		},
	}
}

func (w World) useFirstCases() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"makes one of one's own the first": func(t *testing.T) {
			session, other := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			w.save(t, session, "one")
			second := w.save(t, session, "two")
			_, err := w.Accounts.UseAddressFirst(t.Context(), &accountsv1.UseAddressFirstRequest{Session: other, Id: second.GetId()})
			wantReason(t, "another's", err, codes.NotFound, accountsv1.Reason_REASON_NO_ADDRESS)
			if _, err := w.Accounts.UseAddressFirst(t.Context(), &accountsv1.UseAddressFirstRequest{Session: session, Id: second.GetId()}); err != nil {
				t.Fatal(err)
			}
			if got := w.streets(t, session); got != "two, one" {
				t.Errorf("got %s, want two, one", got)
			}
		},
	}
}

func (w World) deleteAddressCases() map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"forgets one of one's own only": func(t *testing.T) {
			session, other := w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER)), w.logIn(t, w.person(t, accountsv1.Role_ROLE_CUSTOMER))
			saved := w.save(t, session, "one")
			w.save(t, session, "two")
			for _, by := range []string{other, session, session} {
				if _, err := w.Accounts.DeleteAddress(t.Context(), &accountsv1.DeleteAddressRequest{Session: by, Id: saved.GetId()}); err != nil {
					t.Fatal(err)
				}
				if got := w.streets(t, session); by == other && got != "one, two" || by == session && got != "two" {
					t.Errorf("got %s", got)
				}
			}
		},
	}
}
