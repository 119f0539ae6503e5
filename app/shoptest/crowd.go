package shoptest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Crowd is guests who walk through the shop again and again, each expecting
// every answer to be right.
type Crowd struct {
	shop  *Shop
	t     testing.TB
	stop  chan struct{}
	all   sync.WaitGroup
	mu    sync.Mutex
	walks int
	wrong []string
}

// pace is how long a guest of a crowd rests between two walks: shoppers are
// steady, not a measurement.
const pace = 20 * time.Millisecond

// Crowd sends n guests who do walk until they are stopped.
func (s *Shop) Crowd(t testing.TB, n int, walk func(g *Guest)) *Crowd {
	t.Helper()
	c := &Crowd{shop: s, t: t, stop: make(chan struct{})}
	for i := range n {
		c.all.Go(func() { c.keepWalking(fmt.Sprintf("Shopper-%d", i+1), walk) })
	}
	t.Cleanup(c.halt)
	return c
}

func (c *Crowd) keepWalking(name string, walk func(g *Guest)) {
	for {
		select {
		case <-c.stop:
			return
		case <-time.After(pace):
		}
		c.walk(name, walk)
	}
}

// walk is one walk of one guest, who has a new cart each time.
func (c *Crowd) walk(name string, walk func(g *Guest)) {
	defer func() {
		value := recover()
		failed, isFailure := value.(walkFailed)
		if value != nil && !isFailure {
			panic(value)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if isFailure {
			c.wrong = append(c.wrong, string(failed))
			return
		}
		c.walks++
	}()
	walk(c.shop.Guest(walker{name}, name))
}

// Walks waits until the crowd has walked n times more.
func (c *Crowd) Walks(t testing.TB, n int) {
	t.Helper()
	until := c.walked() + n
	c.shop.Await(t, fmt.Sprintf("the crowd has walked %d times more", n), func() bool {
		return c.walked() >= until || c.failures() > 20 // then all is said
	})
}

func (c *Crowd) walked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.walks
}

func (c *Crowd) failures() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.wrong)
}

// Leave stops the crowd and wants that nothing went wrong for a guest. It gives
// the number of walks.
func (c *Crowd) Leave(t testing.TB) int {
	t.Helper()
	c.halt()
	for n, w := range c.wrong {
		if n == 5 {
			t.Errorf("… and %d more", len(c.wrong)-n)
			break
		}
		t.Errorf("something went wrong for a shopper: %s", w)
	}
	if c.walks == 0 {
		t.Error("no guest walked through the shop")
	}
	t.Logf("%d walks", c.walks)
	return c.walks
}

func (c *Crowd) halt() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.all.Wait()
}

// walker ends a walk when something goes wrong. A test's own methods can't: they
// may only be called by the test itself.
type walker struct{ name string }

type walkFailed string

func (w walker) Helper() {}
func (w walker) Errorf(format string, args ...any) {
	panic(walkFailed(time.Now().Format("15:04:05.000 ") + w.name + ": " + fmt.Sprintf(format, args...)))
}
func (w walker) Fatalf(format string, args ...any) { w.Errorf(format, args...) }

// Shops is the walk of a guest who looks around and buys.
func Shops(g *Guest) {
	g.Get("/").Want(200)
	g.Get("/c/kitchen").Want(200).Says(Mug.Name)
	g.Get("/search?q=teapot").Want(200).Says(Teapot.Name)
	g.Adds(1, Mug)
	g.Adds(2, Teapot)
	g.Cart().Says(Mug.Name, Teapot.Name)
	order := g.Pays(Visa)
	g.Get(order.Path).Want(200).Says("Your order is confirmed")
}

// LooksAround is the walk of a guest who fills a cart and does not buy.
func LooksAround(g *Guest) {
	g.Get("/").Want(200)
	g.Get("/c/kitchen").Want(200).Says(Mug.Name)
	g.Get("/search?q=teapot").Want(200).Says(Teapot.Name)
	g.Adds(1, Mug)
	g.Cart().Says(Mug.Name)
	g.Get("/checkout").Want(200)
}

// BuysIfItCan is the walk of a guest who hears, at times, that the shop can't
// sell just now. The cart must be kept then.
func BuysIfItCan(g *Guest) {
	g.Takes(1, Mug)
	page := g.Get("/checkout?country=PT").Want(200)
	if answer := g.SubmitsUntilKnown(g.With(Visa, page.Form("/checkout"))); answer.Status == 503 {
		g.Cart().Says(Mug.Name)
	} else {
		g.boughtInTheEnd(answer)
	}
}

// boughtInTheEnd is Bought while what shows the order may be away.
func (g *Guest) boughtInTheEnd(answer *Page) {
	g.t.Helper()
	began := time.Now()
	for g.Get(answer.Want(http.StatusSeeOther).Location()).Status == http.StatusServiceUnavailable {
		g.isPatient(began)
	}
	g.Bought(answer)
}

// Browses is the walk of a guest who only looks: nothing is written.
func Browses(g *Guest) {
	g.Get("/").Want(200)
	g.Get("/c/kitchen").Want(200).Says(Mug.Name)
	g.Get("/search?q=teapot").Want(200).Says(Teapot.Name)
	g.Get("/products/" + Mug.slug()).Want(200).Says(Mug.Name)
	g.Cart()
}

// BuysInTheEnd is the walk of a guest who sends each form again until the shop
// does what it says. In between the shop may say that it can't just now, and that
// is all that may go wrong.
func BuysInTheEnd(g *Guest) {
	began := time.Now()
	for g.Post("/cart/items", url.Values{"sku": {Mug.SKU}, "quantity": {"1"}}).orAway().Status != 303 {
		g.isPatient(began)
	}
	form := g.With(Visa, g.Get("/checkout?country=PT").Want(200).Form("/checkout"))
	for {
		g.isPatient(began)
		answer := g.Submits(form).orAway()
		if answer.Status == 303 {
			g.boughtInTheEnd(answer)
			return
		}
		if strings.Contains(answer.Text(), "cart is kept") {
			g.Cart().Says(Mug.Name)
		}
		form = g.Again(form, answer)
	}
}

// orAway wants that a form was taken, or that the shop said that it can't.
func (p *Page) orAway() *Page {
	p.t.Helper()
	if p.Status != http.StatusServiceUnavailable {
		p.Want(http.StatusSeeOther)
	}
	return p
}
