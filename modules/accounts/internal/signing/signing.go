// Package signing keeps the keys that sign statements of who makes a call, and replaces
// them while the shop runs.
//
//	made ──5 min──> signs ──follower signs──> believed ──5 min 30 s──> deleted
//
// A new key signs some minutes after it was made, when every process has heard of it. The
// one before is believed until the last statement by it must have ended. A key that may have
// been stolen is replaced in seconds: the new one signs, and the old ones are believed no
// more, as soon as the others can have heard.
//
// All processes with the module read the keys from its database again and again, and go by
// the times that are written there. A clock that steps back makes the key before sign
// again, or, when that was deleted, has the only one that is there sign before its time.
package signing

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"galleria/modules/accounts/internal/store"
	"galleria/platform/identity"
	"galleria/platform/lifecycle"
)

const (
	// spreads is how long a new key waits for every process to hear of it.
	spreads = 5 * time.Minute
	// spreadsInHaste is that of a key that replaces one at once: as long as the news takes
	// when nothing is in its way.
	spreadsInHaste = 5 * time.Second
	// believedOn is how long a key is believed after its last statement was made.
	believedOn = identity.Longest + identity.ClockSkew
	// ReadEvery is how often the keys are read again, at most.
	ReadEvery = 2 * time.Second
	// tendEvery is how often it is looked whether a key is to be replaced or deleted.
	tendEvery = 20 * time.Second
)

// ByItself is who made a key that no person asked for.
const ByItself = "accounts"

// ErrNotNewest says that the key to replace is not the newest one.
var ErrNotNewest = errors.New("it is not the newest key")

// Key is a key with what signs by it.
type Key struct {
	store.SigningKey
	signer *identity.Signer
}

// Name is what processes call it in their logs.
func (k Key) Name() string { return k.signer.Name() }

// ends tells whether the key is believed no more.
func (k Key) ended(now time.Time) bool {
	return !k.BelievedUntil.IsZero() && !now.Before(k.BelievedUntil)
}

// Keys are those of this process. Safe for concurrent use.
type Keys struct {
	store *store.Store
	now   func() time.Time
	log   *slog.Logger

	reading sync.Mutex // so that what was read later is not replaced by what was read before
	kept    atomic.Pointer[[]Key]
}

// Open reads the keys, and makes the first one when there is none.
func Open(ctx context.Context, s *store.Store, now func() time.Time, log *slog.Logger) (*Keys, error) {
	k := &Keys{store: s, now: now, log: log}
	if err := k.Read(ctx); err != nil {
		return nil, err
	}
	if len(*k.kept.Load()) > 0 {
		return k, nil
	}
	// Of processes that start together one makes it.
	if _, err := s.FollowSigningKey(ctx, 0, ByItself, now(), now()); err != nil {
		return nil, err
	}
	return k, k.Read(ctx)
}

// Read takes the keys from the database again.
func (k *Keys) Read(ctx context.Context) error {
	k.reading.Lock()
	defer k.reading.Unlock()
	stored, err := k.store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	read := make([]Key, len(stored))
	for i, one := range stored {
		signer, err := identity.NewSigner(one.Seed)
		if err != nil {
			return fmt.Errorf("key %d: %w", one.Number, err)
		}
		read[i] = Key{one, signer}
	}
	k.kept.Store(&read)
	return nil
}

// Follow reads the keys again whenever rest returns true.
func (k *Keys) Follow(ctx context.Context, rest func(context.Context) bool) {
	var said lifecycle.Said
	for rest(ctx) {
		err := k.Read(ctx)
		switch {
		case err == nil:
			said = nil
		case ctx.Err() == nil && said.IsNew(err):
			k.log.WarnContext(ctx, "can't read the keys that sign identities again; those read before go on", "error", err)
		}
	}
}

// List are the keys that are believed or will be, the oldest first, and the number of the
// one that signs.
func (k *Keys) List() (believed []Key, signs int64) {
	now := k.now()
	for _, one := range *k.kept.Load() {
		if !one.ended(now) {
			believed = append(believed, one)
		}
	}
	return believed, signing(believed, now).Number
}

// signing is the newest key whose time to sign has come. If there is none, because the
// clock stepped back, it is the oldest: that is known everywhere for longest.
func signing(believed []Key, now time.Time) Key {
	found := believed[0] // there is one: no key follows the newest, so it does not end
	for _, one := range believed {
		if !one.SignsFrom.After(now) {
			found = one
		}
	}
	return found
}

// Sign makes a statement by the key that signs now.
func (k *Keys) Sign(who identity.Identity) (string, error) {
	believed, _ := k.List()
	return signing(believed, k.now()).signer.Sign(who)
}

// Public are the keys by which others are to believe statements.
func (k *Keys) Public() []ed25519.PublicKey {
	believed, _ := k.List()
	all := make([]ed25519.PublicKey, len(believed))
	for i, one := range believed {
		all[i] = one.signer.Public()
	}
	return all
}

// Replace makes a key that follows a numbered one, which has to be the newest; replaced
// before, it answers the one that follows. At once: all others are believed no more as soon
// as the new one signs.
func (k *Keys) Replace(ctx context.Context, number int64, atOnce bool, by string) (Key, error) {
	signsFrom := k.now().UTC().Truncate(time.Microsecond).Add(spreads)
	believedUntil := signsFrom.Add(believedOn)
	if atOnce {
		signsFrom = signsFrom.Add(spreadsInHaste - spreads)
		believedUntil = signsFrom
	}
	made, err := k.store.FollowSigningKey(ctx, number, by, signsFrom, believedUntil)
	if err == nil {
		err = k.Read(ctx)
	}
	if err != nil {
		return Key{}, err
	}
	all := *k.kept.Load()
	newest := all[len(all)-1]
	if newest.Number != number+1 || atOnce && !endsOthers(all) {
		return Key{}, ErrNotNewest
	}
	if made {
		k.log.WarnContext(ctx, "replaced the key that signs identities", "key", number, "by_key", newest.Number, "by", by, "at_once", atOnce,
			"signs_from", signsFrom, "believed_until", believedUntil)
	}
	return newest, nil
}

// endsOthers tells whether the newest of keys signs as soon as no other is believed.
func endsOthers(all []Key) bool {
	newest := all[len(all)-1]
	for _, one := range all[:len(all)-1] {
		if one.BelievedUntil.After(newest.SignsFrom) {
			return false
		}
	}
	return true
}

// Tend replaces the newest key once it has signed for so long, 0: never, and deletes those
// that have ended, until ctx ends. It is work for one process, though two do no harm.
func (k *Keys) Tend(ctx context.Context, longest time.Duration) error {
	for {
		if err := k.tend(ctx, longest); err != nil {
			return err
		}
		if err := lifecycle.Pause(ctx, lifecycle.Together(tendEvery)); err != nil {
			return err
		}
	}
}

func (k *Keys) tend(ctx context.Context, longest time.Duration) error {
	gone, err := k.store.EndSigningKeys(ctx)
	if err != nil {
		return err
	}
	if gone > 0 {
		k.log.InfoContext(ctx, "deleted keys that signed identities and are believed no more", "keys", gone)
	}
	if err := k.Read(ctx); err != nil || longest == 0 {
		return err
	}
	all := *k.kept.Load()
	newest, now := all[len(all)-1], k.now()
	// One that is to sign later than any that is made now was made by a clock that was ahead.
	ahead := newest.SignsFrom.After(now.Add(spreads + identity.ClockSkew))
	if now.Sub(newest.SignsFrom) < longest && !ahead {
		return nil
	}
	if _, err := k.Replace(ctx, newest.Number, false, ByItself); !errors.Is(err, ErrNotNewest) { // which another process replaced
		return err
	}
	return nil
}
