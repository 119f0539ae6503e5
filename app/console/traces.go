package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	"galleria/app/floorplan"
	processv1 "galleria/platform/process/v1"
)

const (
	// shownTraces bounds the list, shownSpans a waterfall, and shownLines the log beside it.
	shownTraces = 60
	shownSpans  = 200
	shownLines  = 100
)

// joined is a trace, put together of what the processes know of it.
type joined struct {
	id     string
	spans  []*processv1.Trace_Span
	of     map[string]string // process by span
	failed string
}

// join puts traces together; in the order in which their ids come first.
func join(parts []*processv1.Trace) []*joined {
	var all []*joined
	byID := map[string]*joined{}
	for _, part := range parts {
		t := byID[part.GetTraceId()]
		if t == nil {
			t = &joined{id: part.GetTraceId(), of: map[string]string{}}
			byID[t.id], all = t, append(all, t)
		}
		for _, span := range part.GetSpans() {
			if _, twice := t.of[span.GetId()]; twice {
				continue
			}
			t.of[span.GetId()] = part.GetProcess()
			t.spans = append(t.spans, span)
			t.failed = cmp.Or(t.failed, span.GetFailed())
		}
	}
	for _, t := range all {
		slices.SortStableFunc(t.spans, func(a, b *processv1.Trace_Span) int { return a.GetAt().AsTime().Compare(b.GetAt().AsTime()) })
	}
	return all
}

// first is the span that the others hang from: the earliest.
func (t *joined) first() *processv1.Trace_Span { return t.spans[0] }

// attribute is the first one of this name.
func (t *joined) attribute(name string) string {
	for _, s := range t.spans {
		if value := s.GetAttributes()[name]; value != "" {
			return value
		}
	}
	return ""
}

func (t *joined) link() string { return "/console/traces/" + url.PathEscape(t.id) }

var traceOrders = []struct {
	name, words string
	order       processv1.FindTracesRequest_By
}{
	{"latest", "Latest", processv1.FindTracesRequest_BY_UNSPECIFIED},
	{"slowest", "Slowest", processv1.FindTracesRequest_BY_SLOWEST},
	{"failed", "Failed", processv1.FindTracesRequest_BY_FAILED},
}

// traces lists what all processes have kept. A search that finds one trace leads to it.
func (c *Console) traces(ctx echo.Context) error {
	by, text := ctx.QueryParam("by"), strings.TrimSpace(ctx.QueryParam("q"))
	in := &processv1.FindTracesRequest{Others: true, Text: text, Limit: shownTraces}
	p := view.Traces{Search: text}
	for _, o := range traceOrders {
		current := o.name == by || by == "" && o.name == "latest"
		if current {
			in.By = o.order
			p.By = o.name
		}
		p.Orders = append(p.Orders, view.Link{Name: o.words, Address: "/console/traces?" + url.Values{"by": {o.name}, "q": {text}}.Encode(), Current: current})
	}
	work, done := c.working(ctx)
	defer done()
	said, err := c.Process.FindTraces(work, in)
	if err != nil {
		return err
	}
	all := join(said.GetTraces())
	if len(all) == 1 && text != "" {
		return ctx.Redirect(http.StatusSeeOther, all[0].link())
	}
	if in.By == processv1.FindTracesRequest_BY_SLOWEST {
		slices.SortStableFunc(all, func(a, b *joined) int {
			return cmp.Compare(b.first().GetTook().AsDuration(), a.first().GetTook().AsDuration())
		})
	} else {
		slices.SortStableFunc(all, func(a, b *joined) int { return b.first().GetAt().AsTime().Compare(a.first().GetAt().AsTime()) })
	}
	for _, t := range all[:min(len(all), shownTraces)] {
		first := t.first()
		row := view.Row{Link: t.link(), Cells: []string{
			first.GetName(), c.when(first.GetAt().AsTime()), floorplan.Duration(first.GetTook().AsDuration()), whole(int64(len(t.spans))), dash(t.attribute("request_id")), dash(t.failed),
		}}
		if t.failed != "" {
			row.Class = "failed"
		}
		p.Rows = append(p.Rows, row)
	}
	p.Problems = said.GetProblems()
	return c.sheet(ctx, http.StatusOK, "Traces", "/console/traces", view.TracesPage(p))
}

// trace is one request as a waterfall, with the lines of the log beside it.
func (c *Console) trace(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	said, err := c.Process.FindTraces(work, &processv1.FindTracesRequest{Others: true, TraceId: ctx.Param("id")})
	if err != nil {
		return err
	}
	all := join(said.GetTraces())
	if len(all) == 0 {
		return echo.NewHTTPError(http.StatusNotFound, "No process has kept this trace. Traces are kept that failed or were slow, and one in so many of the others (tracing.keep); the oldest are dropped.")
	}
	t := all[0]
	p := view.Trace{ID: t.id, Name: t.first().GetName(), Problems: said.GetProblems(), Failed: t.failed}
	p.Facts = []view.Fact{
		{Name: "Began", Text: c.when(t.first().GetAt().AsTime())}, {Name: "Took", Text: floorplan.Duration(t.first().GetTook().AsDuration())},
		{Name: "Spans", Text: whole(int64(len(t.spans)))}, {Name: "Request", Text: dash(t.attribute("request_id"))},
		{Name: "Order", Text: dash(t.attribute("order"))},
	}
	p.Spans = waterfall(t)
	key, value := "trace_id", t.id
	if request := t.attribute("request_id"); request != "" {
		key, value = "request_id", request
	}
	lines, err := c.Process.FindLines(work, &processv1.FindLinesRequest{Others: true, Key: key, Value: value, Limit: shownLines})
	if err != nil {
		return err
	}
	p.Lines = c.lineRows(lines.GetLines())
	return c.sheet(ctx, http.StatusOK, "Trace", "/console/traces", view.TracePage(p))
}

func (c *Console) lineRows(lines []*processv1.FindLinesResponse_Line) []view.Row {
	slices.SortStableFunc(lines, func(a, b *processv1.FindLinesResponse_Line) int {
		return a.GetAt().AsTime().Compare(b.GetAt().AsTime())
	})
	lines = lines[max(0, len(lines)-shownLines):]
	rows := make([]view.Row, len(lines))
	for i, l := range lines {
		rows[i] = view.Row{Cells: []string{l.GetAt().AsTime().In(c.zone).Format("15:04:05.000"), l.GetProcess(), l.GetText()}}
	}
	return rows
}

// barWidth is the width of a waterfall's bars, in its own units.
const barWidth = 1000

// waterfall lists the spans as a tree, each with a bar for its part of the time.
func waterfall(t *joined) []view.Span {
	begin, end := t.first().GetAt().AsTime(), t.first().GetAt().AsTime()
	children, known := map[string][]*processv1.Trace_Span{}, map[string]bool{}
	for _, s := range t.spans {
		known[s.GetId()] = true
		if until := s.GetAt().AsTime().Add(s.GetTook().AsDuration()); until.After(end) {
			end = until
		}
	}
	for _, s := range t.spans {
		parent := s.GetParent()
		if !known[parent] { // the first one, or one whose caller was not kept
			parent = ""
		}
		children[parent] = append(children[parent], s)
	}
	scale := float64(barWidth) / float64(max(end.Sub(begin), time.Nanosecond))
	var rows []view.Span
	var under func(parent string, level int)
	under = func(parent string, level int) {
		for _, s := range children[parent] {
			if len(rows) == shownSpans {
				return
			}
			x := float64(s.GetAt().AsTime().Sub(begin)) * scale
			rows = append(rows, view.Span{
				Name: s.GetName(), Level: "d" + strconv.Itoa(min(level, 8)), Process: t.of[s.GetId()], Took: floorplan.Duration(s.GetTook().AsDuration()), Failed: s.GetFailed(),
				Caller: s.GetAttributes()["caller"], Mode: cmp.Or(s.GetAttributes()["mode"], s.GetKind()),
				X: strconv.FormatFloat(x, 'f', 1, 64), Width: strconv.FormatFloat(max(float64(s.GetTook().AsDuration())*scale, 2), 'f', 1, 64),
			})
			under(s.GetId(), level+1)
		}
	}
	under("", 0)
	return rows
}
