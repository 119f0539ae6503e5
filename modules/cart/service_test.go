package cart_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/migrations"
	"galleria/modules/cart"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// shop is a cart module with a clock that stands still, and its catalog.
type shop struct {
	cartv1.CartServiceServer
	*testing.T
	instance *module.Instance
	db       *database.DB
	catalog  *catalogtest.Fake
	calls    *counted
	clock    *clock
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// counted counts the calls to the catalog.
type counted struct {
	grpc.ClientConnInterface
	mu    sync.Mutex
	calls int
}

func (c *counted) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	c.mu.Lock()
	c.calls++
	c.mu.Unlock()
	return c.ClientConnInterface.Invoke(ctx, method, args, reply, options...)
}

// each runs a test on SQLite and on PostgreSQL; open gives another shop on the
// same carts, as in another process, with the same clock and catalog.
func each(t *testing.T, test func(t *testing.T, open func() *shop)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = cart.Name, migrations.For(cart.Name)
		catalog, hands := catalogtest.NewFake(t, catalogtest.Product("MUG"), catalogtest.Product("POT")), &clock{now: time.Now()}
		test(t, func() *shop {
			t.Helper()
			s := &shop{T: t, db: databasetest.Open(t, o), catalog: catalog, clock: hands, calls: &counted{ClientConnInterface: connect(t, catalog)}}
			host := module.Host{DB: s.db, Log: slog.New(slog.DiscardHandler), Now: hands.Now}
			var err error
			s.instance, err = cart.New(host, cart.Needs{Catalog: catalogv1.NewCatalogServiceClient(s.calls)}, cart.DefaultConfig())
			if err != nil {
				t.Fatal(err)
			}
			s.CartServiceServer = s.instance.Server.(cartv1.CartServiceServer)
			return s
		})
	})
}

func connect(t testing.TB, catalog *catalogtest.Fake) grpc.ClientConnInterface {
	t.Helper()
	r, err := route.New("catalog", &catalogv1.CatalogService_ServiceDesc, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	target, err := r.NewLocal(catalog, route.LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Point(target)
	return r.For(cart.Name)
}

func (s *shop) add(id, key, sku string, quantity int64) (int64, error) {
	got, err := s.AddItem(s.Context(), &cartv1.AddItemRequest{CartId: id, Sku: sku, Quantity: quantity, IdempotencyKey: key})
	return got.GetItemCount(), err
}

func (s *shop) wantAdded(id, key string, quantity, want int64) {
	s.Helper()
	if got, err := s.add(id, key, "MUG", quantity); err != nil || got != want {
		s.Fatalf("add %d under %s: got %d things and %v, want %d", quantity, key, got, err, want)
	}
}

func (s *shop) count(id string) int64 {
	s.Helper()
	got, err := s.GetCart(s.Context(), &cartv1.GetCartRequest{CartId: id})
	if err != nil {
		s.Fatal(err)
	}
	return got.GetCart().GetItemCount()
}

func TestACartIsForgotten30DaysAfterItsLastChange(t *testing.T) {
	const day = 24 * time.Hour
	each(t, func(t *testing.T, open func() *shop) {
		s := open()
		id := carttest.NewID()
		s.wantAdded(id, "one", 1, 1)
		s.clock.pass(29 * day)
		s.wantAdded(id, "two", 1, 2) // a change: 30 more days
		s.clock.pass(30*day - time.Microsecond)
		if got := s.count(id); got != 2 {
			t.Errorf("things just before the end: got %d, want 2", got)
		}
		for _, later := range []time.Duration{time.Microsecond, 40 * day} {
			s.clock.pass(later)
			if got := s.count(id); got != 0 {
				t.Errorf("things %v after that: got %d, want 0", later, got)
			}
		}
		// The rows are still there, and nothing of them may come back.
		if got, err := s.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: id, Sku: "POT", Quantity: 0}); err != nil || got.GetItemCount() != 0 {
			t.Errorf("remove from a forgotten cart: got %v and %v, want 0 things", got, err)
		}
		s.wantAdded(id, "one", 5, 5) // the key is forgotten too
	})
}

func TestExpiredCartsAreDeletedAndOthersStay(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		s := open()
		for range 3 {
			s.wantAdded(carttest.NewID(), "key", 1, 1)
		}
		s.take(carttest.NewID(), "old-order", "MUG", 1)
		s.merge("old")
		s.clock.pass(20 * 24 * time.Hour)
		id := carttest.NewID()
		s.wantAdded(id, "key", 7, 7)
		s.take(carttest.NewID(), "new-order", "MUG", 1)
		s.merge("new")
		s.clock.pass(20 * 24 * time.Hour)
		s.sweep()
		for table, want := range map[string]int64{"carts": 1, "cart_items": 1, "cart_additions": 1, "cart_merges": 1, "taken_orders": 1} {
			s.wantRows(table, want)
		}
		if got := s.count(id); got != 7 {
			t.Errorf("things in the cart that lives: got %d, want 7", got)
		}
	})
}

// One cart can't fill the database, however often something is put into it.
func TestACartRemembersABoundedNumberOfAdditions(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		s := open()
		id := carttest.NewID()
		s.wantAdded(id, "first", 1, 1)
		for n := range 3000 {
			s.clock.pass(time.Millisecond)
			if _, err := s.SetDelivery(t.Context(), &cartv1.SetDeliveryRequest{CartId: id, DeliveryOption: fmt.Sprint("way-", n%2)}); err != nil {
				t.Fatal(err)
			}
			if n%90 == 0 {
				if _, err := s.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: id, Sku: "MUG", Quantity: 1}); err != nil {
					t.Fatal(err)
				}
			}
			s.wantAdded(id, fmt.Sprint(n), 1, int64(n%90)+2)
		}
		if n := s.rows("cart_additions"); n < 1000 || n > 2000 { // chance allows more once in millions of runs
			t.Errorf("got %d additions of one cart, want little more than 1,000", n)
		}
		s.wantAdded(id, "2999", 1, s.count(id)) // the latest are known still
	})
}

func (s *shop) take(id, order, sku string, quantity int64) {
	s.Helper()
	items := []*cartv1.TakeItemsRequest_Item{{Sku: sku, Quantity: quantity}}
	if _, err := s.TakeItems(moduletest.Direct(s.Context()), &cartv1.TakeItemsRequest{CartId: id, OrderId: order, Items: items}); err != nil {
		s.Fatalf("take: %v", err)
	}
}

func (s *shop) merge(key string) {
	s.Helper()
	r := &cartv1.MergeCartsRequest{From: carttest.NewID(), Into: carttest.NewID(), IdempotencyKey: key}
	if _, err := s.MergeCarts(s.Context(), r); err != nil {
		s.Fatalf("merge: %v", err)
	}
}

// sweep runs the background work until it has deleted what it can.
func (s *shop) sweep() {
	s.Helper()
	ctx, stop := context.WithCancel(s.Context())
	ended := make(chan error)
	go func() { ended <- s.instance.Work["expiry"](ctx) }()
	for deadline := time.Now().Add(20 * time.Second); s.rows("taken_orders") > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatal("the background work deletes nothing")
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		s.Errorf("the background work ended with %v, want %v", err, context.Canceled)
	}
}

func (s *shop) rows(table string) (n int64) {
	s.Helper()
	if err := s.db.Read(s.Context()).Raw("SELECT COUNT(*) FROM " + table).Scan(&n).Error; err != nil {
		s.Fatal(err)
	}
	return n
}

func (s *shop) wantRows(table string, want int64) {
	s.Helper()
	if got := s.rows(table); got != want {
		s.Errorf("rows of %s: got %d, want %d", table, got, want)
	}
}

func TestWithoutTheCatalogNothingIsWrittenAndRemovingWorks(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		s := open()
		id := carttest.NewID()
		s.wantAdded(id, "before", 3, 3)
		for _, failure := range []error{
			status.Error(codes.Unavailable, "gone"),
			status.Error(codes.DeadlineExceeded, "slow"),
			status.Error(codes.Internal, "broken"),
			contract.Error(codes.InvalidArgument, catalogv1.Reason_REASON_BAD_PAGE_TOKEN, "odd"),
		} {
			s.catalog.Fail(failure)
			_, adding := s.add(carttest.NewID(), "key", "MUG", 1)
			_, setting := s.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: id, Sku: "MUG", Quantity: 1})
			_, getting := s.GetCart(t.Context(), &cartv1.GetCartRequest{CartId: id})
			for call, err := range map[string]error{"AddItem": adding, "SetItem": setting, "GetCart": getting} {
				if _, reason := contract.Info(err); status.Code(err) != codes.Unavailable || reason {
					t.Errorf("%s while the catalog answers %v: got %v, want Unavailable without the catalog's reason", call, failure, err)
				}
			}
			s.wantRows("carts", 1)
			s.wantAdded(id, "before", 3, 3) // a repeat
			if got := s.count(carttest.NewID()); got != 0 {
				t.Errorf("things in an empty cart: got %d, want 0", got)
			}
		}
		s.take(id, "order", "MUG", 1)
		if got, err := s.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: id, Sku: "MUG", Quantity: 0}); err != nil || got.GetItemCount() != 0 {
			t.Errorf("remove: got %v and %v, want 0 things", got, err)
		}
	})
}

func TestACallerThatGaveUpHearsThat(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		s := open()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.SetItem(ctx, &cartv1.SetItemRequest{CartId: carttest.NewID(), Sku: "MUG", Quantity: 1})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		s.wantRows("carts", 0)
	})
}

func TestTheCatalogsMemoryOfANameOutlivesIt(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		s := open()
		id := carttest.NewID()
		s.wantAdded(id, "key", 1, 1)
		s.calls.ClientConnInterface = connect(t, catalogtest.NewFake(t)) // knows nothing
		got, err := s.GetCart(t.Context(), &cartv1.GetCartRequest{CartId: id})
		if err != nil {
			t.Fatal(err)
		}
		if l := got.GetCart().GetLines()[0]; l.GetName() != "Product MUG" || l.GetStatus() != cartv1.LineStatus_LINE_STATUS_UNKNOWN {
			t.Errorf("line: got %v, want its name, and that the catalog does not know it", l)
		}
	})
}

func TestCallsCostFewStatementsAndOneCallToTheCatalog(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		s := open()
		id := carttest.NewID()
		var products []*catalogv1.Product
		for i := range 100 {
			products = append(products, catalogtest.Product(fmt.Sprint("P", i)))
		}
		s.catalog.Put(products...)
		var items []*cartv1.TakeItemsRequest_Item
		for _, p := range products {
			if _, err := s.add(id, catalogtest.SKU(p), catalogtest.SKU(p), 2); err != nil {
				t.Fatal(err)
			}
			items = append(items, &cartv1.TakeItemsRequest_Item{Sku: catalogtest.SKU(p), Quantity: 1})
		}
		get := func() error {
			_, err := s.GetCart(t.Context(), &cartv1.GetCartRequest{CartId: id})
			return err
		}
		for _, test := range []struct {
			name              string
			statements, calls int
			do                func() error
		}{
			{"AddItem", 4, 1, func() error { _, err := s.add(id, "again", "P0", 1); return err }},
			{"AddItem, repeated", 4, 1, func() error { _, err := s.add(id, "again", "P0", 1); return err }},
			{"AddItem, a new cart", 4, 1, func() error { _, err := s.add(carttest.NewID(), "again", "P0", 1); return err }},
			{"SetItem", 3, 1, func() error {
				_, err := s.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: id, Sku: "P1", Quantity: 5})
				return err
			}},
			{"GetCart", 1, 1, get},
			{"GetCart, repeated", 1, 1, get},
			{"TakeItems", 4, 0, func() error {
				_, err := s.TakeItems(moduletest.Direct(t.Context()), &cartv1.TakeItemsRequest{CartId: id, OrderId: "order", Items: items})
				return err
			}},
			{"TakeItems, repeated", 1, 0, func() error {
				_, err := s.TakeItems(moduletest.Direct(t.Context()), &cartv1.TakeItemsRequest{CartId: id, OrderId: "order", Items: items})
				return err
			}},
		} {
			before := s.calls.calls
			statements := databasetest.CountStatements(s.db, func() {
				if err := test.do(); err != nil {
					t.Errorf("%s: %v", test.name, err)
				}
			})
			if calls := s.calls.calls - before; statements != test.statements || calls != test.calls {
				t.Errorf("%s: got %d statements and %d calls, want %d and %d", test.name, statements, calls, test.statements, test.calls)
			}
		}
	})
}

func TestEachProcessSeesWhatAnotherChanged(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		a, b := open(), open()
		id, other := carttest.NewID(), carttest.NewID()
		a.wantAdded(id, "first", 1, 1)
		want := int64(1)
		for round := range 3 {
			for i, change := range []func(s *shop) error{
				func(s *shop) error { want++; _, err := s.add(id, fmt.Sprint("key-", round), "POT", 1); return err },
				func(s *shop) error {
					want = 5
					_, err := s.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: id, Sku: "MUG", Quantity: 5})
					if err == nil {
						_, err = s.SetItem(t.Context(), &cartv1.SetItemRequest{CartId: id, Sku: "POT"})
					}
					return err
				},
				func(s *shop) error { want--; s.take(id, fmt.Sprint("order-", round), "MUG", 1); return nil },
				func(s *shop) error {
					want += 2
					if _, err := s.add(other, fmt.Sprint("key-", round), "MUG", 2); err != nil {
						return err
					}
					_, err := s.MergeCarts(t.Context(), &cartv1.MergeCartsRequest{From: other, Into: id, IdempotencyKey: fmt.Sprint("key-", round)})
					return err
				},
			} {
				changes, looks := a, b
				if (i+round)%2 == 0 {
					changes, looks = b, a
				}
				looks.count(id)
				if err := change(changes); err != nil {
					t.Fatal(err)
				}
				for _, s := range []*shop{looks, changes, looks} {
					if got := s.count(id); got != want {
						t.Fatalf("round %d, change %d: got %d things, want %d", round, i, got, want)
					}
				}
			}
		}
		// The cart is forgotten, and made again with as many changes.
		a.clock.pass(31 * 24 * time.Hour)
		b.wantAdded(id, "anew", 3, 3)
		if got := a.count(id); got != 3 {
			t.Errorf("a cart that was made again: got %d things, want 3", got)
		}
	})
}

func TestProcessesThatShareACartKeepItsLimits(t *testing.T) {
	each(t, func(t *testing.T, open func() *shop) {
		shops := []*shop{open(), open()}
		for round := range 5 {
			id := carttest.NewID()
			var racing sync.WaitGroup
			var mu sync.Mutex
			added := int64(0)
			for i := range 12 {
				racing.Go(func() {
					_, err := shops[i%2].add(id, fmt.Sprint("key-", i/2), "MUG", 20) // each key in both
					switch {
					case err == nil:
						mu.Lock()
						added++
						mu.Unlock()
					case !contract.Is(err, cartv1.Reason_REASON_LINE_FULL):
						t.Errorf("add: got %v, want LINE_FULL or none", err)
					}
				})
			}
			racing.Wait()
			if got := shops[0].count(id); got != 80 {
				t.Errorf("round %d: got %d things after %d answers, want 80", round, got, added)
			}
		}
	})
}
