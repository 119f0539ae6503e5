package catalogtest_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/modules/catalog/catalogtest"
	catalogv1 "galleria/modules/catalog/v1"
	"galleria/platform/certs"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

func TestAFakeCanBeHeldAndMadeToFail(t *testing.T) {
	mug := catalogtest.Product("MUG")
	catalogtest.SetPrice(mug, "EUR", 1290)
	fake := catalogtest.NewFake(t, mug)
	moduletest.Local(t, moduletest.World{fake.Definition()}, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		client := catalogv1.NewCatalogServiceClient(connect(moduletest.As(certs.Operator, "catalog")))
		ask := &catalogv1.GetOffersRequest{Skus: []string{"MUG"}, CurrencyCode: "EUR"}
		fake.Fail(status.Error(codes.Unavailable, "away"))
		if _, err := client.GetOffers(t.Context(), ask); status.Code(err) != codes.Unavailable {
			t.Errorf("while it fails: got %v, want Unavailable", err)
		}
		fake.Fail(nil)
		got, err := client.GetOffers(t.Context(), ask)
		if err != nil || len(got.GetOffers()) != 1 || got.GetOffers()[0].GetPriceMinor() != 1290 {
			t.Errorf("afterwards: got %v and %v, want the mug at 12.90", got, err)
		}
	})
}
