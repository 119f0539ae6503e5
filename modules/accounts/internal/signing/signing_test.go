package signing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"gorm.io/gorm"

	"galleria/migrations"
	"galleria/modules/accounts/internal/store"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/identity"
)

const longest = 90 * 24 * time.Hour

// copies are two processes that have the module on one database, and a clock.
type copies struct {
	now    time.Time
	a, b   *Keys
	logged bytes.Buffer
}

func each(t *testing.T, test func(t *testing.T, c *copies)) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For("accounts")
		c := &copies{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		for _, k := range []**Keys{&c.a, &c.b} {
			opened, err := Open(t.Context(), store.New(databasetest.Open(t, o), func() time.Time { return c.now }), func() time.Time { return c.now }, slog.New(slog.NewTextHandler(&c.logged, nil)))
			if err != nil {
				t.Fatal(err)
			}
			*k = opened
		}
		test(t, c)
		stored, err := c.a.store.SigningKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range stored {
			if strings.Contains(c.logged.String(), base64.StdEncoding.EncodeToString(k.Seed)) {
				t.Errorf("the seed of key %d is in the log", k.Number)
			}
		}
	})
}

// pass lets time pass, in steps after which both copies do what they do all the time.
func (c *copies) pass(t *testing.T, d time.Duration, after func()) {
	t.Helper()
	const step = 10 * time.Second
	for end := c.now.Add(d); c.now.Before(end); after() {
		c.now = c.now.Add(step)
		for _, k := range []*Keys{c.a, c.b} {
			if err := errors.Join(k.Read(t.Context()), k.tend(t.Context(), longest)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func numbers(k *Keys) (all []int64) {
	believed, _ := k.List()
	for _, one := range believed {
		all = append(all, one.Number)
	}
	return all
}

// made is a statement, and until when it has to be believed.
type made struct {
	text  string
	until time.Time
}

// TestAKeyIsReplacedAndEveryStatementIsBelieved: of both copies, by a process that hears
// of keys half a minute late.
func TestAKeyIsReplacedAndEveryStatementIsBelieved(t *testing.T) {
	each(t, func(t *testing.T, c *copies) {
		believer := identity.NewKeys(slog.New(slog.DiscardHandler), func() time.Time { return c.now })
		var about []made
		var told [][]ed25519.PublicKey // not heard yet
		signed := map[int64]bool{}
		checked := 0
		check := func() {
			told = append(told, append(c.a.Public(), c.b.Public()...))
			if len(told) > 3 {
				believer.Learn("accounts", told[0])
				told = told[1:]
			}
			for _, k := range []*Keys{c.a, c.b} {
				until := c.now.Add(identity.Longest)
				text, err := k.Sign(identity.Identity{Subject: "ana", Expires: until})
				if err != nil {
					t.Fatal(err)
				}
				about = append(about, made{text, until})
				_, signs := k.List()
				signed[signs] = true
			}
			for _, one := range about {
				if !c.now.Before(one.until) {
					continue
				}
				checked++
				if _, err := believer.Verify(one.text); err != nil {
					t.Fatalf("at %s, a statement that holds until %s: %v", c.now.Format(time.TimeOnly), one.until.Format(time.TimeOnly), err)
				}
			}
		}
		believer.Learn("accounts", c.a.Public())
		c.pass(t, time.Minute, check)
		old := (*c.a.kept.Load())[0]
		next, err := c.a.Replace(t.Context(), 1, false, "operator")
		if err != nil || next.Number != 2 {
			t.Fatalf("got key %d and error %v, want key 2", next.Number, err)
		}
		if again, err := c.b.Replace(t.Context(), 1, false, "operator"); err != nil || again.Number != 2 || again.Name() != next.Name() {
			t.Errorf("repeated at the other copy: got key %d and error %v, want the same", again.Number, err)
		}
		c.pass(t, spreads+believedOn, check)
		c.pass(t, time.Minute, check)
		if len(signed) != 2 || checked == 0 {
			t.Errorf("keys %v signed, and %d statements were checked; want keys 1 and 2, and some", signed, checked)
		}
		if got := numbers(c.b); len(got) != 1 || got[0] != 2 {
			t.Errorf("after the old key's end: got keys %v, want 2 only", got)
		}
		forged, err := old.signer.Sign(identity.Identity{Subject: "ana", Expires: c.now.Add(identity.Longest)})
		if err != nil {
			t.Fatal(err)
		}
		if who, err := believer.Verify(forged); err == nil {
			t.Errorf("a statement by the old key, after its end: got %v, want it refused", who)
		}
		if stored, err := c.a.store.SigningKeys(t.Context()); err != nil || len(stored) != 1 {
			t.Errorf("got %d rows and error %v, want the old key's row deleted", len(stored), err)
		}
	})
}

func TestAKeyIsReplacedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, c *copies) {
		if _, err := c.a.Replace(t.Context(), 1, false, "operator"); err != nil { // that does not sign yet
			t.Fatal(err)
		}
		if _, err := c.b.Replace(t.Context(), 1, true, "operator"); !errors.Is(err, ErrNotNewest) {
			t.Errorf("at once, of a key that is followed by one that goes on: got %v, want ErrNotNewest", err)
		}
		for range 2 {
			if made, err := c.b.Replace(t.Context(), 2, true, "operator"); err != nil || made.Number != 3 {
				t.Fatalf("got key %d and error %v, want key 3", made.Number, err)
			}
		}
		if err := c.a.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.now = c.now.Add(spreadsInHaste - time.Second)
		if _, signs := c.a.List(); signs != 1 {
			t.Errorf("before the others have heard of it: key %d signs, want 1", signs)
		}
		c.now = c.now.Add(time.Second)
		for _, k := range []*Keys{c.a, c.b} {
			if got := numbers(k); len(got) != 1 || got[0] != 3 {
				t.Errorf("got keys %v, want 3 only", got)
			}
		}
	})
}

func TestOneKeyIsMadeAfterATimeWhoeverLooks(t *testing.T) {
	each(t, func(t *testing.T, c *copies) {
		look := func() {
			t.Helper()
			var both sync.WaitGroup
			for _, k := range []*Keys{c.a, c.b, c.a, c.b} {
				both.Go(func() {
					if err := k.tend(context.Background(), longest); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
		}
		c.now = c.now.Add(longest - time.Second)
		look()
		if got := numbers(c.a); len(got) != 1 {
			t.Errorf("a second before: got keys %v, want one", got)
		}
		c.now = c.now.Add(time.Second)
		if err := c.a.tend(t.Context(), 0); err != nil || len(numbers(c.a)) != 1 {
			t.Errorf("where keys are replaced by command only: got keys %v and error %v, want one", numbers(c.a), err)
		}
		look()
		look()
		if got := numbers(c.b); len(got) != 2 {
			t.Errorf("got keys %v, want two", got)
		}
	})
}

func TestAClockThatStepsLeavesAKeyThatSigns(t *testing.T) {
	each(t, func(t *testing.T, c *copies) {
		right := c.now
		c.now = right.Add(-24 * time.Hour) // back, before the first key
		if _, signs := c.a.List(); signs != 1 {
			t.Errorf("before the first key's time: key %d signs, want 1", signs)
		}
		c.now = right.Add(10 * longest) // ahead: a key is made that signs in years only
		c.pass(t, time.Minute, func() {})
		c.now = right
		if _, signs := c.a.List(); signs != 1 {
			t.Errorf("with a key of the future: key %d signs, want 1", signs)
		}
		c.pass(t, spreads+believedOn+time.Minute, func() {})
		if got := numbers(c.a); len(got) != 1 || got[0] != 3 {
			t.Errorf("later: got keys %v, want 3, which replaced that of the future", got)
		}
		c.now = right // back again: of those before it, none is left
		if _, signs := c.b.List(); signs != 3 || len(c.b.Public()) != 1 {
			t.Errorf("key %d signs, want 3: there is no other", signs)
		}
	})
}

// TestTheMigrationKeepsKeyAndTokens that an earlier release made.
func TestTheMigrationKeepsKeyAndTokens(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		const seed = "c2VlZHNlZWRzZWVkc2VlZHNlZWRzZWVkc2VlZHNlZWQ="
		all := migrations.For("accounts")
		o.Migrations = before(t, all, "0006")
		db := databasetest.Open(t, o)
		err := db.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO signing_keys (id, seed, created_at) VALUES ('first', ?, 1772366400000000)", seed).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		o.Migrations = all
		kept := store.New(databasetest.Open(t, o), time.Now)
		secret, err := kept.TokenSecret(t.Context())
		if err != nil || string(secret) != "seedseedseedseedseedseedseedseed" {
			t.Errorf("got a secret of %d bytes and error %v, want the seed", len(secret), err)
		}
		keys, err := kept.SigningKeys(t.Context())
		made := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		if err != nil || len(keys) != 1 || keys[0].Number != 1 || string(keys[0].Seed) != string(secret) || !keys[0].SignsFrom.Equal(made) || !keys[0].BelievedUntil.IsZero() {
			t.Errorf("got %d keys and error %v, want the one, that signs", len(keys), err)
		}
	})
}

// before are the migrations whose names come before one.
func before(t *testing.T, all fs.FS, name string) fs.FS {
	t.Helper()
	names, err := fs.Glob(all, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	some := fstest.MapFS{}
	for _, n := range names {
		text, err := fs.ReadFile(all, n)
		if err != nil {
			t.Fatal(err)
		}
		if n < name {
			some[n] = &fstest.MapFile{Data: text}
		}
	}
	return some
}
