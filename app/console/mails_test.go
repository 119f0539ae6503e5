package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/certs"

	"galleria/app/demo"
	pricingv1 "galleria/modules/pricing/v1"
)

func TestAPromotionIsEndedOnlyWhenThePersonIsSure(t *testing.T) {
	o := openOffice(t)
	pricing := pricingv1.NewPricingServiceClient(o.routes["pricing"].For(certs.Operator))
	promotions := demo.Promotions(time.Now())
	if _, err := pricing.UpsertPromotions(t.Context(), &pricingv1.UpsertPromotionsRequest{Promotions: promotions}); err != nil {
		t.Fatal(err)
	}
	one := promotions[0]
	o.shows("/console/promotions", one.GetName(), one.GetId())
	o.refuses("tick the box", "/console/promotions/end", "id", one.GetId())
	if body := o.does("/console/promotions/end", "id", one.GetId(), "sure", "yes"); strings.Contains(body, `value="`+one.GetId()+`"`) {
		t.Error("a promotion that has ended can be ended, by its page")
	}
	o.audited("ended", "promotion "+one.GetId())
	if r, _ := o.post("/console/promotions/end", "id", "nothing", "sure", "yes"); r.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown promotion: got %d, want 404", r.StatusCode)
	}
}

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
