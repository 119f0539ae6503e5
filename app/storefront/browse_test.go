package storefront_test

import (
	"net/http"
	"testing"
)

func TestTheFrontDoor(t *testing.T) {
	v := newShop(t).visitor(t)
	v.get("/").want(http.StatusOK).says("Good things", "Lighting", "8 things")
}
