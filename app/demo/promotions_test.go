package demo_test

import (
	"testing"
	"time"

	"galleria/app/demo"
)

func TestASeasonalPromotionIsOnWhicheverDayTheShopIsOpened(t *testing.T) {
	for opened := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); opened.Year() < 2029; opened = opened.Add(12 * time.Hour) {
		for _, later := range []time.Duration{0, 89 * 24 * time.Hour} {
			var on []string
			for _, p := range demo.Promotions(opened) {
				if p.GetStartsAt() == nil || p.GetEndsAt() == nil {
					continue
				}
				if at := opened.Add(later); !at.Before(p.GetStartsAt().AsTime()) && at.Before(p.GetEndsAt().AsTime()) {
					on = append(on, p.GetId())
				}
			}
			if len(on) != 1 {
				t.Errorf("opened on %s, %s later: got %q, want one seasonal promotion", opened, later, on)
			}
		}
	}
}

func TestTheSeasonalPromotionIsThatOfTheDay(t *testing.T) {
	for day, want := range map[string]string{
		"2027-01-01": "winter-delivery from 2026-12-01 to 2027-03-01", "2027-02-28": "winter-delivery from 2026-12-01 to 2027-03-01",
		"2027-03-01": "spring-delivery from 2027-03-01 to 2027-06-01", "2027-08-31": "summer-delivery from 2027-06-01 to 2027-09-01",
		"2027-11-30": "autumn-delivery from 2027-09-01 to 2027-12-01", "2027-12-31": "winter-delivery from 2027-12-01 to 2028-03-01",
	} {
		opened, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		p := demo.Promotions(opened)[1]
		got := p.GetId() + " from " + p.GetStartsAt().AsTime().Format(time.DateOnly) + " to " + p.GetEndsAt().AsTime().Format(time.DateOnly)
		if got != want {
			t.Errorf("opened on %s: got %s, want %s", day, got, want)
		}
	}
}
