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
	// changes are what was made of the rows, once their products are written.
	changes []*change
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

// finish writes the stock of what was taken of a batch, and counts it.
func (i *importer) finish(ctx context.Context, b *batch) error {
	i.result.Bad = append(i.result.Bad, b.bad...)
	if len(b.rows) > 0 {
		first, last := b.rows[0].Line, b.rows[len(b.rows)-1].Line
		err := b.failed
		if err == nil {
			err = i.finishRows(ctx, b.changes)
		}
		if err != nil {
			return fmt.Errorf("import lines %d to %d: %w", first, last, err)
		}
		i.options.Log.DebugContext(ctx, "a batch is imported", "first_line", first, "last_line", last, "bad_so_far", len(i.result.Bad))
	}
	if i.options.Progress != nil {
		i.options.Progress(b.done, i.options.Size)
	}
	return nil
}

func (i *importer) finishRows(ctx context.Context, changes []*change) error {
	var rows []Row
	for _, c := range changes {
		rows = append(rows, c.rows...)
	}
	moves, err := i.moves(ctx, rows)
	if err != nil {
		return err
	}
	var bad []BadRow
	switch {
	case !i.options.DryRun:
		moves, bad, err = i.moveStock(ctx, moves)
		i.result.Bad = append(i.result.Bad, bad...)
	case i.options.Stock == StockAdd:
		moves, err = i.stillToCome(ctx, moves)
	}
	i.count(changes, moves, bad)
	return err
}
