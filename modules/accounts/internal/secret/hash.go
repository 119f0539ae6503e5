// Package secret keeps what lets people in so that who reads the database can't use it:
// passwords hashed slowly, random tokens hashed quickly.
package secret

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// Cost is the work that a hash is. It stands in each hash, so that it can be raised, and a
// hash of another cost is refused.
type Cost struct {
	memory uint32 // KiB
	passes uint32
}

var (
	// Advised is 19 MiB of memory and two passes, the least that OWASP advises for
	// argon2id, and some 20 ms.
	Advised = Cost{memory: 19 * 1024, passes: 2}
	// Quick is the least that argon2id can do: for tests, which log in a thousand times.
	Quick = Cost{memory: 8, passes: 1}
)

const (
	threads = 1
	keySize = 32
	saltLen = 16
)

// ErrBusy says that more passwords wait to be checked than is sensible.
var ErrBusy = errors.New("too many passwords are being checked")

// Hasher hashes passwords, a few at once; others wait in order. Safe for concurrent use.
type Hasher struct {
	cost    Cost
	places  chan struct{}
	waiting atomic.Int64
	most    int64
	dummy   string
}

// NewHasher hashes as many at once, and lets as many wait.
func NewHasher(cost Cost, atOnce, waiting int) *Hasher {
	h := &Hasher{cost: cost, places: make(chan struct{}, atOnce), most: int64(waiting)}
	// A hash of nothing that a person could type, for accounts that are not there.
	h.dummy = cost.encode(make([]byte, saltLen), make([]byte, keySize))
	return h
}

// Hash hashes a password. ErrBusy: later, perhaps.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLen)
	rand.Read(salt)
	key, err := h.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return h.cost.encode(salt, key), nil
}

// Matches tells whether a password is the one that was hashed. With no hash it takes as
// long and says no.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	salt, want, err := h.cost.decode(hash)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (h *Hasher) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	if h.waiting.Add(1) > h.most+int64(cap(h.places)) {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.places }()
	return argon2.IDKey([]byte(password), salt, h.cost.passes, h.cost.memory, threads, keySize), nil
}

var base = base64.RawStdEncoding

// beginning is how a hash of this cost begins.
func (c Cost) beginning() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, c.memory, c.passes, threads)
}

func (c Cost) encode(salt, key []byte) string {
	return c.beginning() + base.EncodeToString(salt) + "$" + base.EncodeToString(key)
}

func (c Cost) decode(hash string) (salt, key []byte, err error) {
	rest, ok := strings.CutPrefix(hash, c.beginning())
	saltText, keyText, both := strings.Cut(rest, "$")
	if !ok || !both {
		return nil, nil, errors.New("a stored password is hashed in a way that this release does not know")
	}
	if salt, err = base.DecodeString(saltText); err != nil {
		return nil, nil, err
	}
	key, err = base.DecodeString(keyText)
	return salt, key, err
}

// Digest is a random token as it is kept. It is too long to be guessed, so a quick hash
// is enough.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
