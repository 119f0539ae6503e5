package service

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/modules/orders/internal/order"
	"galleria/modules/orders/internal/store"
	ordersv1 "galleria/modules/orders/v1"
	"galleria/platform/contract"
	"galleria/platform/identity"
)

const (
	mostNotes       = 100
	longestOfNotes  = 2000
	mostBestSellers = 50
)

// AddNote keeps what one of the staff writes about an order.
func (s *Service) AddNote(ctx context.Context, req *ordersv1.AddNoteRequest) (*ordersv1.AddNoteResponse, error) {
	if err := forStaff(ctx, mayWrite); err != nil {
		return nil, err
	}
	n := store.Note{Key: req.GetIdempotencyKey(), By: order.Operator, Text: strings.TrimSpace(req.GetText()), At: s.Now()}
	if who, known := identity.From(ctx); known {
		n.By = who.Subject
		if who.Email != "" {
			n.By = who.Email
		}
	}
	var bad violations
	bad.key(n.Key)
	bad.want(n.Text != "" && utf8.RuneCountInString(n.Text) <= longestOfNotes, "text", "must have 1 to 2000 characters")
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	o, err := s.byID(ctx, req.GetOrderId())()
	if err != nil {
		return nil, err
	}
	result, err := s.Store.AddNote(ctx, o.ID(), n, mostNotes)
	switch {
	case err != nil:
		return nil, err
	case result == store.NoteKeyUsed:
		return nil, keyReused()
	case result == store.NotesFull:
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_TOO_MANY_NOTES, "order %s has %d notes, and may have no more", o.Snapshot().Number, mostNotes)
	}
	shown, err := s.toStaff(ctx, o)
	if err != nil {
		return nil, err
	}
	return &ordersv1.AddNoteResponse{Order: shown}, nil
}

// toStaff is an order with what the staff wrote about it.
func (s *Service) toStaff(ctx context.Context, o *order.Order) (*ordersv1.Order, error) {
	notes, err := s.Store.Notes(ctx, o.ID())
	if err != nil {
		return nil, err
	}
	shown := toProto(o)
	for _, n := range notes {
		shown.Notes = append(shown.Notes, &ordersv1.Note{At: timestamppb.New(n.At), By: n.By, Text: n.Text})
	}
	return shown, nil
}

// GetTotals adds up what was sold.
func (s *Service) GetTotals(ctx context.Context, req *ordersv1.GetTotalsRequest) (*ordersv1.GetTotalsResponse, error) {
	if err := forStaff(ctx, mayRead); err != nil {
		return nil, err
	}
	zone, zoneErr := time.LoadLocation(req.GetTimeZone())
	hours := req.GetUnit() == ordersv1.GetTotalsRequest_UNIT_HOUR
	most := int32(92)
	if hours {
		most = 168
	}
	var bad violations
	bad.want(len(req.GetCurrencyCode()) == 3, "currency_code", "must be a code of ISO 4217, such as EUR")
	bad.want(hours || req.GetUnit() == ordersv1.GetTotalsRequest_UNIT_DAY, "unit", "must be HOUR or DAY")
	bad.want(req.GetCount() >= 1 && req.GetCount() <= most, "count", "must be 1 to 168 hours, or 1 to 92 days")
	bad.want(req.GetUntil().IsValid(), "until", "must be a time")
	bad.want(zoneErr == nil, "time_zone", "must be the name of a time zone, such as Europe/Lisbon")
	bad.want(req.GetBestSellers() >= 0 && req.GetBestSellers() <= mostBestSellers, "best_sellers", "must be 0 to 50")
	if err := contract.Invalid(bad...); err != nil {
		return nil, err
	}
	starts := startsOf(req.GetUntil().AsTime().In(zone), hours, int(req.GetCount()))
	from, to := starts[0], starts[len(starts)-1]
	sold, err := s.Store.Sold(ctx, req.GetCurrencyCode(), from, to)
	if err != nil {
		return nil, err
	}
	resp := &ordersv1.GetTotalsResponse{}
	for i := range starts[1:] {
		b := &ordersv1.GetTotalsResponse_Bucket{From: timestamppb.New(starts[i])}
		for len(sold) > 0 && sold[0].At.Before(starts[i+1]) {
			b.Orders += sold[0].Orders
			b.TotalMinor += sold[0].Total
			sold = sold[1:]
		}
		resp.Buckets = append(resp.Buckets, b)
	}
	if req.GetBestSellers() == 0 {
		return resp, nil
	}
	best, err := s.Store.BestSellers(ctx, req.GetCurrencyCode(), from, to, int(req.GetBestSellers()))
	if err != nil {
		return nil, err
	}
	for _, b := range best {
		resp.BestSellers = append(resp.BestSellers, &ordersv1.GetTotalsResponse_Seller{Sku: b.SKU, Name: b.Name, Variant: b.Variant, Quantity: b.Quantity, TotalMinor: b.Total})
	}
	return resp, nil
}

// startsOf are the times at which count hours or days begin, and the end of the last one,
// which is the one that until is in.
func startsOf(until time.Time, hours bool, count int) []time.Time {
	starts := make([]time.Time, count+1)
	for i := range starts {
		back := count - 1 - i
		if hours {
			// Hours begin at :00 of the local clock, also where it differs by 30 minutes.
			_, offset := until.Zone()
			aside := time.Duration(offset) * time.Second
			starts[i] = until.Add(aside).Truncate(time.Hour).Add(-aside).Add(-time.Duration(back) * time.Hour)
		} else {
			starts[i] = time.Date(until.Year(), until.Month(), until.Day()-back, 0, 0, 0, 0, until.Location())
		}
	}
	return starts
}
