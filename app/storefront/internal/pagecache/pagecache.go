// Package pagecache keeps drawn pages for a moment, so that a page many people
// look at is not drawn for each of them. A page is never older than the
// cache's TTL, counted from before anybody was asked for what it shows; memory
// is bounded; and however many ask at once, one of them draws.
//
// A page whose time is up is looked at again before it is drawn again: when it
// would show the same, it lives on.
package pagecache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Page is a drawn page. It is shared: nobody changes it.
type Page struct {
	// Before and After are what stands around the slot, the one place that is
	// filled in when the page is sent. Without a slot After is empty.
	Before, After []byte
	// Tag names the content, 16 hexadecimal digits.
	Tag string
	// Zipped is the page compressed, which is done at its first call.
	Zipped func() *Zipped

	shows string
	born  time.Time
}

// Sketch is a page before it is drawn.
type Sketch struct {
	// Shows is equal for two sketches only if they would be drawn alike;
	// empty: nobody knows, so it has to be drawn.
	Shows string
	// Draw makes the bytes.
	Draw func() ([]byte, error)
}

// Cache is safe for concurrent use.
type Cache struct {
	ttl   time.Duration
	limit int // bytes in one generation; there are at most two
	slot  []byte
	now   func() time.Time

	mu       sync.RWMutex
	young    map[string]*Page
	old      map[string]*Page
	size     int       // bytes in young
	begun    time.Time // when young was empty
	drawings singleflight.Group
}

// forget is how long a page that nobody asks for is remembered, at least.
const forget = 10 * time.Second

// New makes a cache whose pages live for ttl and take about limit bytes. Slot
// is cut out of each; it may be empty.
func New(ttl time.Duration, limit int, slot string, now func() time.Time) *Cache {
	return &Cache{ttl: ttl, limit: limit / 2, slot: []byte(slot), now: now, young: map[string]*Page{}, begun: now()}
}

// Fresh is the page of that key, nil when it has to be looked at again.
func (c *Cache) Fresh(key string) *Page {
	p := c.kept(key)
	if p == nil || c.now().Sub(p.born) >= c.ttl {
		return nil
	}
	return p
}

func (c *Cache) kept(key string) *Page {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if p := c.young[key]; p != nil {
		return p
	}
	return c.old[key]
}

// Draw is the page of that key as sketch has it, unless another request is just
// drawing it. Failures are shared with those who wait, and not kept.
func (c *Cache) Draw(key string, sketch func() (Sketch, error)) (*Page, error) {
	p, err, _ := c.drawings.Do(key, func() (any, error) {
		if p := c.Fresh(key); p != nil {
			return p, nil
		}
		born := c.now()
		s, err := sketch()
		if err != nil {
			return nil, err
		}
		if p := c.kept(key); p != nil && s.Shows != "" && p.shows == s.Shows {
			again := *p
			again.born = born
			c.keep(key, &again)
			return &again, nil
		}
		body, err := s.Draw()
		if err != nil {
			return nil, err
		}
		p := c.page(body, s.Shows, born)
		c.keep(key, p)
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	return p.(*Page), nil
}

func (c *Cache) page(body []byte, shows string, born time.Time) *Page {
	sum := sha256.Sum256(body)
	p := &Page{Before: body, Tag: hex.EncodeToString(sum[:8]), shows: shows, born: born}
	if len(c.slot) > 0 {
		p.Before, p.After, _ = bytes.Cut(body, c.slot)
	}
	p.Zipped = sync.OnceValue(func() *Zipped { return zip(p.Before, p.After) })
	return p
}

// keep stores a page. When the young generation is full, or long enough there,
// it becomes the old one, and what was old is forgotten: pages nobody asks for
// go without a list of their use.
func (c *Cache) keep(key string, p *Page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	grows := p.size(key)
	if before := c.young[key]; before != nil {
		grows -= before.size(key)
	}
	if c.size+grows > c.limit || p.born.Sub(c.begun) >= forget {
		c.old, c.young = c.young, make(map[string]*Page, len(c.young))
		c.size, c.begun = 0, p.born
		grows = p.size(key)
	}
	c.young[key] = p
	c.size += grows
}

// size counts what is zipped, too: at most a quarter of the text.
func (p *Page) size(key string) int {
	text := len(p.Before) + len(p.After)
	return len(key) + text + text/4 + len(p.shows)
}
