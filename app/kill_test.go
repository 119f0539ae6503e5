package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/app/shoptest"
	"galleria/modules/orders"
	"galleria/platform/route"
)

// shards is how many shops share the points, side by side: a dead order waits
// two seconds before recovery may touch it.
const shards = 5

// TestDeathAtEachPointOfTheCheckout kills the shop at every point a checkout,
// its failure, its cancellation and its sending pass: before and after each
// durable write and each call of another module. While the next life recovers,
// it is killed again. Then the guest, who has no answer, sends the same again,
// and all books must agree.
func TestDeathAtEachPointOfTheCheckout(t *testing.T) {
	dieAtPoints(t, shoptest.Layout{}, shards)
}

// TestDeathAtEachPointOnPostgreSQL is the same where a dead process leaves
// transactions and leases in a server that goes on. All points take more than a
// minute, most of it waiting for leases of the dead: under make test two of the
// five shops pass theirs, under make test-faults all.
func TestDeathAtEachPointOnPostgreSQL(t *testing.T) {
	some := shards
	if !thorough() {
		some = 2
	}
	dieAtPoints(t, shoptest.Layout{Postgres: true}, some)
}

// dieAtPoints opens that many of the shops the points are shared among.
func dieAtPoints(t *testing.T, l shoptest.Layout, shops int) {
	for shard := range shops {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Open(t, l)
			for n := shard; n < len(orders.Points); n += shards {
				point := orders.Points[n]
				name, _, _ := strings.Cut(point, ":")
				visit := visits[name]
				if visit == nil {
					t.Errorf("no visit passes %s: death there is not tested", point)
					continue
				}
				t.Run(point, func(t *testing.T) {
					// Recovery passes some ten points: sooner or later on its way.
					visit(t, &death{shop: shop, point: point, second: n*7%9 + 1})
				})
			}
		})
	}
}

// visits lead through the points of that name. Those of "leave" and "taken"
// are passed when a module is away: see the next test.
var visits = map[string]func(t *testing.T, d *death){
	"accept": dieBuying, "reserve": dieBuying, "reserved": dieBuying, "authorize": dieBuying, "confirm": dieBuying,
	"take": dieBuying, "capture": dieBuying, "captured": dieBuying, "commit": dieBuying, "complete": dieBuying,
	"claim": dieClaiming,
	"fail":  dieDeclined, "failed": dieDeclined, "void": dieDeclined, "release": dieDeclined,
	"cancel": dieCancelling, "cancelled": dieCancelling, "refund": dieCancelling,
	"ship":  dieShipping,
	"leave": elsewhere, "taken": elsewhere,
}

func elsewhere(*testing.T, *death) {}

// death is where the shop dies, and how soon again.
type death struct {
	shop   *shoptest.Shop
	point  string
	second int
}

// strikes lets the guest do what leads to the point, and brings the shop back
// over a second death.
func (d *death) strikes(t *testing.T, do func()) {
	t.Helper()
	d.shop.DieAt(t, d.point, 1)
	do()
	d.shop.Main().AwaitDeath(t)
	d.comesBack(t)
}

func (d *death) comesBack(t *testing.T) {
	t.Helper()
	d.shop.DieSoon(t, d.second)
	again := d.shop.RestartToDie(t)
	d.shop.ClearTraps(t)
	if d.shop.Main().Dead() {
		d.shop.Restart(t)
	}
	t.Logf("died at %s; again during recovery: %v", d.point, again)
}

func dieBuying(t *testing.T, d *death) {
	ana := d.shop.Guest(t, "Ana")
	ana.Adds(2, shoptest.Mug)
	ana.Adds(1, shoptest.Teapot)
	form := ana.FillsIn(shoptest.Visa)
	before := d.shop.Books(t)
	d.strikes(t, func() { ana.Tries(form) })
	ana.Bought(ana.Submits(form))
	if got := d.shop.Books(t); got.Completed != before.Completed+1 || got.Failed != before.Failed {
		t.Errorf("got orders %+v, want one more sold than %+v", got, before)
	}
	ana.Cart().SaysNot(shoptest.Mug.SKU)
}

// dieClaiming dies where only recovery comes by.
func dieClaiming(t *testing.T, d *death) {
	ana := d.shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Tray)
	form := ana.FillsIn(shoptest.Visa)
	d.shop.DieAt(t, "authorize:after", 1)
	ana.Tries(form)
	d.shop.Main().AwaitDeath(t)
	d.shop.DieAt(t, d.point, 1)
	if !d.shop.RestartToDie(t) {
		t.Errorf("recovery did not pass %s", d.point)
	}
	d.comesBack(t)
	ana.Bought(ana.Submits(form))
	d.shop.Books(t)
}

func dieDeclined(t *testing.T, d *death) {
	ben := d.shop.Guest(t, "Ben")
	ben.Adds(1, shoptest.Tray)
	form := ben.FillsIn(shoptest.Declined)
	before := d.shop.Books(t)
	d.strikes(t, func() { ben.Tries(form) })
	again := ben.Submits(form).Want(http.StatusUnprocessableEntity).Says("declined")
	if got := d.shop.Books(t); got.Failed != before.Failed+1 || got.Completed != before.Completed {
		t.Errorf("got orders %+v, want one more failed than %+v", got, before)
	}
	ben.Cart().Says(shoptest.Tray.Name)
	ben.Bought(ben.Submits(ben.With(shoptest.Visa, again.Form("/checkout"))))
}

func dieCancelling(t *testing.T, d *death) {
	zoe := d.shop.Guest(t, "Zoe")
	zoe.Adds(3, shoptest.Tray)
	order := zoe.Pays(shoptest.Visa)
	before := d.shop.Books(t)
	d.strikes(t, func() { zoe.TriesToCancel(order) })
	zoe.SubmitsCancel(order, url.Values{"token": {order.Token}}).Want(http.StatusSeeOther)
	if got := d.shop.Books(t); got.Cancelled != before.Cancelled+1 {
		t.Errorf("got orders %+v, want one more cancelled than %+v", got, before)
	}
}

func dieShipping(t *testing.T, d *death) {
	ida := d.shop.Guest(t, "Ida")
	ida.Adds(1, shoptest.Mug)
	order := ida.Pays(shoptest.Visa)
	d.shop.Books(t)
	d.strikes(t, func() {
		if err := d.shop.Ship(t, order); err == nil {
			t.Error("the order was sent, want death")
		}
	})
	if err := d.shop.Ship(t, order); err != nil {
		t.Error(err)
	}
	ida.Get(order.Path).Want(http.StatusOK).Says("It is on its way")
	ida.SubmitsCancel(order, url.Values{"token": {order.Token}}).Want(http.StatusConflict).Says("Too late")
	d.shop.Books(t)
}

// TestDeathWhileAModuleIsAway kills orders where it leaves an order to
// recovery, and where recovery takes from a cart what was bought long ago.
func TestDeathWhileAModuleIsAway(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"cart"}})
	for _, points := range [][2]string{{"leave:before", "taken:before"}, {"leave:after", "taken:after"}} {
		ana := shop.Guest(t, "Ana")
		ana.Adds(2, shoptest.Mug)
		form := ana.FillsIn(shoptest.Visa)
		reached, release := shop.HoldAt(t, "take:before")
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			ana.Tries(form)
		}()
		reached()
		shop.Module("cart").Kill(t)
		shop.DieAt(t, points[0], 1)
		release()
		shop.Main().AwaitDeath(t)
		<-answered

		shop.DieAt(t, points[1], 1)
		shop.Restart(t)
		shop.StartModules(t, "cart")
		shop.Main().AwaitDeath(t)
		shop.ClearTraps(t)
		shop.Restart(t)
		shop.AwaitHealthy(t)
		shop.Books(t)
		ana.Bought(ana.Submits(form))
		shop.Await(t, "the cart is empty", func() bool { return !strings.Contains(ana.Cart().Body, shoptest.Mug.SKU) })
	}
	shop.Books(t)
}

// TestDeathOfAnotherModule kills payments and inventory while orders asks
// them: the call may or may not have done its work.
func TestDeathOfAnotherModule(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Apart: []string{"payments", "inventory"}})
	for _, c := range []struct{ point, module string }{
		{"reserve:before", "inventory"}, {"reserve:after", "inventory"}, {"commit:before", "inventory"},
		{"authorize:before", "payments"}, {"authorize:after", "payments"}, {"capture:before", "payments"},
	} {
		t.Run(c.point, func(t *testing.T) {
			ana := shop.Guest(t, "Ana")
			ana.Adds(2, shoptest.Mug)
			form := ana.FillsIn(shoptest.Visa)
			reached, release := shop.HoldAt(t, c.point)
			answer := make(chan *shoptest.Page, 1)
			go func() { answer <- ana.Tries(form) }()
			reached()
			shop.Module(c.module).Kill(t)
			release()
			got := <-answer
			switch {
			case got == nil:
				t.Error("the shop did not answer")
			case got.Status == http.StatusServiceUnavailable:
				got.Says("cart is kept")
				ana.Cart().Says(shoptest.Mug.Name)
			default:
				ana.Bought(got)
			}
			shop.ClearTraps(t)
			shop.StartModules(t, c.module)
			shop.AwaitHealthy(t)
			shop.Books(t)
		})
	}
}

// TestDeathWhileAModuleMoves kills the main process between the file's change
// and its being applied, or after: it comes back as the file says.
func TestDeathWhileAModuleMoves(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{})
	for _, mode := range []route.Mode{route.ModeRemote, route.ModeLocal} {
		if mode == route.ModeRemote {
			shop.StartModules(t, "orders", "payments")
		}
		ana := shop.Guest(t, "Ana")
		ana.Adds(1, shoptest.Mug)
		form := ana.FillsIn(shoptest.Visa)
		shop.Place(t, mode, "orders", "payments")
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			ana.Tries(form)
		}()
		shop.Main().Kill(t)
		<-answered
		shop.Restart(t)
		shop.AwaitHealthy(t)
		ana.Bought(ana.Submits(form))
		shop.Books(t)
	}
}
