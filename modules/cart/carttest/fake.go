package carttest

import (
	"context"
	"slices"
	"sync"
	"time"

	"galleria/modules/cart/internal/cart"
	"galleria/modules/cart/internal/service"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/id"
	"galleria/platform/module"
)

// lifetime is how long fake carts live after their last change.
const lifetime = 30 * 24 * time.Hour

// Fake is a cart module in memory: the real service over a store that forgets.
// Safe for concurrent use.
type Fake struct {
	cartv1.UnimplementedCartServiceServer
	store *memory

	mu      sync.Mutex
	service *service.Service
	broken  error
}

// NewFake makes a fake whose carts are priced by this catalog. It may be nil
// when Definition is used: then it is the catalog of the fake's world.
func NewFake(catalog catalogv1.CatalogServiceClient) *Fake {
	store := &memory{carts: map[string]*kept{}, taken: map[string]bool{}}
	return &Fake{store: store, service: service.New(store, catalog)}
}

// Definition is a module with a fake of its own in every world it is started in.
func Definition() module.Definition {
	return definition(NewFake)
}

// Definition is a module with this fake, for tests that hold on to it.
func (f *Fake) Definition() module.Definition {
	return definition(func(catalog catalogv1.CatalogServiceClient) *Fake {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.service = service.New(f.store, catalog)
		return f
	})
}

func definition(fake func(catalogv1.CatalogServiceClient) *Fake) module.Definition {
	return module.Definition{
		Name:     "cart",
		Contract: &cartv1.CartService_ServiceDesc,
		Needs:    []string{"catalog"},
		New: func(h module.Host) (*module.Instance, error) {
			return &module.Instance{Server: fake(catalogv1.NewCatalogServiceClient(h.Need("catalog")))}, nil
		},
	}
}

// NewID makes the id of a cart, as the edge does.
func NewID() string { return id.Secret() }

// Fail makes every call fail with err until it is called with nil.
func (f *Fake) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = err
}

func (f *Fake) working() (*service.Service, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.service, f.broken
}

// GetCart is part of the contract.
func (f *Fake) GetCart(ctx context.Context, r *cartv1.GetCartRequest) (*cartv1.GetCartResponse, error) {
	s, err := f.working()
	if err != nil {
		return nil, err
	}
	return s.GetCart(ctx, r)
}

// AddItem is part of the contract.
func (f *Fake) AddItem(ctx context.Context, r *cartv1.AddItemRequest) (*cartv1.AddItemResponse, error) {
	s, err := f.working()
	if err != nil {
		return nil, err
	}
	return s.AddItem(ctx, r)
}

// SetItem is part of the contract.
func (f *Fake) SetItem(ctx context.Context, r *cartv1.SetItemRequest) (*cartv1.SetItemResponse, error) {
	s, err := f.working()
	if err != nil {
		return nil, err
	}
	return s.SetItem(ctx, r)
}

// TakeItems is part of the contract.
func (f *Fake) TakeItems(ctx context.Context, r *cartv1.TakeItemsRequest) (*cartv1.TakeItemsResponse, error) {
	s, err := f.working()
	if err != nil {
		return nil, err
	}
	return s.TakeItems(ctx, r)
}

// memory keeps carts as the domain has them.
type memory struct {
	mu    sync.Mutex
	carts map[string]*kept
	taken map[string]bool // by order
}

type kept struct {
	cart.Cart
	keys map[string]cart.Addition
}

func (m *memory) Load(_ context.Context, id string) (cart.Cart, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.carts[id]
	if k == nil {
		return cart.Cart{ID: id}, nil
	}
	c := k.Cart
	c.Lines = slices.Clone(c.Lines)
	return c, nil
}

func (m *memory) Added(_ context.Context, a cart.Addition) (int64, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.carts[a.Cart]
	if k == nil {
		return 0, false, nil
	}
	first, before := k.keys[a.Key]
	if !before {
		return 0, false, nil
	}
	return k.Count(), true, a.Repeats(first)
}

func (m *memory) Add(_ context.Context, a cart.Addition) (int64, error) {
	return m.change(a.Cart, a.MustExist, func(k *kept) error {
		if first, before := k.keys[a.Key]; before {
			return a.Repeats(first)
		}
		if err := k.Add(a.Item); err != nil {
			return err
		}
		k.keys[a.Key] = a
		return nil
	})
}

func (m *memory) Set(_ context.Context, id string, item cart.Item, mustExist bool) (int64, error) {
	return m.change(id, mustExist && item.Quantity > 0, func(k *kept) error { return k.Set(item) })
}

func (m *memory) Take(_ context.Context, id, order string, quantities map[string]int64) error {
	_, err := m.change(id, false, func(k *kept) error {
		if !m.taken[order] {
			m.taken[order] = true
			k.Take(quantities)
		}
		return nil
	})
	return err
}

// change keeps what was changed without error. A cart that never had a line is
// not kept.
func (m *memory) change(id string, mustExist bool, do func(*kept) error) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.carts[id]
	if k == nil && mustExist {
		return 0, cart.ErrNoCart
	}
	if k == nil {
		k = &kept{Cart: cart.Cart{ID: id}, keys: map[string]cart.Addition{}}
	}
	if err := do(k); err != nil {
		return 0, err
	}
	if m.carts[id] != nil || len(k.Lines) > 0 {
		k.Expires = time.Now().Add(lifetime)
		m.carts[id] = k
	}
	return k.Count(), nil
}
