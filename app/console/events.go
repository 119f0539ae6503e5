package console

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	"galleria/app/floorplan"
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
			p.Letters = append(p.Letters, view.Letter{
				Module: r.Module, ID: l.GetEventId(), Type: l.GetType(), Aggregate: l.GetAggregate(), Error: l.GetError(), Payload: l.GetPayload(),
				Parked: c.when(l.GetParkedAt().AsTime()), Attempts: whole(l.GetAttempts()),
			})
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

var doneWords = map[string]string{"resent": "The event was handled; those behind it as well."}

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
	c.log.InfoContext(work, "dead letters were sent again from the console", "module", module, "event", event, "letters", out.GetResent(), "who", personOf(ctx).Email)
	return ctx.Redirect(http.StatusSeeOther, "/console/events?done="+url.QueryEscape("resent"))
}
