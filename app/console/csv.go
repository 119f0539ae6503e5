package console

import (
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// mostCSV bounds the rows of a file, and onlyTheFirst ends one that is cut off by it.
const (
	mostCSV      = 10_000
	onlyTheFirst = "There are more: only the first 10,000 rows are in this file. Narrow the list."
)

// sheetOf answers with rows as CSV, a file to be saved. Rows are sent as they come: an error
// in the middle breaks the connection off, so that no part is taken for the whole.
func sheetOf(ctx echo.Context, name string, heads []string, rows func(row func(cells ...string) error) error) error {
	h := ctx.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	w := csv.NewWriter(ctx.Response())
	write := func(cells ...string) error {
		safe := make([]string, len(cells))
		for i, cell := range cells {
			safe[i] = harmless(cell)
		}
		return w.Write(safe)
	}
	if err := write(heads...); err != nil {
		return err
	}
	if err := rows(write); err != nil {
		if ctx.Response().Committed {
			panic(http.ErrAbortHandler)
		}
		h.Del("Content-Disposition")
		return err
	}
	w.Flush()
	return w.Error()
}

// harmless keeps a spreadsheet from reading what a customer typed as a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
