package orderstest

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func noteCases(w World) map[string]func(t *testing.T) {
	return map[string]func(t *testing.T){
		"keeps a note for the staff, and never shows it to the customer": func(t *testing.T) {
			s := NewShop(t, w)
			placed := s.Buy(s.Stock(10, 100), 1)
			o := placed.GetOrder()
			add := func(text, key string) (*ordersv1.AddNoteResponse, error) {
				return s.Orders.AddNote(t.Context(), &ordersv1.AddNoteRequest{OrderId: o.GetId(), Text: text, IdempotencyKey: key})
			}
			key := id.New()
			for range 2 { // the second time it is a repeated call
				noted, err := add("  She called: ring twice. ", key)
				s.must("add a note", err)
				if notes := noted.GetOrder().GetNotes(); len(notes) != 1 || notes[0].GetText() != "She called: ring twice." || notes[0].GetBy() == "" || notes[0].GetAt() == nil {
					t.Errorf("got notes %v, want one, with who wrote it and when", notes)
				}
			}
			_, err := add("something else", key)
			wantReason(t, err, codes.InvalidArgument, ordersv1.Reason_REASON_KEY_REUSED, nil)
			_, err = s.Orders.AddNote(t.Context(), &ordersv1.AddNoteRequest{OrderId: id.New(), Text: "x", IdempotencyKey: id.New()})
			wantReason(t, err, codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, nil)
			if _, err = add(" ", id.New()); len(contract.Violations(err)) != 1 {
				t.Errorf("an empty note: got %v, want a violation", err)
			}
			found, err := s.Orders.FindOrder(t.Context(), &ordersv1.FindOrderRequest{Number: o.GetNumber()})
			s.must("find the order", err)
			if len(found.GetOrder().GetNotes()) != 1 {
				t.Errorf("got %v, want the note", found.GetOrder().GetNotes())
			}
			if seen := s.get(placed); len(seen.GetNotes()) != 0 {
				t.Errorf("the customer is shown %v", seen.GetNotes())
			}
		},
		"keeps as many as there may be": func(t *testing.T) {
			s := NewShop(t, w)
			o := s.Place(s.Stock(10, 100), 1).GetOrder()
			for range 100 {
				_, err := s.Orders.AddNote(t.Context(), &ordersv1.AddNoteRequest{OrderId: o.GetId(), Text: "again", IdempotencyKey: id.New()})
				s.must("add a note", err)
			}
			_, err := s.Orders.AddNote(t.Context(), &ordersv1.AddNoteRequest{OrderId: o.GetId(), Text: "again", IdempotencyKey: id.New()})
			wantReason(t, err, codes.FailedPrecondition, ordersv1.Reason_REASON_TOO_MANY_NOTES, nil)
		},
	}
}

func totalsCases(w World) map[string]func(t *testing.T) {
	totals := func(t *testing.T, unit ordersv1.GetTotalsRequest_Unit, count int32, until time.Time) *ordersv1.GetTotalsResponse {
		t.Helper()
		got, err := w.Orders.GetTotals(t.Context(), &ordersv1.GetTotalsRequest{
			CurrencyCode: "EUR", Unit: unit, Count: count, Until: timestamppb.New(until), TimeZone: "Asia/Kolkata", BestSellers: 50,
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	sum := func(r *ordersv1.GetTotalsResponse) (orders, minor int64) {
		for _, b := range r.GetBuckets() {
			orders, minor = orders+b.GetOrders(), minor+b.GetTotalMinor()
		}
		return orders, minor
	}
	return map[string]func(t *testing.T){
		"adds up orders that were paid, by the time they were placed": func(t *testing.T) {
			s := NewShop(t, w)
			hour := ordersv1.GetTotalsRequest_UNIT_HOUR
			sku := s.Stock(10, 100_000_000) // sells for more than all else together
			// The hour may end while this runs: the hour before counts as well.
			orders, minor := sum(totals(t, hour, 2, time.Now().Add(time.Hour)))
			bought := s.Buy(sku, 2).GetOrder()
			unpaid := s.Place(sku, 1).GetOrder()
			after := totals(t, hour, 3, time.Now().Add(time.Hour))
			gotOrders, gotMinor := sum(after)
			if gotOrders < orders+1 || gotMinor < minor+bought.GetTotals().GetTotalMinor() || gotMinor >= minor+bought.GetTotals().GetTotalMinor()+unpaid.GetTotals().GetTotalMinor() {
				t.Errorf("got %d orders of %d, want one and %d more than %d of %d", gotOrders, gotMinor, bought.GetTotals().GetTotalMinor(), orders, minor)
			}
			best := slices.IndexFunc(after.GetBestSellers(), func(b *ordersv1.GetTotalsResponse_Seller) bool { return b.GetSku() == sku })
			if best < 0 || after.GetBestSellers()[best].GetQuantity() != 2 || after.GetBestSellers()[best].GetName() != bought.GetLines()[0].GetName() ||
				after.GetBestSellers()[best].GetTotalMinor() != bought.GetLines()[0].GetTotalMinor() {
				t.Errorf("got %v, want 2 pieces of %s among them", after.GetBestSellers(), sku)
			}
		},
		"begins days at midnight of the time zone": func(t *testing.T) {
			day := totals(t, ordersv1.GetTotalsRequest_UNIT_DAY, 3, time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC))
			var starts []string
			for _, b := range day.GetBuckets() {
				starts = append(starts, b.GetFrom().AsTime().Format("01-02 15:04"))
			}
			// 20:00 in London is 01:30 of the next day in Kolkata, where it begins at 18:30.
			if want := []string{"02-27 18:30", "02-28 18:30", "03-01 18:30"}; !slices.Equal(starts, want) {
				t.Errorf("got %v, want %v", starts, want)
			}
		},
		"refuses what it can't add up": func(t *testing.T) {
			_, err := w.Orders.GetTotals(t.Context(), &ordersv1.GetTotalsRequest{Count: 500, TimeZone: "Moon/Base", BestSellers: 51})
			var fields []string
			for _, v := range contract.Violations(err) {
				fields = append(fields, v.Field)
			}
			if want := []string{"currency_code", "unit", "count", "until", "time_zone", "best_sellers"}; !slices.Equal(fields, want) {
				t.Errorf("got %v: %v, want %v", fields, err, want)
			}
		},
	}
}
