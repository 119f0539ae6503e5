package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
)

// auditOnPage is how many changes a page shows.
const auditOnPage = 100

// audit shows what staff, programs and commands have changed, newest first.
func (c *Console) audit(ctx echo.Context) error {
	query := strings.TrimSpace(ctx.QueryParam("q"))
	skip, _ := strconv.Atoi(ctx.QueryParam("before"))
	found, more, err := c.Audit.Find(auditlog.Filter{Any: query, Skip: max(0, skip), Limit: auditOnPage})
	if err != nil {
		return err
	}
	page := view.Sheet{Title: "Audit", Search: &view.Search{Action: "/console/audit", Query: query, Hint: "Who, what, or on which thing"}}
	table := view.Table{Caption: "What was changed: in the console, by programs and by commands", Heads: []string{"When", "Who", "What", "Thing", "From", "To", "Said"}, None: "The audit log has no such entry."}
	for _, e := range found {
		table.Rows = append(table.Rows, view.Row{Class: "long", Cells: []string{c.when(e.At), e.Who, e.Action, e.Thing, e.From, e.To, e.Detail}})
	}
	page.Tables = []view.Table{table}
	if more {
		page.Older = listAddress("/console/audit", "", query, strconv.Itoa(skip+auditOnPage))
	}
	if skip > 0 {
		page.Newest = listAddress("/console/audit", "", query, "")
	}
	return c.sheet(ctx, http.StatusOK, "Audit", "/console/audit", view.SheetPage(page))
}
