package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/types/known/durationpb"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
)

// heard are the types of events an endpoint may hear of, as the contract of webhooks names
// them.
var heard = []string{"order.placed", "order.shipped", "order.refunded", "order.cancelled", "stock.low"}

func endpointLink(endpoint string) string {
	return programsPath + "/webhooks/" + url.PathEscape(endpoint)
}

func (c *Console) addEndpoints(page *view.Sheet, endpoints []*webhooksv1.Endpoint) {
	table := view.Table{
		Caption: "Webhooks", Heads: []string{"Address", "Hears of", "Since", "Note", "State"},
		None: "There are no webhooks. One tells a program what happens in the shop.",
	}
	for _, e := range endpoints {
		row := view.Row{Link: endpointLink(e.GetId()), Cells: []string{e.GetUrl(), hears(e), c.day(e.GetCreatedAt()), dash(e.GetNote()), stateOf(e)}}
		if !e.GetActive() || e.GetFailingSince() != nil {
			row.Class = "low"
		}
		table.Rows = append(table.Rows, row)
	}
	page.Tables = append(page.Tables, table)
	add := view.Form{
		ID: "add-webhook", Title: "New webhook", Action: programsPath + "/webhooks", Submit: "Add it", Key: id.New(), Shut: true,
		Hint: "Requests are signed as Standard Webhooks says. The secret to check them with is shown once.",
		Fields: []view.Field{
			{Name: "url", Label: "Address", Kind: "url", Required: true, Most: 2000, Hint: "https://…"},
			{Name: "note", Label: "Note", Kind: "text", Most: 200},
		},
	}
	for _, event := range heard {
		add.Fields = append(add.Fields, view.Field{Name: "event." + event, Label: event, Kind: "checkbox", Checked: true})
	}
	page.Forms = append(page.Forms, add)
}

func hears(e *webhooksv1.Endpoint) string {
	if len(e.GetEvents()) == 0 {
		return "all"
	}
	return strings.Join(e.GetEvents(), ", ")
}

func stateOf(e *webhooksv1.Endpoint) string {
	switch {
	case !e.GetActive():
		return "off"
	case e.GetFailingSince() != nil:
		return "failing"
	}
	return "on"
}

// addEndpoint adds an endpoint, and shows its secret. Sent again, the form shows the same.
func (c *Console) addEndpoint(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	var events []string
	for _, event := range heard {
		if ctx.FormValue("event."+event) != "" {
			events = append(events, event)
		}
	}
	var made *webhooksv1.AddEndpointResponse
	var err error = errForm("choose at least one thing that it hears of.")
	if len(events) > 0 {
		made, err = c.Webhooks.AddEndpoint(work, &webhooksv1.AddEndpointRequest{
			IdempotencyKey: ctx.FormValue("key"), Url: strings.TrimSpace(ctx.FormValue("url")), Events: events, Note: strings.TrimSpace(ctx.FormValue("note")),
		})
	}
	if words, refused := refusal(err); refused {
		return c.showPrograms(ctx, http.StatusConflict, view.Sheet{Problem: words})
	}
	if err != nil {
		return err
	}
	c.note(ctx, auditlog.Entry{Action: "added", Thing: endpointName(made.GetEndpoint().GetId()), To: made.GetEndpoint().GetUrl(), Detail: hears(made.GetEndpoint())})
	return c.showPrograms(ctx, http.StatusCreated, view.Sheet{Secret: made.GetSecret(), SecretOf: "The secret of " + made.GetEndpoint().GetUrl()})
}

func endpointName(id string) string { return "webhook endpoint " + id }

// endpointDone says what was done, by the word in the address.
var endpointDone = map[string]string{
	"tested": "A test is on its way: below is how it went.",
	"resent": "What you chose is sent again: below is how it goes.",
	"on":     "The endpoint hears of what happens from now on.",
	"off":    "The endpoint is off. What waited for it is given up.",
}

// endpoint is the page of a webhook: what was sent to it, and how to change it.
func (c *Console) endpoint(ctx echo.Context) error {
	return c.showEndpoint(ctx, http.StatusOK, view.Sheet{Done: endpointDone[ctx.QueryParam("done")]})
}

func (c *Console) showEndpoint(ctx echo.Context, code int, page view.Sheet) error {
	work, done := c.working(ctx)
	defer done()
	e, err := c.findEndpoint(work, ctx.Param("id"))
	if err != nil {
		return err
	}
	sent, err := c.Webhooks.ListDeliveries(work, &webhooksv1.ListDeliveriesRequest{EndpointId: e.GetId(), PageSize: rowsOnPage, PageToken: ctx.QueryParam("before")})
	if err != nil {
		return notThere(err, "webhook")
	}
	page.Title, page.Above = e.GetUrl(), view.Link{Name: "Programs", Address: programsPath}
	page.Facts = []view.Fact{
		{Name: "State", Text: stateOf(e)}, {Name: "Hears of", Text: hears(e)}, {Name: "Added", Text: c.day(e.GetCreatedAt())}, {Name: "Note", Text: dash(e.GetNote())},
		{Name: "Failing since", Text: c.day(e.GetFailingSince())}, {Name: "Old secret used until", Text: c.day(e.GetOldSecretUntil())},
	}
	if e.GetOffBecause() != "" {
		page.Facts = append(page.Facts, view.Fact{Name: "Off because", Text: e.GetOffBecause()})
	}
	page.Tables = []view.Table{c.deliveryTable(sent.GetDeliveries())}
	if next := sent.GetNextPageToken(); next != "" {
		page.Older = endpointLink(e.GetId()) + "?before=" + url.QueryEscape(next)
	}
	page.Forms = endpointForms(e, len(sent.GetDeliveries()) > 0)
	keepTyped(ctx, page.Forms)
	return c.sheet(ctx, code, page.Title, programsPath, view.SheetPage(page))
}

func (c *Console) findEndpoint(work context.Context, id string) (*webhooksv1.Endpoint, error) {
	listed, err := c.Webhooks.ListEndpoints(work, &webhooksv1.ListEndpointsRequest{})
	if err != nil {
		return nil, err
	}
	for _, e := range listed.GetEndpoints() {
		if e.GetId() == id {
			return e, nil
		}
	}
	return nil, echo.NewHTTPError(http.StatusNotFound, "There is no such webhook.")
}

func (c *Console) deliveryTable(sent []*webhooksv1.Delivery) view.Table {
	table := view.Table{Caption: "Sent to it, newest first", Heads: []string{"Event", "State", "Tried", "When", "Next try", "Last answer", "Problem"}, None: "Nothing was sent to it.", Send: "resend"}
	for _, d := range sent {
		answer := "none"
		if d.GetLastStatus() != 0 {
			answer = whole(int64(d.GetLastStatus()))
		}
		row := view.Row{ID: d.GetId(), Cells: []string{
			d.GetType(), word(d.GetStatus().String(), "DELIVERY_STATUS_"), whole(int64(d.GetAttempts())), c.day(d.GetCreatedAt()), c.day(d.GetDueAt()), answer, dash(d.GetProblem()),
		}}
		if d.GetStatus() == webhooksv1.DeliveryStatus_DELIVERY_STATUS_FAILED {
			row.Class = "low"
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func endpointForms(e *webhooksv1.Endpoint, sent bool) []view.Form {
	at := endpointLink(e.GetId())
	var forms []view.Form
	if e.GetActive() {
		forms = append(forms, view.Form{ID: "test", Title: "Send a test", Action: at + "/test", Submit: "Send it", Key: id.New(), Hint: "An event of type webhook.test."})
		if sent {
			forms = append(forms, view.Form{ID: "resend", Title: "Send again", Action: at + "/resend", Submit: "Send the chosen again", Key: id.New(), Hint: "Choose in the table what is to be sent again."})
		}
	}
	forms = append(forms, view.Form{
		ID: "rotate", Title: "New secret", Action: at + "/rotate", Submit: "Make a new secret", Key: id.New(), Shut: true,
		Fields: []view.Field{{Name: "overlap", Label: "The old secret", Kind: "select", Value: "day", Options: []view.Option{
			{Value: "day", Name: "is used too for a day"}, {Value: "week", Name: "is used too for a week"}, {Value: "none", Name: "is not used any more: others know it"},
		}}},
	})
	word, title, hint := "on", "Switch it on", "It hears of what happens from then on."
	if e.GetActive() {
		word, title, hint = "off", "Switch it off", "What waits for it is given up, and what happens meanwhile is not told to it later."
	}
	return append(forms,
		view.Form{ID: "switch", Title: title, Action: at + "/switch", Submit: title, Hint: hint, Shut: true, Fields: []view.Field{{Name: "to", Kind: "hidden", Value: word}}},
		view.Form{ID: "remove", Title: "Remove it", Action: at + "/remove", Submit: "Remove it", Shut: true, Fields: []view.Field{
			{Name: "sure", Label: "It is deleted with its secret and all that was sent to it; this can't be undone", Kind: "checkbox", Required: true},
		}},
	)
}

// changeEndpoint does what a form about an endpoint is for, which tells where to go then.
func (c *Console) changeEndpoint(change func(ctx echo.Context, work context.Context) (to string, e auditlog.Entry, err error)) echo.HandlerFunc {
	return func(ctx echo.Context) error {
		work, done := c.working(ctx)
		defer done()
		to, note, err := change(ctx, work)
		if words, refused := refusal(err); refused {
			return c.showEndpoint(ctx, http.StatusConflict, view.Sheet{Problem: words})
		}
		if err != nil {
			return notThere(err, "webhook, or delivery of it")
		}
		note.Thing = endpointName(ctx.Param("id"))
		c.note(ctx, note)
		return ctx.Redirect(http.StatusSeeOther, to)
	}
}

func (c *Console) testEndpoint(ctx echo.Context, work context.Context) (string, auditlog.Entry, error) {
	_, err := c.Webhooks.SendTest(work, &webhooksv1.SendTestRequest{Id: ctx.Param("id"), IdempotencyKey: ctx.FormValue("key")})
	return endpointLink(ctx.Param("id")) + "?done=tested", auditlog.Entry{Action: "sent a test to"}, err
}

func (c *Console) resendDeliveries(ctx echo.Context, work context.Context) (string, auditlog.Entry, error) {
	if err := ctx.Request().ParseForm(); err != nil {
		return "", auditlog.Entry{}, err
	}
	chosen, key := ctx.Request().PostForm["chosen"], ctx.FormValue("key")
	if len(chosen) == 0 || len(chosen) > rowsOnPage || len(key) == 0 || len(key) > 32 {
		return "", auditlog.Entry{}, errForm("choose in the table what is to be sent again.")
	}
	for _, delivery := range chosen {
		if _, err := c.Webhooks.ResendDelivery(work, &webhooksv1.ResendDeliveryRequest{Id: delivery, IdempotencyKey: key + "-" + delivery}); err != nil {
			return "", auditlog.Entry{}, err
		}
	}
	return endpointLink(ctx.Param("id")) + "?done=resent", auditlog.Entry{Action: "sent again to", To: strings.Join(chosen, " ")}, nil
}

func (c *Console) switchEndpoint(ctx echo.Context, work context.Context) (string, auditlog.Entry, error) {
	to := ctx.FormValue("to")
	if to != "on" && to != "off" {
		return "", auditlog.Entry{}, errForm("say whether it is to be on or off.")
	}
	_, err := c.Webhooks.SetActive(work, &webhooksv1.SetActiveRequest{Id: ctx.Param("id"), Active: to == "on"})
	return endpointLink(ctx.Param("id")) + "?done=" + to, auditlog.Entry{Action: "switched " + to}, err
}

func (c *Console) removeEndpoint(ctx echo.Context, work context.Context) (string, auditlog.Entry, error) {
	if ctx.FormValue("sure") == "" {
		return "", auditlog.Entry{}, errForm("tick the box to say that it is to be removed.")
	}
	e, err := c.findEndpoint(work, ctx.Param("id"))
	if err == nil {
		_, err = c.Webhooks.RemoveEndpoint(work, &webhooksv1.RemoveEndpointRequest{Id: e.GetId()})
	}
	return programsPath + "?done=removed", auditlog.Entry{Action: "removed", From: e.GetUrl()}, err
}

// overlaps are how long the old secret is used beside the new one, by the form's word.
var overlaps = map[string]time.Duration{"day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "none": 0}

// rotate makes a new secret, and shows it. Sent again, the form shows the same.
func (c *Console) rotate(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	overlap, known := overlaps[ctx.FormValue("overlap")]
	var made *webhooksv1.RotateSecretResponse
	var err error = errForm("say how long the old secret is used too.")
	if known {
		made, err = c.Webhooks.RotateSecret(work, &webhooksv1.RotateSecretRequest{Id: ctx.Param("id"), IdempotencyKey: ctx.FormValue("key"), Overlap: durationpb.New(overlap)})
	}
	if words, refused := refusal(err); refused {
		return c.showEndpoint(ctx, http.StatusConflict, view.Sheet{Problem: words})
	}
	if err != nil {
		return notThere(err, "webhook")
	}
	c.note(ctx, auditlog.Entry{Action: "made a new secret for", Thing: endpointName(ctx.Param("id")), Detail: "the old one is used too: " + ctx.FormValue("overlap")})
	return c.showEndpoint(ctx, http.StatusCreated, view.Sheet{Secret: made.GetSecret(), SecretOf: "The new secret of " + made.GetEndpoint().GetUrl()})
}
