package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// What the end of one process of many may cost a shopper: no page, ever. A
// buyer's form may be answered by a page that says that the shop can't sell just
// now; sent again, it makes exactly one order.

// ways are how a process can be lost: its machine says at once that it is gone,
// or nothing says anything.
var ways = []struct {
	name string
	lose func(shop *shoptest.Shop, process string, t *testing.T)
	// find brings it back.
	find func(*shoptest.Shop, *shoptest.Process, *testing.T)
}{
	{"killed",
		func(shop *shoptest.Shop, process string, t *testing.T) { shop.Module(process).Kill(t) },
		func(shop *shoptest.Shop, p *shoptest.Process, t *testing.T) { shop.StartAgain(t, p) }},
	{"frozen",
		func(shop *shoptest.Shop, process string, t *testing.T) { shop.FreezeBetweenWrites(t, process) },
		func(_ *shoptest.Shop, p *shoptest.Process, t *testing.T) { p.Thaw(t) }},
}

// crowds browse and buy.
type crowds struct{ browsing, buying *shoptest.Crowd }

func gather(t *testing.T, shop *shoptest.Shop) crowds {
	t.Helper()
	return crowds{shop.Crowd(t, 2, shoptest.Browses), shop.Crowd(t, 2, shoptest.BuysInTheEnd)}
}

func (c crowds) walk(t *testing.T) {
	t.Helper()
	c.browsing.Walks(t, 4)
	c.buying.Walks(t, 4)
}

// leave checks that each purchase made one order, and that the books agree.
func (c crowds) leave(t *testing.T, shop *shoptest.Shop) {
	t.Helper()
	c.browsing.Leave(t)
	bought := c.buying.Leave(t)
	if got := shop.Books(t); got.Completed != bought {
		t.Errorf("got orders %+v of %d purchases, want one of each", got, bought)
	}
}

// TestACopyIsLostUnderLoad loses one of two copies, and when it is back, the
// other one: then what came back does all the work.
func TestACopyIsLostUnderLoad(t *testing.T) {
	t.Parallel()
	modules := []string{"cart"}
	if thorough() {
		modules = shoptest.Modules
	}
	shop := shoptest.Open(t, shoptest.Layout{Apart: modules, Copies: true, Postgres: true})
	crowds := gather(t, shop)
	for _, module := range modules {
		for _, way := range ways {
			for _, copy := range []string{module, module + " copy"} {
				t.Run(copy+" is "+way.name, func(t *testing.T) {
					crowds.walk(t)
					lost := shop.Module(copy)
					way.lose(shop, copy, t)
					crowds.walk(t)
					way.find(shop, lost, t)
					shop.Await(t, "both copies are well", func() bool { return shop.Table(t)[module].AllWell(2) })
				})
			}
		}
	}
	crowds.walk(t)
	crowds.leave(t, shop)
}

// TestAShadowIsLostUnderLoad: it costs its callers nothing, and is compared with
// again when it is back.
func TestAShadowIsLostUnderLoad(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	looking := shop.Crowd(t, 2, shoptest.LooksAround)
	buying := shop.Crowd(t, 2, shoptest.Shops)
	for _, module := range some("catalog", "inventory", "cart") {
		shop.StartModules(t, module)
		shop.Move(t, module, "shadow", shop.Address(module))
		for _, way := range ways {
			t.Run(module+" is "+way.name, func(t *testing.T) {
				awaitMore(t, shop, module, "same")
				lost := shop.Module(module)
				way.lose(shop, module, t)
				awaitMore(t, shop, module, "away")
				looking.Walks(t, 4)
				buying.Walks(t, 4)
				way.find(shop, lost, t)
				awaitMore(t, shop, module, "same")
			})
		}
		shop.Move(t, module, "local")
		shop.StopModules(t, module)
	}
	looking.Leave(t)
	buying.Leave(t)
	shop.Books(t)
}

// some is the first, or under make test-faults each.
func some(modules ...string) []string {
	if thorough() {
		return modules
	}
	return modules[:1]
}

// awaitMore waits until more calls than now have been compared and found so.
func awaitMore(t *testing.T, shop *shoptest.Shop, module, kind string) {
	t.Helper()
	count := func() (n int64) {
		var methods []struct {
			Counts map[string]int64 `json:"counts"`
		}
		out, _ := shop.Run(t, "move", module, "diff", "--json")
		if err := json.Unmarshal([]byte(out), &methods); err != nil {
			t.Fatalf("diff --json: %v in\n%s", err, out)
		}
		for _, m := range methods {
			n += m.Counts[kind]
		}
		return n
	}
	before := count()
	shop.Await(t, "more calls are "+kind, func() bool { return count() > before+4 })
}

// TestACanaryIsLostUnderLoad: it is rolled back, and says why. Payments promise a
// second: a busy machine is no reason to roll them back before. The others may be
// found slow there, which says nothing against the test.
func TestACanaryIsLostUnderLoad(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	crowds := gather(t, shop)
	for _, module := range some("payments", "catalog", "inventory") {
		for _, way := range ways {
			t.Run(module+" is "+way.name, func(t *testing.T) {
				shop.StartModules(t, module)
				shop.Move(t, module, "canary", shop.Address(module), "--weight", "50", "--steps", "50,100", "--every", "1h")
				crowds.walk(t)
				progress := func() string { return shop.Table(t)[module].Progress }
				if said := progress(); module == "payments" && strings.Contains(said, "rolled back") {
					t.Errorf("a canary that does well was rolled back: %s", said)
				}
				lost := shop.Module(module)
				way.lose(shop, module, t)
				shop.Await(t, "the canary is rolled back", func() bool { return strings.Contains(progress(), "rolled back") })
				want := []string{"0 % since", "calls of", "there"}
				if module == "payments" {
					want = append(want, "failed there, against")
				}
				said := progress()
				for _, words := range want {
					if !strings.Contains(said, words) {
						t.Errorf("modules says %q, want it to say %q", said, words)
					}
				}
				crowds.walk(t)
				shop.Move(t, module, "local")
				lost.Kill(t)
				crowds.walk(t)
			})
		}
	}
	crowds.leave(t, shop)
}
