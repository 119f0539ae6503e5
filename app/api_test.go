package app_test

import (
	"strings"
	"testing"

	"galleria/app/shoptest"
)

func TestTheAPIIsTriedInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	b := shop.Browse(t)
	b.Screen(360, 740)
	b.Open("/api/v1/docs")
	b.Types("#listProducts-query-q", "teapot")
	b.Click("#listProducts button", "#listProducts output pre")
	shop.Await(t, "the products are shown", func() bool { return strings.Contains(b.Text("#listProducts output"), "round-teapot") })
	b.Types("#createCart-header-Idempotency-Key", "a-key-that-nobody-can-guess")
	b.Click("#createCart button", "#createCart output pre")
	shop.Await(t, "the new cart is shown", func() bool { return strings.Contains(b.Text("#createCart output"), "201") })
	unnamed := shoptest.Eval[[]string](b, `[...document.querySelectorAll("input,textarea")].filter(e => !e.labels?.length).map(e => e.outerHTML)`)
	if len(unnamed) > 0 {
		t.Errorf("fields without a label: %v", unnamed)
	}
	b.Clean()
}
