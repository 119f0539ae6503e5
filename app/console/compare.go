package console

import (
	"context"
	"strings"
	"time"

	"galleria/app/console/internal/view"
	"galleria/app/floorplan"
	processv1 "galleria/platform/process/v1"
)

// compared adds what a module's shadow has found to its page.
func (c *Console) compared(ctx context.Context, r floorplan.Room, p *view.Room) error {
	if r.Mode != "shadow" {
		return nil
	}
	said, err := c.Process.Compare(ctx, &processv1.CompareRequest{Module: r.Module})
	if err != nil {
		return err
	}
	p.Comparison = []view.Row{}
	for _, m := range said.GetMethods() {
		name, n := m.GetMethod()[strings.LastIndex(m.GetMethod(), "/")+1:], m.GetCounts()
		row := view.Row{Cells: []string{name}}
		for _, kind := range []string{"same", "result", "status", "reason", "away", "skipped"} {
			row.Cells = append(row.Cells, whole(n[kind]))
		}
		for _, d := range []time.Duration{m.GetFirstP50().AsDuration(), m.GetSecondP50().AsDuration(), m.GetFirstP99().AsDuration(), m.GetSecondP99().AsDuration()} {
			row.Cells = append(row.Cells, floorplan.Duration(d))
		}
		p.Comparison = append(p.Comparison, row)
		for _, sample := range m.GetSamples() {
			kind := sample.GetKind()
			if n := sample.GetTimes(); n > 1 {
				kind += ", " + whole(n) + " times"
			}
			for _, d := range sample.GetDifferences() {
				p.Differences = append(p.Differences, view.Row{Cells: []string{
					d.GetPath(), name, kind, c.when(sample.GetAt().AsTime()), dash(sample.GetRequestId()), d.GetFirst(), d.GetSecond(),
				}})
			}
		}
	}
	return nil
}
