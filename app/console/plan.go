package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	"galleria/app/floorplan"
)

// roomLink is the page of a module, or the caller's part of it.
func roomLink(module, caller string) string {
	address := "/console/rooms/" + url.PathEscape(module)
	if caller != "" {
		address += "#from-" + url.PathEscape(caller)
	}
	return address
}

// seen is the house, and why it is not of now.
func (c *Console) seen(ctx echo.Context) (h floorplan.House, stale string, err error) {
	work, done := c.working(ctx)
	defer done()
	h, err = c.watch.await(work)
	if err != nil && len(h.Rooms) > 0 {
		return h, err.Error(), nil
	}
	return h, "", err
}

// plan is the front page: the floor plan, and the figures behind it.
func (c *Console) plan(ctx echo.Context) error {
	h, stale, err := c.seen(ctx)
	if err != nil {
		return err
	}
	p := view.Plan{
		Wide:   h.SVG(floorplan.Options{Link: roomLink}),
		Narrow: strings.ReplaceAll(h.SVG(floorplan.Options{Link: roomLink, Narrow: true}), ` id="`, ` id="n-`),
		Over:   short(h.Over), Stale: stale,
	}
	p.Narrow = strings.ReplaceAll(p.Narrow, `aria-labelledby="`, `aria-labelledby="n-`)
	for _, ill := range h.Ills {
		link := ""
		if ill.Module != "" {
			link = roomLink(ill.Module, "")
		}
		p.Ills = append(p.Ills, view.Ill{Health: string(ill.Health), Text: ill.Text, Link: link})
	}
	for _, l := range h.Calls {
		p.Lines = append(p.Lines, lineRow(l.Caller+" → "+l.Module, roomLink(l.Module, l.Caller), l))
	}
	for _, e := range h.Events {
		p.Events = append(p.Events, view.Row{Cells: []string{e.Type, e.From, e.To, floorplan.Rate(e.Rate), whole(e.Published), whole(e.Handled)}})
	}
	for _, process := range h.Processes {
		p.Processes = append(p.Processes, processRow(process))
	}
	return c.show(ctx, http.StatusOK, "Floor plan", "/console", view.FloorPlan(p))
}

// lineRow is the calls of one caller to one module.
func lineRow(name, link string, l floorplan.Line) view.Row {
	r := view.Row{Class: "k-" + string(l.Kept), Link: link, Cells: []string{name, string(l.Kept), floorplan.Rate(l.Rate), floorplan.Share(l.Errors, l.Rate)}}
	if m := l.Slowest; m != nil {
		r.Cells = append(r.Cells, floorplan.Duration(m.P50), floorplan.Duration(m.P99), floorplan.Duration(m.Promised), m.Name)
	} else {
		r.Cells = append(r.Cells, "–", "–", "–", "–")
	}
	r.Cells = append(r.Cells, strings.Join(l.Unused, ", "))
	return r
}

func processRow(p floorplan.Process) view.Row {
	name := p.Name
	if p.Main {
		name += " (main)"
	}
	state := p.State
	if p.Problem != "" {
		state += ": " + p.Problem
	}
	return view.Row{Cells: []string{
		name, dash(p.Address), dash(p.Version), dash(strings.Join(p.Modules, ", ")), state, short(p.Uptime), floorplan.Bytes(p.Memory), whole(p.Goroutine),
	}}
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func dash(text string) string {
	if text == "" {
		return "–"
	}
	return text
}

// short is a time without what is too small to matter.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " days"
}

func (c *Console) when(t time.Time) string { return t.In(c.zone).Format("2006-01-02 15:04:05") }
