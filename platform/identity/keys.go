package identity

import (
	"crypto/ed25519"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Keys are the public keys by which a process believes statements. The nil Keys
// believes none. Safe for concurrent use.
type Keys struct {
	log *slog.Logger
	now func() time.Time

	mu sync.RWMutex
	// known are keys by their names; each is replaced as a whole by who told of it.
	bySource map[string][]ed25519.PublicKey
	known    map[string]ed25519.PublicKey
	// checked are statements that were found good: checking a signature costs more
	// than a local call.
	checked map[string]Identity

	refused atomic.Int64
	lastLog atomic.Int64
}

// mostChecked bounds the memory of checked statements, some 1 MB.
const mostChecked = 2000

// logEvery bounds what forged statements write into the log.
const logEvery = 10 * time.Second

// NewKeys knows none yet.
func NewKeys(log *slog.Logger, now func() time.Time) *Keys {
	return &Keys{log: log, now: now, bySource: map[string][]ed25519.PublicKey{}, known: map[string]ed25519.PublicKey{}, checked: map[string]Identity{}}
}

// Learn takes the keys that one source tells of in place of those it told before.
// None: the source tells of none any more.
func (k *Keys) Learn(source string, keys []ed25519.PublicKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.EqualFunc(k.bySource[source], keys, func(a, b ed25519.PublicKey) bool { return a.Equal(b) }) {
		return
	}
	if k.bySource[source] = slices.Clone(keys); len(keys) == 0 {
		delete(k.bySource, source)
	}
	clear(k.known)
	clear(k.checked)
	for _, all := range k.bySource {
		for _, key := range all {
			if len(key) == ed25519.PublicKeySize {
				k.known[nameOf(key)] = key
			}
		}
	}
}

// Known are the names of the keys that are known, in order.
func (k *Keys) Known() []string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return slices.Sorted(maps.Keys(k.known))
}

// Verify tells whose statement it is, or why it is not believed.
func (k *Keys) Verify(statement string) (Identity, error) {
	now := k.now()
	k.mu.RLock()
	who, found := k.checked[statement]
	k.mu.RUnlock()
	if found {
		return who, who.holds(now)
	}
	who, err := read(statement, k.key, now)
	if err != nil {
		k.refuse(now, err)
		return Identity{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.checked) >= mostChecked {
		clear(k.checked) // most of them have expired
	}
	k.checked[statement] = who
	return who, nil
}

func (k *Keys) key(name string) ed25519.PublicKey {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.known[name]
}

// Refused is how many statements were not believed.
func (k *Keys) Refused() int64 { return k.refused.Load() }

func (k *Keys) refuse(now time.Time, why error) {
	all := k.refused.Add(1)
	last := k.lastLog.Load()
	if now.UnixNano()-last < int64(logEvery) || !k.lastLog.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	k.log.Warn("did not believe on whose behalf a call is made; it is treated as nobody's", "because", why, "so_far", all)
}
