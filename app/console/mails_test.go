package console

import (
	"net/http"
	"testing"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"
)

func TestCustomersAreFound(t *testing.T) {
	o := openOffice(t)
	accounts := accountsv1.NewAccountsServiceClient(o.routes["accounts"].For(certs.Operator))
	if _, err := accounts.CreateAccount(t.Context(), &accountsv1.CreateAccountRequest{
		Email: "zoe@example.org", Name: "Zoë", Password: "nine teapots on a shelf", Role: accountsv1.Role_ROLE_CUSTOMER,
	}); err != nil {
		t.Fatal(err)
	}
	o.shows("/console/customers?q=zoe", "zoe@example.org", "Zoë", "/console/orders?q=zoe%40example.org")
	o.shows("/console/customers?state=staff", "no such accounts")
	o.shows("/console/mails", "There are no mails")
	if r, _ := o.ask("GET", "/console/mails/nothing", "operator", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown mail: got %d, want 404", r.StatusCode)
	}
}
