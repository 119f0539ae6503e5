package storefront

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"

	inventoryv1 "galleria/modules/inventory/v1"
)

// fullShelves is an inventory that has five of everything, answers only when it is open,
// and answers no caller that went away.
type fullShelves struct {
	inventoryv1.InventoryServiceClient
	open chan struct{}
}

func (f fullShelves) GetLevels(ctx context.Context, r *inventoryv1.GetLevelsRequest, _ ...grpc.CallOption) (*inventoryv1.GetLevelsResponse, error) {
	select {
	case <-f.open:
	case <-ctx.Done():
	}
	answer := &inventoryv1.GetLevelsResponse{}
	for _, sku := range r.GetSkus() {
		answer.Levels = append(answer.Levels, &inventoryv1.Level{Sku: sku, Available: 5})
	}
	return answer, ctx.Err()
}

func TestAVisitorWhoGoesAwayDoesNotHideTheStockFromOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelves := fullShelves{open: make(chan struct{})}
		s := &Storefront{Needs: Needs{Inventory: shelves}, now: time.Now, freshness: time.Hour}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, known := s.counts(gone, time.Minute, []string{"MUG"}); known {
			t.Fatal("got a count for a visitor who went away")
		}
		synctest.Wait() // what inventory would say of the caller is written down
		close(shelves.open)
		if counts, known := s.counts(t.Context(), time.Minute, []string{"MUG"}); !known || counts["MUG"] != 5 {
			t.Errorf("got %v, %v for the next visitor, want 5 mugs", counts, known)
		}
	})
}
