package products

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// columns of a product file; the first ones must be there.
var (
	required = []string{"sku", "name", "category", "price", "currency", "stock"}
	optional = []string{"description", "tags", "image", "product", "options", "compare_at", "weight_grams", "tax_class", "active"}
)

// Read reads a product file row by row. With each row comes nil or, instead
// of a row, an error: a *BadRow is about that row alone, and reading goes on;
// any other is about the file, and is the last thing that comes.
//
// Of rows with the same sku the first good one counts, and the others are bad.
func Read(r io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		f := newFile(r)
		if err := f.header(); err != nil {
			yield(Row{}, err)
			return
		}
		for {
			row, err := f.next()
			if errors.Is(err, io.EOF) {
				return
			}
			var bad *BadRow
			if !yield(row, err) || err != nil && !errors.As(err, &bad) {
				return
			}
		}
	}
}

// file is a product file being read.
type file struct {
	csv     *csv.Reader
	columns map[string]int // position by name
	width   int
	lines   map[string]int // of good rows, by sku
}

func newFile(r io.Reader) *file {
	text := bufio.NewReader(r)
	// Spreadsheets put a byte order mark before the header.
	if mark, err := text.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = text.Discard(3) // what was peeked is there
	}
	c := csv.NewReader(text)
	c.FieldsPerRecord = -1 // counted here, with a reason that says what to do
	c.ReuseRecord = true
	return &file{csv: c, columns: map[string]int{}, lines: map[string]int{}}
}

// header finds the columns.
func (f *file) header() error {
	names, err := f.csv.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty: it needs a header line with the columns " + strings.Join(required, ", "))
	}
	if err != nil {
		return fmt.Errorf("read the header line: %w", err)
	}
	f.width = len(names)
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			continue
		}
		if _, twice := f.columns[name]; twice {
			return fmt.Errorf("the header line has the column %s twice", name)
		}
		f.columns[name] = i
	}
	var missing []string
	for _, name := range required {
		if _, ok := f.columns[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the header line lacks %s (columns are separated by commas)", strings.Join(missing, ", "))
	}
	return nil
}

// next is the next row, a *BadRow, io.EOF or what is wrong with the file.
func (f *file) next() (Row, error) {
	cells, err := f.csv.Read()
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		return Row{}, &BadRow{Line: broken.StartLine, Reason: quoting(broken)}
	case errors.Is(err, io.EOF):
		return Row{}, io.EOF
	case err != nil:
		return Row{}, fmt.Errorf("read the file: %w", err)
	}
	line, _ := f.csv.FieldPos(0)
	if len(cells) != f.width {
		return Row{}, &BadRow{Line: line, Reason: fmt.Sprintf("has %d columns, the header line has %d", len(cells), f.width)}
	}
	row, found := parse(line, func(column string) string {
		i, ok := f.columns[column]
		if !ok {
			return ""
		}
		return strings.TrimSpace(cells[i])
	})
	row.columns = f.columns
	if first, twice := f.lines[row.SKU]; twice {
		found.add("sku", "%s is already on line %d", row.SKU, first)
	}
	if len(found) > 0 {
		return Row{}, &BadRow{Line: line, SKU: short(row.SKU), Reason: strings.Join(found, "; ")}
	}
	f.lines[strings.Clone(row.SKU)] = line // a part of the record would keep all of it in memory
	return row, nil
}

// quoting says in the file's terms what is wrong with its quotes.
func quoting(e *csv.ParseError) string {
	switch {
	case errors.Is(e.Err, csv.ErrBareQuote):
		return fmt.Sprintf(`a " stands inside a cell that is not quoted (line %d, character %d): quote the cell and double the "`, e.Line, e.Column)
	case errors.Is(e.Err, csv.ErrQuote):
		return fmt.Sprintf(`a quoted cell is not closed, or goes on behind its closing " (line %d, character %d)`, e.Line, e.Column)
	}
	return e.Err.Error()
}
