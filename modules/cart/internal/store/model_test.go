package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"galleria/migrations"
	"galleria/modules/cart/internal/cart"
	"galleria/modules/cart/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/id"
)

// TestTheTablesDoWhatTheDomainDoes: the rules are conditions of statements in
// the store and methods in the domain; any history ends alike in both.
func TestTheTablesDoWhatTheDomainDoes(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Module, o.Migrations = "cart", migrations.For("cart")
		carts := store.New(databasetest.Open(t, o), time.Now, time.Hour)
		rapid.Check(t, func(t *rapid.T) { history(t, carts) })
	})
}

func history(t *rapid.T, carts *store.Store) {
	ctx := t.Context()
	model := cart.Cart{ID: id.Secret()}
	orders := map[string]bool{}
	for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
		item := cart.Item{
			SKU: fmt.Sprint("S", rapid.IntRange(0, 3).Draw(t, "sku")), Name: fmt.Sprint("name ", step),
			Currency: rapid.SampledFrom([]string{"EUR", "EUR", "EUR", "USD"}).Draw(t, "currency"),
			Quantity: rapid.SampledFrom([]int64{1, 2, 40, 60, 99}).Draw(t, "quantity"),
		}
		var count int64
		var got, want error
		switch rapid.IntRange(0, 6).Draw(t, "what") {
		case 0:
			want = model.Add(item)
			count, _, got = carts.Add(ctx, cart.Addition{Cart: model.ID, Key: fmt.Sprint(step), Item: item})
		case 1:
			want = model.Set(item)
			count, got = carts.Set(ctx, cart.Setting{Cart: model.ID, Item: item})
		case 2:
			item.Quantity = 0
			want = model.Set(item)
			count, got = carts.Set(ctx, cart.Setting{Cart: model.ID, Item: item})
		case 6:
			if len(model.Lines) == 0 {
				continue // there may be no cart
			}
			item.Quantity = rapid.SampledFrom([]int64{0, item.Quantity}).Draw(t, "changed to")
			want = model.Change(item)
			count, got = carts.Set(ctx, cart.Setting{Cart: model.ID, Item: item, LineMustExist: true})
		case 3:
			order := fmt.Sprint(model.ID, rapid.IntRange(0, 2).Draw(t, "order"))
			taken := cart.Bought{Quantities: map[string]int64{item.SKU: item.Quantity, "S0": 1}, Codes: rapid.SampledFrom([][]string{nil, {"B"}, {"OTHER"}}).Draw(t, "codes")}
			if !orders[order] {
				model.Take(taken)
				orders[order] = true
			}
			got = carts.Take(ctx, model.ID, order, taken)
			count = model.Count()
		case 4:
			if len(model.Lines) == 0 {
				continue // there may be no cart
			}
			codes, expected := []string{fmt.Sprint("CODE", step), "B"}, rapid.SampledFrom([]*[]string{nil, &model.Codes, {"OTHER"}}).Draw(t, "expected")
			if expected != nil && !slices.Equal(*expected, model.Codes) {
				want = cart.ErrOtherCodes
			}
			got = carts.SetCodes(ctx, model.ID, codes, expected)
			if want == nil {
				model.Codes = codes
			}
			count = model.Count()
		case 5:
			other := cart.Cart{ID: id.Secret()}
			for n := range rapid.IntRange(0, 3).Draw(t, "lines of another") {
				item.SKU = fmt.Sprint("S", 2+n)
				if err := other.Set(item); err != nil {
					t.Fatal(err)
				}
				if _, err := carts.Set(ctx, cart.Setting{Cart: other.ID, Item: item}); err != nil {
					t.Fatal(err)
				}
			}
			model.Merge(&other)
			count, got = carts.Merge(ctx, cart.Merge{From: other.ID, Into: model.ID, Key: fmt.Sprint(step)})
		}
		if !errors.Is(got, want) || want == nil && (got != nil || count != model.Count()) {
			t.Fatalf("step %d, %+v: got %d and %v, want %d and %v", step, item, count, got, model.Count(), want)
		}
		stored, err := carts.Load(ctx, model.ID)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(stored.Lines, stored.Codes) != fmt.Sprint(model.Lines, model.Codes) || len(model.Lines) > 0 && stored.Currency != model.Currency {
			t.Fatalf("step %d, %+v: got %+v, want %+v", step, item, stored, model)
		}
	}
}
