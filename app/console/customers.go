package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	accountsv1 "galleria/modules/accounts/v1"
)

// roles are what an account may be, least first.
var roles = []view.Option{{Value: "customer", Name: "customer"}, {Value: "operator", Name: "operator: orders, stock, mails"}, {Value: "admin", Name: "admin: all, and moves modules"}}

// customersDone says what was done, by the word in the address.
var customersDone = map[string]string{"role": "The role is changed."}

// roleOf is the most that an account may do.
func roleOf(a *accountsv1.Account) string {
	if roles := a.GetRoles(); len(roles) > 0 {
		return roles[len(roles)-1]
	}
	return "customer"
}

// customers lists and finds accounts.
func (c *Console) customers(ctx echo.Context) error {
	return c.showCustomers(ctx, http.StatusOK, view.Sheet{Done: customersDone[ctx.QueryParam("done")]})
}

func (c *Console) showCustomers(ctx echo.Context, code int, page view.Sheet) error {
	query, state := ctx.QueryParam("q"), ctx.QueryParam("state")
	request := &accountsv1.ListAccountsRequest{Query: query, PageSize: rowsOnPage, PageToken: ctx.QueryParam("before")}
	if state == "staff" {
		request.Role = accountsv1.Role_ROLE_OPERATOR
	}
	work, done := c.working(ctx)
	defer done()
	listed, err := c.Accounts.ListAccounts(work, request)
	if err != nil {
		return err
	}
	page.Title, page.Search = "Customers", &view.Search{Action: "/console/customers", Query: query, State: state, Hint: "A part of an e-mail address or name"}
	for _, f := range []struct{ word, name string }{{"", "All accounts"}, {"staff", "Staff"}} {
		page.Filters = append(page.Filters, view.Link{Name: f.name, Address: listAddress("/console/customers", f.word, query, ""), Current: f.word == state})
	}
	table := view.Table{Caption: "Accounts, newest first", Heads: []string{"E-mail address", "Name", "Role", "Second factor", "Since"}, None: "There are no such accounts."}
	for _, a := range listed.GetAccounts() {
		factor := "no"
		if a.GetSecondFactor() {
			factor = "yes"
		}
		table.Rows = append(table.Rows, view.Row{
			Link:  listAddress("/console/orders", "", a.GetEmail(), ""),
			Cells: []string{a.GetEmail(), dash(a.GetName()), roleOf(a), factor, c.day(a.GetCreatedAt())},
		})
	}
	page.Tables = []view.Table{table}
	if next := listed.GetNextPageToken(); next != "" {
		page.Older = listAddress("/console/customers", state, query, next)
	}
	if personOf(ctx).Admin {
		confirmation, err := c.confirmation(ctx, work)
		if err != nil {
			return err
		}
		page.Forms = []view.Form{{
			ID: "role", Title: "Change a role", Action: "/console/customers/role", Submit: "Change the role", Shut: true,
			Hint: "Who has the account is logged out everywhere. An administrator needs a second factor before the console opens. Who works here and has lost every passkey needs you: make the account a customer, have the person remove the passkeys at /account/security with the password, and give the role back.",
			Fields: []view.Field{
				{Name: "email", Label: "E-mail address of the account", Kind: "email", Required: true, Most: 254},
				{Name: "role", Label: "Role", Kind: "select", Value: "operator", Options: roles},
			},
			Confirmation: confirmation,
		}}
	}
	keepTyped(ctx, page.Forms)
	return c.sheet(ctx, code, "Customers", "/console/customers", view.SheetPage(page))
}

// setRole says what an account may do.
func (c *Console) setRole(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	was, is, err := c.changeRole(ctx, work)
	if words, refused := refusal(err); refused {
		return c.showCustomers(ctx, http.StatusConflict, view.Sheet{Problem: words})
	}
	if err != nil {
		return err
	}
	c.note(ctx, auditlog.Entry{Action: "changed the role of", Thing: "account " + is.GetId(), From: roleOf(was), To: roleOf(is), Detail: is.GetEmail()})
	return ctx.Redirect(http.StatusSeeOther, listAddress("/console/customers", "", is.GetEmail(), "")+"&done=role")
}

func (c *Console) changeRole(ctx echo.Context, work context.Context) (was, is *accountsv1.Account, err error) {
	role := accountsv1.Role(accountsv1.Role_value["ROLE_"+strings.ToUpper(ctx.FormValue("role"))])
	email := strings.TrimSpace(ctx.FormValue("email"))
	if role == accountsv1.Role_ROLE_UNSPECIFIED || email == "" {
		return nil, nil, errForm("name an account and its role.")
	}
	listed, err := c.Accounts.ListAccounts(work, &accountsv1.ListAccountsRequest{Query: email, PageSize: 100})
	if err != nil {
		return nil, nil, err
	}
	for _, a := range listed.GetAccounts() {
		if strings.EqualFold(a.GetEmail(), email) {
			was = a
		}
	}
	if was == nil {
		return nil, nil, errForm("there is no account with the address " + email + ".")
	}
	if err := c.confirmed(ctx, work); err != nil {
		return nil, nil, err
	}
	set, err := c.Accounts.SetRole(work, &accountsv1.SetRoleRequest{AccountId: was.GetId(), Role: role})
	return was, set.GetAccount(), err
}
