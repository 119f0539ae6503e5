package app_test

import (
	"fmt"
	"strings"
	"testing"

	"galleria/app/shoptest"
	"galleria/modules/orders"
)

// shards is how many shops share the points, side by side: an order
// that its process left half way waits 15 seconds for the driver.
const shards = 5

// TestDeathAtEachPointOfTheCheckout kills the shop at every point a checkout,
// its failure, its cancellation, its sending and its refunds pass: before and after each
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
				if elsewhere[name] {
					continue
				}
				visit := visits[name]
				if visit == nil {
					t.Errorf("no visit passes %s: death there is not tested", point)
					continue
				}
				t.Run(point, func(t *testing.T) {
					// Recovery passes some ten points: sooner or later on its way.
					d := &death{shop: shop, point: point, second: n*7%9 + 1, voucher: fmt.Sprint("HELLO-", n)}
					d.addVoucher(t)
					visit(t, d)
				})
			}
		})
	}
}

// visits lead through the points of that name.
var visits = map[string]func(t *testing.T, d *death){
	"place": dieBuying, "allocate": dieBuying, "redeem": dieBuying, "start": dieBuying, "waiting": dieBuying,
	"look": dieLooking, "open": dieBuying, "take": dieBuying,
	"fail":   dieSoldOut,
	"cancel": dieCancelling, "release": dieCancelling, "give back": dieCancelling, "done": dieCancelling,
	"stop": dieChangingTheMind, "unredeem": dieChangingTheMind,
	"pay": diePayingAgain, "replace": dieReplacing,
	"ship": dieShipping, "book": dieShipping,
	"refund": dieRefunding, "return": dieReturning, "resolve": dieResolving,
}

// elsewhere are points that have a test of their own below: "delay" is passed
// when a module is away, and "capture" where money is taken at shipping.
var elsewhere = map[string]bool{"delay": true, "capture": true}

// death is where the shop dies, and how soon again.
type death struct {
	shop   *shoptest.Shop
	point  string
	second int
	// voucher is a code for the one order of the visit that stands in the end.
	voucher string
}

// addVoucher adds the code with as many uses as the visit needs at a time: a use that is
// kept, or taken twice, is missing when the guest orders again.
func (d *death) addVoucher(t *testing.T) {
	t.Helper()
	uses := "1"
	if strings.HasPrefix(d.point, "replace:") {
		uses = "2" // the earlier order has one until the newer one takes its place
	}
	out, code := d.shop.Run(t, "promotions", "add", strings.ToLower(d.voucher), "--name", "Hello", "--percent", "10", "--code", d.voucher,
		"--max-uses", uses, "--max-uses-per-customer", uses)
	if code != 0 {
		t.Fatalf("add a promotion: exit %d, %s", code, out)
	}
}

// strikes lets a guest or operator do what leads to the point, and brings the shop back
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
	d.shop.RestartToDie(t)
	again := !d.shop.Spare(t)
	if again {
		d.shop.Restart(t) // it waits for the death
	}
	t.Logf("died at %s; again during recovery: %v", d.point, again)
}
