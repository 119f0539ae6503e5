package console

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	"galleria/app/floorplan"
	processv1 "galleria/platform/process/v1"
)

// shownChanges is how many of the latest moves a room shows.
const shownChanges = 8

// room is the page of a module.
func (c *Console) room(ctx echo.Context) error {
	h, stale, err := c.seen(ctx)
	if err != nil {
		return err
	}
	r, known := h.Room(ctx.Param("module"))
	if !known {
		return echo.NewHTTPError(http.StatusNotFound, "There is no module of this name.")
	}
	work, done := c.working(ctx)
	defer done()
	changes, err := c.Process.ListChanges(work, &processv1.ListChangesRequest{Module: r.Module})
	if err != nil {
		return err
	}
	p := view.Room{Module: r.Module, Health: string(r.Health), Problem: r.Problem, Stale: stale, Facts: factsOf(r)}
	for _, m := range r.Methods {
		p.Methods = append(p.Methods, methodRow(m))
		for _, reason := range slices.Sorted(maps.Keys(m.Reasons)) {
			p.Reasons = append(p.Reasons, view.Row{Cells: []string{m.Name, reason, whole(m.Reasons[reason])}})
		}
	}
	for _, l := range h.Calls {
		if l.Module == r.Module {
			row := lineRow(l.Caller, "", l)
			row.ID = "from-" + l.Caller
			// The promised time stands with each method.
			row.Cells = slices.Delete(row.Cells, 6, 7)
			if _, isModule := h.Room(l.Caller); isModule {
				row.Link = roomLink(l.Caller, "")
			}
			p.Callers = append(p.Callers, row)
		}
	}
	for _, e := range h.Events {
		figures := []string{floorplan.Rate(e.Rate), whole(e.Published), whole(e.Handled)}
		if e.From == r.Module {
			p.EventsOut = append(p.EventsOut, view.Row{Cells: append([]string{e.Type, e.To}, figures...)})
		}
		if e.To == r.Module {
			p.EventsIn = append(p.EventsIn, view.Row{Cells: append([]string{e.Type, e.From}, figures...)})
		}
	}
	p.Units = unitRows(h, r)
	for _, d := range r.Databases {
		cells := []string{d.Process, d.Dialect, d.Store, whole(d.Generation), whole(d.Schema), floorplan.Bytes(d.Bytes), whole(d.Commits), whole(d.Writes)}
		if d.Problem != "" {
			cells[5] = d.Problem
		}
		p.Databases = append(p.Databases, view.Row{Cells: cells})
	}
	latest := changes.GetChanges()
	latest = latest[max(0, len(latest)-shownChanges):]
	slices.Reverse(latest)
	for _, change := range latest {
		p.Changes = append(p.Changes, view.Row{Cells: []string{c.when(change.GetAt().AsTime()), change.GetWho(), change.GetFrom(), change.GetTo(), change.GetWhy()}})
	}
	if personOf(ctx).Admin && c.Places != nil {
		p.Move = moveLink(r.Module)
	}
	if err := c.compared(work, r, &p); err != nil {
		return err
	}
	lines, err := c.Process.FindLines(work, &processv1.FindLinesRequest{Others: true, Key: "module", Value: r.Module, Limit: shownLines})
	if err != nil {
		return err
	}
	p.Lines = c.lineRows(lines.GetLines())
	p.Contract = c.contract(r.Module)
	return c.show(ctx, http.StatusOK, r.Module, "/console", view.RoomPage(p))
}

func factsOf(r floorplan.Room) []view.Fact {
	facts := []view.Fact{
		{Name: "Mode", Text: dash(r.Mode)}, {Name: "Place", Text: dash(r.Place)},
		{Name: "Rate", Text: floorplan.Rate(r.Rate)}, {Name: "Errors", Text: floorplan.Share(r.Errors, r.Rate)},
		{Name: "In the outbox", Text: whole(r.Outbox)}, {Name: "Events that wait for it", Text: whole(r.Waiting)},
		{Name: "Dead letters", Text: whole(r.DeadLetters)},
	}
	if r.Wanted != "" {
		facts = append(facts, view.Fact{Name: "The file wants", Text: r.Wanted, Class: "t-ill"}, view.Fact{Name: "It is not there", Text: r.WantedProblem, Class: "t-ill"})
	}
	if r.Progress != "" {
		facts = append(facts, view.Fact{Name: "Canary", Text: r.Progress})
	}
	return facts
}

func methodRow(m floorplan.Method) view.Row {
	r := view.Row{Class: "k-" + string(m.Kept), Cells: []string{m.Name, string(m.Kept)}}
	if m.Calls == 0 {
		r.Cells = append(r.Cells, "–", "–", "–", "–")
	} else {
		r.Cells = append(r.Cells, floorplan.Rate(m.Rate), floorplan.Share(m.Errors, m.Rate), floorplan.Duration(m.P50), floorplan.Duration(m.P99))
	}
	promised := "none"
	if m.Promised > 0 {
		promised = floorplan.Duration(m.Promised)
	}
	r.Cells = append(r.Cells, promised, whole(m.Calls))
	return r
}

// unitRows are the processes that serve a module, by what part of its place they are.
func unitRows(h floorplan.House, r floorplan.Room) []view.Row {
	var rows []view.Row
	for i, arm := range r.Arms {
		part := "all calls"
		switch {
		case r.Mode == "canary" && i == 0:
			part = strconv.Itoa(100-r.Weight) + " % of the calls"
		case r.Mode == "canary":
			part = strconv.Itoa(r.Weight) + " % of the calls"
		case r.Mode == "shadow" && i > 0:
			part = "only compared"
		case len(arm.Units) > 1:
			part = "a copy"
		}
		for _, u := range arm.Units {
			name := u.Process
			up, memory := "–", "–"
			for _, p := range h.Processes {
				if p.Name == u.Process {
					up, memory = short(p.Uptime), floorplan.Bytes(p.Memory)
				}
			}
			if u.Address != "" {
				name = u.Address + " " + name
			} else {
				name = "main " + name
			}
			rows = append(rows, view.Row{Cells: []string{name, part, dash(u.Version), whole(u.Generation), up, memory, whole(u.InFlight), u.Problem}})
		}
	}
	return rows
}
