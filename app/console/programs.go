package console

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	accountsv1 "galleria/modules/accounts/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
)

const programsPath = "/console/programs"

// scopes are what an API key may be for, as the contract of accounts names them.
var scopes = []string{
	"orders:read", "orders:write", "products:read", "products:write", "promotions:read", "promotions:write",
	"stock:read", "stock:write", "webhooks:read", "webhooks:write",
}

// programsDone says what was done, by the word in the address.
var programsDone = map[string]string{
	"revoked": "The API key opens nothing any more.",
	"removed": "The endpoint is removed, with its secret and all that was sent to it.",
}

// programs is the page of what others' programs may do and hear: API keys, which only
// administrators see, and endpoints of webhooks.
func (c *Console) programs(ctx echo.Context) error {
	return c.showPrograms(ctx, http.StatusOK, view.Sheet{Done: programsDone[ctx.QueryParam("done")]})
}

// showPrograms adds to a page what became of its last form the lists and forms.
func (c *Console) showPrograms(ctx echo.Context, code int, page view.Sheet) error {
	work, done := c.working(ctx)
	defer done()
	page.Title = "Programs"
	if personOf(ctx).Admin {
		listed, err := c.Accounts.ListKeys(work, &accountsv1.ListKeysRequest{})
		if err != nil {
			return err
		}
		confirmation, err := c.confirmation(ctx, work)
		if err != nil {
			return err
		}
		c.addKeys(&page, listed.GetKeys(), confirmation)
	}
	listed, err := c.Webhooks.ListEndpoints(work, &webhooksv1.ListEndpointsRequest{})
	if err != nil {
		return err
	}
	c.addEndpoints(&page, listed.GetEndpoints())
	keepTyped(ctx, page.Forms)
	return c.sheet(ctx, code, page.Title, programsPath, view.SheetPage(page))
}

func (c *Console) addKeys(page *view.Sheet, keys []*accountsv1.Key, confirmation *view.Confirmation) {
	table := view.Table{
		Caption: "API keys", Heads: []string{"Name", "Begins with", "May do", "Made", "By", "Last used"},
		None: "There are no API keys. One lets a program use the API for staff.",
	}
	var options []view.Option
	for _, k := range keys {
		table.Rows = append(table.Rows, view.Row{Cells: []string{
			k.GetName(), k.GetBeginning(), strings.Join(k.GetScopes(), ", "), c.day(k.GetCreatedAt()), k.GetCreatedBy(), c.day(k.GetUsedAt()),
		}})
		options = append(options, view.Option{Value: k.GetId(), Name: k.GetName() + " (" + k.GetBeginning() + "…)"})
	}
	page.Tables = append(page.Tables, table)
	add := view.Form{
		ID: "add-key", Title: "New API key", Action: programsPath + "/keys", Submit: "Make the key", Key: id.Secret(), Shut: true,
		Confirmation: confirmation,
		Hint:         "The key is shown once. Give it to one program only, and let it do no more than it needs.",
		Fields:       []view.Field{{Name: "name", Label: "What it is for", Kind: "text", Required: true, Most: 100}},
	}
	for _, scope := range scopes {
		add.Fields = append(add.Fields, view.Field{Name: "scope." + scope, Label: scope, Kind: "checkbox"})
	}
	page.Forms = append(page.Forms, add)
	if len(options) > 0 {
		page.Forms = append(page.Forms, view.Form{
			ID: "revoke-key", Title: "Revoke an API key", Action: programsPath + "/keys/revoke", Submit: "Revoke it", Shut: true,
			Fields: []view.Field{
				{Name: "id", Label: "API key", Kind: "select", Options: options},
				{Name: "sure", Label: "Programs that use it stop working; this can't be undone", Kind: "checkbox", Required: true},
			},
		})
	}
}

// addKey makes an API key, and shows it. Sent again with another code or use of a passkey, the
// form shows the same key.
func (c *Console) addKey(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	name := strings.TrimSpace(ctx.FormValue("name"))
	var wanted []string
	for _, scope := range scopes {
		if ctx.FormValue("scope."+scope) != "" {
			wanted = append(wanted, scope)
		}
	}
	var err error = errForm("tick what the key may do.")
	if len(wanted) > 0 { // before the code, which is good once
		err = c.confirmed(ctx, work)
	}
	var made *accountsv1.CreateKeyResponse
	if err == nil {
		made, err = c.Accounts.CreateKey(work, &accountsv1.CreateKeyRequest{Name: name, Scopes: wanted, IdempotencyKey: ctx.FormValue("key")})
	}
	if words, refused := refusal(err); refused {
		return c.showPrograms(ctx, http.StatusConflict, view.Sheet{Problem: words})
	}
	if err != nil {
		return err
	}
	c.note(ctx, auditlog.Entry{Action: "made", Thing: "API key " + made.GetKey().GetId(), To: strings.Join(made.GetKey().GetScopes(), " "), Detail: name})
	return c.showPrograms(ctx, http.StatusCreated, view.Sheet{Secret: made.GetSecret(), SecretOf: "The API key of " + made.GetKey().GetName()})
}

// revokeKey ends an API key.
func (c *Console) revokeKey(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	var err error = errForm("tick the box to say that the key is to be revoked.")
	if ctx.FormValue("sure") != "" {
		_, err = c.Accounts.RevokeKey(work, &accountsv1.RevokeKeyRequest{Id: ctx.FormValue("id")})
	}
	if words, refused := refusal(err); refused {
		return c.showPrograms(ctx, http.StatusConflict, view.Sheet{Problem: words})
	}
	if err != nil {
		return err
	}
	c.note(ctx, auditlog.Entry{Action: "revoked", Thing: "API key " + ctx.FormValue("id")})
	return ctx.Redirect(http.StatusSeeOther, programsPath+"?done=revoked")
}

// notThere is the page's answer when something of a program is not there any more.
func notThere(err error, what string) error {
	if status.Code(err) == codes.NotFound {
		return echo.NewHTTPError(http.StatusNotFound, "There is no such "+what+".")
	}
	return err
}
