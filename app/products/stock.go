package products

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/contract"
)

// Stock is what an import does with the column stock.
type Stock string

const (
	// StockNew writes the stock of skus that have none yet. What was sold since
	// the file was made stays sold.
	StockNew Stock = ""
	// StockSet takes the column for a count of the shelves.
	StockSet Stock = "set"
	// StockAdd takes it for a delivery, which is taken in once for each
	// Options.Delivery.
	StockAdd Stock = "add"
	// StockIgnore passes it over.
	StockIgnore Stock = "ignore"
)

// mainLocation is where the column stock puts pieces: the default of inventory.
const mainLocation = "main"

// move is what a row does to what is on hand at a location.
type move struct {
	row           Row
	location      string
	before, after int64
	// counted is what the file says; after is more where it was raised, as notice says.
	counted int64
	notice  string
}

// moves are what the rows do to the stock.
func (i *importer) moves(ctx context.Context, taken []outcome) ([]move, error) {
	if i.options.Stock == StockIgnore {
		return nil, nil
	}
	known, levels := map[string]bool{}, map[place]*inventoryv1.Level{}
	for part := range slices.Chunk(taken, askedAtOnce) {
		request := &inventoryv1.GetLevelsRequest{}
		for _, o := range part {
			request.Skus = append(request.Skus, o.row.SKU)
		}
		answer, err := i.inventory.GetLevels(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("look up the stock: %w", err)
		}
		for _, l := range answer.GetLevels() {
			known[l.GetSku()] = true
			levels[place{l.GetSku(), l.GetLocation()}] = l
		}
	}
	var found []move
	for _, o := range taken {
		r := o.row
		for _, c := range r.Counts {
			level := levels[place{r.SKU, c.Location}]
			m := move{row: r, location: c.Location, before: level.GetOnHand(), after: c.Pieces, counted: c.Pieces}
			switch {
			case i.options.Stock == StockAdd:
				m.after += m.before
			case i.options.Stock == StockSet && m.after < level.GetAllocated():
				i.raise(&m, level.GetAllocated())
			}
			switch {
			case i.options.Stock == StockNew && known[r.SKU], i.options.Stock == StockAdd && c.Pieces == 0:
			case known[r.SKU] && m.before == m.after:
			default:
				found = append(found, m)
			}
		}
	}
	return found, nil
}

// place is where pieces of a sku are.
type place struct{ sku, location string }

// mostLevels is how many levels inventory sets in one call.
const mostLevels = 1000

// moveStock writes moves; it answers those that were made.
func (i *importer) moveStock(ctx context.Context, moves []move) (made []move, bad []BadRow, err error) {
	if i.options.Stock == StockAdd {
		return i.receive(ctx, moves)
	}
	for part := range slices.Chunk(moves, mostLevels) {
		done, more, err := isolate(part, "levels", func(m move, why reasons) []BadRow { return m.refused(why.whole) }, func(part []move) ([]move, error) { return part, i.setLevels(ctx, part) })
		made, bad = append(made, done...), append(bad, more...)
		if err != nil {
			return made, bad, err
		}
	}
	// A count that was raised to what orders wait for may be what was there.
	return slices.DeleteFunc(made, func(m move) bool { return m.before == m.after && m.before != 0 }), bad, nil
}

// raise takes what is allocated for what is on hand, where the file counts less: orders
// are still to get it, and none is left to sell. A notice says so, for pieces may be
// missing; when more are allocated meanwhile, it is written anew.
func (i *importer) raise(m *move, allocated int64) {
	notice := fmt.Sprintf("line %d: %s: %d counted, and %d are allocated to orders: taken for %d, none of which can be sold",
		m.row.Line, m.row.SKU, m.counted, allocated, allocated)
	if n := slices.Index(i.result.Notices, m.notice); n >= 0 {
		i.result.Notices[n] = notice
	} else {
		i.result.Notices = append(i.result.Notices, notice)
	}
	m.notice, m.after = notice, allocated
}

func (m move) refused(reason string) []BadRow {
	return []BadRow{{Line: m.row.Line, SKU: m.row.SKU, Reason: reason}}
}

func (i *importer) setLevels(ctx context.Context, moves []move) error {
	request := &inventoryv1.SetLevelsRequest{}
	places := map[place]int{}
	for n, m := range moves {
		places[place{m.row.SKU, m.location}] = n
		request.Levels = append(request.Levels, &inventoryv1.SetLevelsRequest_Count{Sku: m.row.SKU, Location: m.location, OnHand: m.after})
	}
	for range len(moves) + 1 {
		_, err := i.inventory.SetLevels(ctx, request)
		n, known := places[place{contract.Metadata(err, "sku"), contract.Metadata(err, "location")}]
		if !known || !contract.Is(err, inventoryv1.Reason_REASON_BELOW_ALLOCATED) {
			return err
		}
		allocated, err := strconv.ParseInt(contract.Metadata(err, "allocated"), 10, 64)
		if err != nil {
			return fmt.Errorf("import products: the stock of %s: %w", moves[n].row.SKU, err)
		}
		i.raise(&moves[n], allocated)
		request.Levels[n].OnHand = moves[n].after
	}
	return fmt.Errorf("import products: the stock of %s and others keeps changing; import the file again", moves[0].row.SKU)
}
