package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
)

// Tokens makes the tokens of sessions, links and API keys: 256 bits that can't be
// guessed, made of the module's secret and the idempotency key of the call, so that a
// call that is repeated answers the same token, though only its digest is kept.
type Tokens struct{ key []byte }

// NewTokens makes them with the module's secret.
func NewTokens(secret []byte) *Tokens {
	// The secret itself signed identities once, so tokens have a key that is made of it.
	return &Tokens{key: seal(secret, "tokens")}
}

// Of is the token for a purpose; parts are all that makes it another one.
func (t *Tokens) Of(purpose string, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(seal(t.key, append([]string{purpose}, parts...)...))
}

func seal(key []byte, parts ...string) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part)) // so that no two lists of parts run into one text
		mac.Write(sum[:])
	}
	return mac.Sum(nil)
}
