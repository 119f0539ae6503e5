// Package pagecache keeps drawn pages for a moment, so that a page many people
// look at is drawn twice a second and not once for each of them. A page is
// never older than the cache's TTL, counted from before it was drawn; memory is
// bounded; and however many ask at once, one of them draws.
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

	born time.Time
}

// Cache is safe for concurrent use.
type Cache struct {
	ttl   time.Duration
	limit int // bytes in one generation; there are at most two
	now   func() time.Time

	mu       sync.RWMutex
	young    map[string]*Page
	old      map[string]*Page
	size     int       // bytes in young
	begun    time.Time // when young was empty
	drawings singleflight.Group
}

// New makes a cache whose pages live for ttl and take about limit bytes.
func New(ttl time.Duration, limit int, now func() time.Time) *Cache {
	return &Cache{ttl: ttl, limit: limit / 2, now: now, young: map[string]*Page{}, begun: now()}
}

// Fresh is the page of that key, nil when it has to be drawn.
func (c *Cache) Fresh(key string) *Page {
	c.mu.RLock()
	p := c.young[key]
	if p == nil {
		p = c.old[key]
	}
	c.mu.RUnlock()
	if p == nil || c.now().Sub(p.born) >= c.ttl {
		return nil
	}
	return p
}

// Draw is the page of that key, drawn by draw unless somebody else is just
// drawing it. Slot is cut out of it. Failures are shared with those who wait,
// and not kept.
func (c *Cache) Draw(key, slot string, draw func() ([]byte, error)) (*Page, error) {
	p, err, _ := c.drawings.Do(key, func() (any, error) {
		if p := c.Fresh(key); p != nil {
			return p, nil
		}
		born := c.now()
		body, err := draw()
		if err != nil {
			return nil, err
		}
		p := newPage(body, slot, born)
		c.keep(key, p)
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	return p.(*Page), nil
}

func newPage(body []byte, slot string, born time.Time) *Page {
	sum := sha256.Sum256(body)
	p := &Page{Before: body, Tag: hex.EncodeToString(sum[:8]), born: born}
	if slot != "" {
		p.Before, p.After, _ = bytes.Cut(body, []byte(slot))
	}
	return p
}

// keep stores a page. When the young generation is full, or as old as a page
// may get, it becomes the old one, and what was old is forgotten: pages nobody
// asks for go without a clock or a list of their use.
func (c *Cache) keep(key string, p *Page) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(key) + len(p.Before) + len(p.After)
	if c.size+size > c.limit || p.born.Sub(c.begun) >= c.ttl {
		c.old, c.young = c.young, make(map[string]*Page, len(c.young))
		c.size, c.begun = 0, p.born
	}
	c.young[key] = p
	c.size += size
}
