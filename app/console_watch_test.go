package app_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// TestARequestIsFollowedAcrossProcessesInABrowser: what one process kept of a request and
// what another did is one page.
func TestARequestIsFollowedAcrossProcessesInABrowser(t *testing.T) {
	shop := shoptest.Prepare(t, shoptest.Layout{Apart: []string{"payments"}})
	file, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	shop.WriteConfig(t, string(file)+"tracing: {keep: 1}\n")
	shop.StartAll(t)
	shop.Fill(t)
	ana := shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Mug)
	order := ana.Pays(shoptest.Visa)

	b := shop.Browse(t)
	b.Screen(1300, 1000)
	enter(t, shop, b)
	shop.Await(t, "the request that placed the order is found by the order's number", func() bool {
		b.Open("/console/traces?q=" + order.Number)
		return strings.Contains(b.Text("main"), "POST /checkout")
	})
	b.Open(shoptest.Eval[string](b, `[...document.querySelectorAll("main tbody a")].find(a => a.textContent === "POST /checkout").getAttribute("href")`))
	shop.Await(t, "the page has what both processes did", func() bool {
		text := b.Text("main")
		if strings.Contains(text, "StartPayment") && strings.Contains(text, "PlaceOrder") && strings.Contains(text, "payments") {
			return true
		}
		b.Open(b.Path())
		return false
	})
	b.Clean()
}

// TestAShadowIsLookedAtInABrowser: a module answers at two places, and its page says
// whether they agree.
func TestAShadowIsLookedAtInABrowser(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	shop.StartModules(t, "catalog")
	if out, code := shop.Run(t, "move", "catalog", "shadow", shop.Address("catalog")); code != 0 {
		t.Fatalf("galleria move: exit %d: %s", code, out)
	}
	crowd := shop.Crowd(t, 2, shoptest.LooksAround)
	b := shop.Browse(t)
	b.Screen(1300, 1000)
	enter(t, shop, b)
	b.Sees(".plan.wide #room-catalog-1") // the shadow stands beside it
	b.Click(".plan.wide #room-catalog-0", ".contract")
	shop.Await(t, "the page of catalog says that answers are the same", func() bool {
		b.Open("/console/rooms/catalog")
		return strings.Contains(b.Text("[aria-label='What the shadow was compared by']"), "GetOffers")
	})
	crowd.Leave(t)
	b.Clean()
}

// TestOnlyTheMainProcessHasAConsole: other processes may not ask what all measured.
func TestOnlyTheMainProcessHasAConsole(t *testing.T) {
	shop := shoptest.Open(t, shoptest.Layout{})
	edge := "http://" + shop.StartEdge(t)
	for path, want := range map[string]int{"/": http.StatusOK, "/console": http.StatusNotFound, "/console/login": http.StatusNotFound} {
		answer, err := http.Get(edge + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s of a process with a peer: got %d, want %d", path, answer.StatusCode, want)
		}
	}
}
