package console

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"galleria/app/floorplan"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/lifecycle"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
)

// While no page is open the house is looked at seldom; the first page is of now all the
// same, and of the last look when the next one takes too long.
func TestTheFirstPageAfterALongTimeIsOfNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &slowShop{shop: &shop{}}
		table := floorplan.Table{Modules: []module.Definition{
			{Name: "catalog", Contract: &catalogv1.CatalogService_ServiceDesc}, {Name: "cart", Contract: &cartv1.CartService_ServiceDesc},
		}}
		w := newWatch(source, table, slog.New(slog.DiscardHandler), time.Now)
		ctx, end := context.WithCancel(t.Context())
		defer end()
		go w.run(ctx)
		open := func() (after time.Duration, looks int64) {
			t.Helper()
			time.Sleep(10*time.Minute + 40*time.Second)
			synctest.Wait()
			before, began := source.looks.Load(), time.Now()
			if h, err := w.await(ctx); err != nil || len(h.Rooms) == 0 {
				t.Fatalf("got %d rooms and %v", len(h.Rooms), err)
			}
			return time.Since(began), source.looks.Load() - before
		}
		const short = 100 * time.Millisecond
		source.takes.Store(int64(short))
		if after, looks := open(); after != short || looks != 1 {
			t.Errorf("the first page took %s and %d looks, want one look at once", after, looks)
		}
		source.takes.Store(int64(3 * time.Second))
		if after, looks := open(); after != freshWithin || looks != 0 {
			t.Errorf("with a process that hangs the first page took %s and %d looks, want the last look after %s", after, looks, freshWithin)
		}
	})
}

// slowShop takes its time to answer.
type slowShop struct {
	*shop
	takes atomic.Int64 // of time.Duration
	looks atomic.Int64
}

func (s *slowShop) Modules(ctx context.Context, r *processv1.ModulesRequest) (*processv1.ModulesResponse, error) {
	_ = lifecycle.Pause(ctx, time.Duration(s.takes.Load()))
	s.looks.Add(1)
	return s.shop.Modules(ctx, r)
}
