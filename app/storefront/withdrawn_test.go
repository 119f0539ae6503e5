package storefront_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	catalogv1 "galleria/modules/catalog/v1"
)

func TestAWithdrawnCategoryIsNotShownAndItsProductsAre(t *testing.T) {
	s := newShop(t)
	v := s.visitor(t)
	v.get(lamp).says("Lighting", "In the same arcade")
	v.get("/search?q=oak").says("Lighting")
	show := func(withdrawn bool) {
		t.Helper()
		_, err := s.catalog.UpsertCategories(t.Context(), &catalogv1.UpsertCategoriesRequest{Categories: []*catalogv1.Category{{Slug: "lighting", Name: "Lighting", Withdrawn: withdrawn}}})
		if err != nil {
			t.Fatal(err)
		}
		s.clock.pass(time.Minute)
	}
	show(true)
	v.get("/c/lighting").want(http.StatusNotFound)
	for _, path := range []string{"/", "/c/kitchen", "/search?q=oak", "/sitemap.xml", lamp} {
		if got := v.get(path).want(http.StatusOK); strings.Contains(got.body, "/c/lighting") || strings.Contains(got.body, "category=lighting") {
			t.Errorf("%s leads to the withdrawn category", path)
		}
	}
	v.get(lamp).says("Add to cart").saysNot("Department", "In the same arcade")
	if !strings.Contains(v.get("/sitemap.xml").body, lamp) {
		t.Error("the sitemap has not the product")
	}
	v.put("LMP-ARC-01", 1)
	v.get("/cart").says("€289.00")
	show(false)
	v.get("/c/lighting").want(http.StatusOK)
	v.get(lamp).says("Department", "In the same arcade")
}
