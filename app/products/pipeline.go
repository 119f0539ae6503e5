package products

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// An import is three steps, each at work on other rows:
//
//	read a batch of the file ──> write its products ──> write its stock, and count
//
// At most one batch waits before each step. Batches come out of the last one in the
// order of the file, so what is said and counted does not depend on who was faster.

// Bounds of one batch: what both modules take in one call, as each call waits for the
// disk, and a small part of the bytes that a message may have. Rows of one product that follow
// one another go together.
const (
	batchRows  = 1000
	batchBytes = 1 << 20 // of the file
	mostRows   = 2 * batchRows
)

// batch is some rows on their way through the steps.
type batch struct {
	rows []Row
	bad  []BadRow
	done int64 // bytes of the file that are read when its rows are
	// changes are what was made of the rows, once their products are written, and
	// outcomes the same by row, of those that were taken.
	changes  []*change
	outcomes []outcome
	// first and last are the lines where its first and last row begin.
	first, last int
	// failed is why nothing comes after this batch; broken that the file ends here
	// for a reason.
	failed, broken error
}

func (i *importer) run(ctx context.Context, f *file, r *counter) error {
	inner, stop := context.WithCancel(ctx)
	var steps sync.WaitGroup
	defer func() {
		stop()
		steps.Wait()
		i.result.Notices = slices.Concat(f.notices, i.result.Notices)
		if f.foreign != nil {
			i.result.Notices = append(i.result.Notices, f.foreign.notices()...)
		}
	}()
	read, written := make(chan *batch), make(chan *batch)
	steps.Go(func() {
		defer close(read)
		f.batches(r, func(b *batch) bool { return pass(inner, read, b) })
	})
	steps.Go(func() {
		defer close(written)
		for b := range read {
			b.failed = i.writeBatch(inner, b)
			if !pass(inner, written, b) || b.failed != nil {
				return
			}
		}
	})
	return i.settleHeld(ctx, i.finishEach(ctx, written))
}

func (i *importer) finishEach(ctx context.Context, written <-chan *batch) error {
	for b := range written {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := errors.Join(b.broken, i.finish(ctx, b)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// pass gives a batch to the next step; false: the import ends.
func pass(ctx context.Context, to chan<- *batch, b *batch) bool {
	select {
	case to <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

// batches reads the whole file.
func (f *file) batches(r *counter, give func(*batch) bool) {
	b, began := &batch{}, int64(0)
	for row, err := range f.each {
		var bad *BadRow
		switch {
		case errors.As(err, &bad):
			b.bad = append(b.bad, *bad)
			continue
		case err != nil:
			b.broken = err // what was good before is imported all the same
			continue
		}
		full := len(b.rows) >= batchRows || r.read-began >= batchBytes
		if n := len(b.rows); full && n > 0 && (row.Product == "" || row.Product != b.rows[n-1].Product || n >= mostRows) {
			b.done = r.read
			if !give(b) {
				return
			}
			b, began = &batch{}, r.read
		}
		b.rows = append(b.rows, row)
	}
	b.done = r.read
	give(b)
}

// writeBatch writes the categories and products of a batch.
func (i *importer) writeBatch(ctx context.Context, b *batch) error {
	if err := ctx.Err(); err != nil || len(b.rows) == 0 {
		return err
	}
	changes, bad, err := i.plan(ctx, b.rows)
	b.bad = append(b.bad, bad...)
	if err == nil && !i.options.DryRun {
		changes, bad, err = i.writeProducts(ctx, changes)
		b.bad = append(b.bad, bad...)
	}
	b.changes = changes
	return err
}

// finish writes the stock of what was taken of a batch, and counts it; or keeps the batch
// for the end of the file. What it needs of its rows stays, and they are let go: there may
// be many.
func (i *importer) finish(ctx context.Context, b *batch) error {
	i.result.Bad = append(i.result.Bad, b.bad...)
	if len(b.rows) > 0 {
		b.first, b.last = b.rows[0].Line, b.rows[len(b.rows)-1].Line
	}
	if b.failed != nil {
		return b.about(b.failed)
	}
	i.result.Notices = append(i.result.Notices, apartNotices(b.changes)...)
	b.outcomes = outcomes(b.changes)
	b.rows, b.changes = nil, nil
	if i.options.waits() {
		i.held = append(i.held, b)
		return nil
	}
	return i.settle(ctx, b)
}

// about says of an error which lines of the file it is about.
func (b *batch) about(err error) error {
	return fmt.Errorf("import lines %d to %d: %w", b.first, b.last, err)
}

// settle writes the stock of a batch, and counts its rows.
func (i *importer) settle(ctx context.Context, b *batch) error {
	moves, bad, err := i.writeStock(ctx, b.outcomes)
	i.result.Bad = append(i.result.Bad, bad...)
	i.count(b.outcomes, moves, bad)
	if err != nil {
		return b.about(err)
	}
	i.options.Log.DebugContext(ctx, "a batch is imported", "first_line", b.first, "last_line", b.last, "bad_so_far", len(i.result.Bad))
	if i.options.Progress != nil {
		i.options.Progress(b.done, i.options.Size)
	}
	return nil
}

// writeStock answers what moved, or in a dry run would.
func (i *importer) writeStock(ctx context.Context, taken []outcome) (moves []move, bad []BadRow, err error) {
	moves, err = i.moves(ctx, taken)
	if err == nil && i.options.Stock == StockAdd {
		moves, bad, err = i.stillToCome(ctx, moves)
	}
	if err != nil || i.options.DryRun {
		return moves, bad, err
	}
	made, more, err := i.moveStock(ctx, moves)
	return made, append(bad, more...), err
}
