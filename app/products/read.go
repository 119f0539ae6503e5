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

// Read reads a product file row by row. With each row comes nil or, instead
// of a row, an error: a *BadRow is about that row alone, and reading goes on;
// any other is about the file, and is the last thing that comes.
//
// Of rows with the same sku the first good one counts, and the others are bad.
func Read(r io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		newFile(r, "").each(yield)
	}
}

func (f *file) each(yield func(Row, error) bool) {
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

// file is a product file being read.
type file struct {
	text    *bufio.Reader // what csv reads
	csv     *csv.Reader
	heading *heading
	width   int
	lines   map[string]int // of good rows, by sku
	// begun are the products that had a row, also a bad one; unread is set behind a row
	// of which it is not known what product it is of.
	begun  map[string]bool
	unread bool
	// notices are what was recognised, for the person who made the file.
	notices []string
	// foreign is set for a file of another shop program, and theirs are its columns.
	// waiting are rows that it has made, and over tells that it has made the last ones.
	foreign foreign
	theirs  map[string]int
	waiting []translated
	over    bool
	// currency is what prices are in where the file does not say.
	currency string
	// encodingKnown is set by the first row that tells it; windows is what it told.
	encodingKnown, windows bool
}

func newFile(r io.Reader, currency string) *file {
	text, notice := plain(r)
	c := csv.NewReader(text)
	c.Comma = separator(text)
	c.FieldsPerRecord = -1 // counted here, with a reason that says what to do
	c.ReuseRecord = true
	f := &file{text: text, csv: c, heading: newHeading(), lines: map[string]int{}, begun: map[string]bool{}, currency: currency, encodingKnown: notice != ""}
	if notice != "" {
		f.notices = append(f.notices, notice)
	}
	switch c.Comma {
	case ';':
		f.notices = append(f.notices, "columns are separated by semicolons, so amounts may have a decimal comma")
	case '\t':
		f.notices = append(f.notices, "columns are separated by tabs, so amounts may have a decimal comma")
	}
	return f
}

// header finds the columns.
func (f *file) header() error {
	names, err := f.csv.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty: it needs a header line with the columns " + strings.Join(usual, ", "))
	}
	if err != nil {
		return fmt.Errorf("read the header line: %w", err)
	}
	f.width = len(names)
	for i, name := range names {
		if strings.ContainsRune(name, '\r') {
			return errors.New("line 1: the lines of the file end with CR only, as on an old Mac: save it with the line ends LF or CR LF")
		}
		if err := f.heading.add(i, name); err != nil {
			return err
		}
	}
	// A file of another program may have a column called as one of a product file, and is
	// not one that leaves the others out.
	if len(f.heading.lacking()) > 0 {
		if foreign := f.recognise(names); foreign != nil || f.foreign != nil {
			return foreign
		}
	}
	return f.heading.complete()
}

// next is the next row, a *BadRow, io.EOF or what is wrong with the file.
func (f *file) next() (Row, error) {
	for {
		if len(f.waiting) > 0 {
			return f.translated()
		}
		if row, err := f.read(); !errors.Is(err, errTaken) {
			return row, err
		}
	}
}

// errTaken says that a row of another program's file was taken in: rows that come of
// it, if any, are waiting.
var errTaken = errors.New("taken in")

func (f *file) read() (Row, error) {
	cells, err := f.csv.Read()
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		bad := f.broken(broken)
		f.beginBad(cells, bad.Swallowed > 0)
		return Row{}, bad
	case errors.Is(err, io.EOF):
		if f.foreign != nil && !f.over {
			f.over, f.waiting = true, f.foreign.rest()
			return Row{}, errTaken
		}
		return Row{}, io.EOF
	case err != nil:
		return Row{}, fmt.Errorf("read the file: %w", err)
	}
	line, _ := f.csv.FieldPos(0)
	if len(cells) != f.width {
		f.beginBad(cells, false)
		return Row{}, &BadRow{Line: line, Reason: fmt.Sprintf("has %d columns, the header line has %d", len(cells), f.width)}
	}
	f.decode(cells, line)
	if f.foreign != nil {
		cells = slices.Clone(cells) // it may keep them
		f.waiting = f.foreign.take(record{line: line, cell: func(column string) string {
			i, ok := f.theirs[column]
			if !ok {
				return ""
			}
			return strings.TrimSpace(cells[i])
		}})
		return Row{}, errTaken
	}
	return f.row(line, func(column string) string {
		i, ok := f.heading.columns[column]
		if !ok {
			return ""
		}
		text := strings.TrimSpace(cells[i])
		if f.csv.Comma != ',' && (strings.HasPrefix(column, "price") || strings.HasPrefix(column, "compare_at")) {
			return amountText(text)
		}
		return text
	})
}

// translated is the next of the rows that wait.
func (f *file) translated() (Row, error) {
	t := f.waiting[0]
	f.waiting = f.waiting[1:]
	if t.bad != "" {
		return Row{}, &BadRow{Line: t.line, Reason: t.bad}
	}
	row, err := f.row(t.line, func(column string) string { return strings.TrimSpace(t.cells[column]) })
	row.describes = true // each says all of its product
	return row, err
}

// row is a row of the cells, or a *BadRow.
func (f *file) row(line int, cell func(column string) string) (Row, error) {
	row, found := f.heading.parse(line, cell)
	row.describes = row.Product == "" || f.begin(row.Product)
	if first, twice := f.lines[row.SKU]; twice {
		found.add("sku", "%s is already on line %d", row.SKU, first)
	}
	if len(found) > 0 {
		return Row{}, &BadRow{Line: line, SKU: short(row.SKU), Reason: strings.Join(found, "; ")}
	}
	f.lines[strings.Clone(row.SKU)] = line // a part of the record would keep all of it in memory
	return row, nil
}

// begin tells whether a row is the first one of its product, so far as it is known.
func (f *file) begin(product string) (first bool) {
	first = !f.begun[product] && !f.unread
	f.begun[strings.Clone(product)], f.unread = true, false
	return first
}

// beginBad notes what product a row was of that can't be read as a whole; the cells are
// those before what is wrong.
func (f *file) beginBad(cells []string, others bool) {
	f.unread = true
	if at, has := f.heading.columns["product"]; has && at < len(cells) {
		f.begun[address(strings.TrimSpace(cells[at]))] = true
		f.unread = others
	}
}

// broken is a row that is none for its quotes, with the lines that were read as parts of
// it: which of them are rows is not known.
func (f *file) broken(e *csv.ParseError) *BadRow {
	bad := &BadRow{Line: e.StartLine, Reason: quoting(e), Swallowed: e.Line - e.StartLine}
	switch {
	case bad.Swallowed == 0:
	case f.ended():
		bad.Reason += fmt.Sprintf(": the file was read up to that line, and those behind it, up to line %d, were left out", e.Line)
	default:
		bad.Reason += fmt.Sprintf(": with it, the lines up to %d were left out", e.Line)
	}
	return bad
}

// ended tells whether the file has been read to its end.
func (f *file) ended() bool {
	_, err := f.text.Peek(1)
	return err != nil
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
