package passkey

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Good is how long a challenge is good: a person looks for a key, or types a PIN.
const Good = 5 * time.Minute

// Sealer makes a text that only the module can make, of a purpose and parts.
type Sealer interface {
	Of(purpose string, parts ...string) string
}

// head is what a challenge begins with: random bytes, and when it ends. A seal of it and
// of who it is for follows. So none is stored until it is used: those who ask for many
// fill nothing.
const (
	randomBytes = 16
	head        = randomBytes + 8
	purpose     = "passkey challenge"
)

// NewChallenge makes a challenge for a ceremony ("add", "log in", "confirm") and who begins
// it: a session, or a browser.
func NewChallenge(s Sealer, now time.Time, ceremony, who string) []byte {
	made := make([]byte, head)
	rand.Read(made[:randomBytes])
	binary.BigEndian.PutUint64(made[randomBytes:], uint64(now.Add(Good).Unix()))
	return append(made, seal(s, made, ceremony, who)...)
}

// believed tells whether a challenge, in base64url, was made for this, and until when it is
// good.
func believed(s Sealer, challenge string, now time.Time, ceremony, who string) (until time.Time, good bool) {
	shown, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil || len(shown) <= head {
		return time.Time{}, false
	}
	if subtle.ConstantTimeCompare(shown[head:], seal(s, shown[:head], ceremony, who)) != 1 {
		return time.Time{}, false
	}
	until = time.Unix(int64(binary.BigEndian.Uint64(shown[randomBytes:head])), 0)
	return until, now.Before(until)
}

func seal(s Sealer, made []byte, ceremony, who string) []byte {
	sum, err := base64.RawURLEncoding.DecodeString(s.Of(purpose, ceremony, who, string(made)))
	if err != nil {
		panic(err) // a Sealer's text is base64url
	}
	return sum
}
