package console

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	"galleria/app/floorplan"
	"galleria/platform/contract"
	processv1 "galleria/platform/process/v1"
)

// shownLetters bounds how many dead letters a page shows of each module.
const shownLetters = 20

// events is the page of what is on its way between modules, and what got stuck.
func (c *Console) events(ctx echo.Context) error {
	h, stale, err := c.seen(ctx)
	if err != nil {
		return err
	}
	work, done := c.working(ctx)
	defer done()
	p := view.Events{Stale: stale, Done: doneWords[ctx.QueryParam("done")]}
	for _, r := range h.Rooms {
		row := eventsRow(h, r)
		if row == nil {
			continue
		}
		p.Modules = append(p.Modules, *row)
		if r.DeadLetters == 0 {
			continue
		}
		said, err := c.Process.ListDeadLetters(work, &processv1.ListDeadLettersRequest{Module: r.Module})
		if err != nil {
			return err
		}
		letters := said.GetDeadLetters()
		for _, l := range letters[:min(len(letters), shownLetters)] {
			p.Letters = append(p.Letters, c.letter(r.Module, l))
		}
	}
	return c.show(ctx, http.StatusOK, "Events", "/console/events", view.EventsPage(p))
}

// eventsRow is a module's part in the events; nil when it has none.
func eventsRow(h floorplan.House, r floorplan.Room) *view.Row {
	var published, handled int64
	has := false
	for _, e := range h.Events {
		if e.From == r.Module {
			has, published = true, published+e.Published
		}
		if e.To == r.Module {
			has, handled = true, handled+e.Handled
		}
	}
	if !has {
		return nil
	}
	row := view.Row{Link: roomLink(r.Module, ""), Cells: []string{r.Module, whole(published), whole(r.Outbox), whole(handled), whole(r.Waiting), whole(r.DeadLetters)}}
	if r.DeadLetters > 0 {
		row.Class = "k-broken"
	}
	return &row
}

var doneWords = map[string]string{
	"resent":    "The event was handled; those behind it as well.",
	"discarded": "The event was given up: it is not handled any more.",
}

// resend handles a dead letter once more, with those behind it.
func (c *Console) resend(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	module, event := ctx.Param("module"), ctx.FormValue("id")
	if event == "" { // else it would be all of them
		return echo.NewHTTPError(http.StatusBadRequest, "The form does not say which event to send again.")
	}
	out, err := c.Process.ResendDeadLetters(work, &processv1.ResendDeadLettersRequest{Module: module, EventIds: []string{event}})
	if err != nil {
		return fmt.Errorf("send %s of %s again: %w", event, module, err)
	}
	c.Audit.Note(auditlog.Entry{Who: personOf(ctx).Email, Action: "sent again", Thing: "event " + event + " of " + module})
	c.log.InfoContext(work, "dead letters were sent again from the console", "module", module, "event", event, "letters", out.GetResent(), "who", personOf(ctx).Email)
	return ctx.Redirect(http.StatusSeeOther, "/console/events?done="+url.QueryEscape("resent"))
}

// letter is a dead letter as a page shows it: without what its contract marks as secret.
func (c *Console) letter(module string, l *processv1.ListDeadLettersResponse_DeadLetter) view.Letter {
	return view.Letter{
		Module: module, ID: l.GetEventId(), Type: l.GetType(), Aggregate: l.GetAggregate(), Error: l.GetError(), Payload: redacted(l.GetType(), l.GetPayload()),
		Parked: c.when(l.GetParkedAt().AsTime()), Attempts: whole(l.GetAttempts()),
		Discard: "/console/events/" + url.PathEscape(module) + "/" + url.PathEscape(l.GetEventId()) + "/discard",
	}
}

// redacted is an event without what its contract marks debug_redact. One of a type that
// this program does not know is not shown: what is secret in it is not known either.
func redacted(name, payload string) string {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return "This program does not know the type of the event, so it can't tell what in it is secret, and shows nothing."
	}
	message := kind.New().Interface()
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(payload), message); err != nil {
		return "The payload can't be read as an event of this type."
	}
	text, err := protojson.MarshalOptions{Multiline: true}.Marshal(contract.Redacted(message))
	if err != nil {
		return "It can't be shown: " + err.Error()
	}
	return string(text)
}

// askDiscard asks whether a dead letter is to be given up.
func (c *Console) askDiscard(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	module := ctx.Param("module")
	said, err := c.Process.ListDeadLetters(work, &processv1.ListDeadLettersRequest{Module: module})
	if err != nil {
		return err
	}
	for _, l := range said.GetDeadLetters() {
		if l.GetEventId() == ctx.Param("id") {
			return c.sheet(ctx, http.StatusOK, "Give up an event", "/console/events", view.DiscardPage(c.letter(module, l)))
		}
	}
	return echo.NewHTTPError(http.StatusNotFound, "There is no such dead letter any more.")
}

// discard gives up a dead letter.
func (c *Console) discard(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	module, event := ctx.Param("module"), ctx.FormValue("id")
	if event == "" {
		return echo.NewHTTPError(http.StatusBadRequest, "The form does not say which event to give up.")
	}
	if _, err := c.Process.DiscardDeadLetters(work, &processv1.DiscardDeadLettersRequest{Module: module, EventIds: []string{event}}); err != nil {
		return fmt.Errorf("give up %s of %s: %w", event, module, err)
	}
	c.Audit.Note(auditlog.Entry{Who: personOf(ctx).Email, Action: "gave up", Thing: "event " + event + " of " + module})
	c.log.InfoContext(work, "a dead letter was given up from the console", "module", module, "event", event, "who", personOf(ctx).Email)
	return ctx.Redirect(http.StatusSeeOther, "/console/events?done=discarded")
}
