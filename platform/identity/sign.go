package identity

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// purpose is signed along, so that no other signature by the same key is a statement.
const purpose = "platform/identity 1\n"

// longestStatement bounds what is looked at.
const longestStatement = 2048

// statement is what is signed.
type statement struct {
	Identity
	Key     string `json:"key"`
	Expires int64  `json:"exp"` // Unix seconds
}

// Signer makes statements. Safe for concurrent use.
type Signer struct {
	private ed25519.PrivateKey
	name    string
}

// NewSigner makes one of the 32 bytes a key is made of.
func NewSigner(seed []byte) (*Signer, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("a signing key has %d bytes, not %d", ed25519.SeedSize, len(seed))
	}
	private := ed25519.NewKeyFromSeed(seed)
	return &Signer{private: private, name: nameOf(public(private))}, nil
}

// Public is what others know the signatures by.
func (s *Signer) Public() ed25519.PublicKey { return public(s.private) }

// Name tells its key from others: statements say it, and the log of those who do not
// know it.
func (s *Signer) Name() string { return s.name }

// Sign makes a statement that holds until who.Expires.
func (s *Signer) Sign(who Identity) (string, error) {
	said, err := json.Marshal(statement{Identity: who, Key: s.name, Expires: who.Expires.Unix()})
	if err != nil {
		return "", err
	}
	signature := ed25519.Sign(s.private, append([]byte(purpose), said...))
	made := base64.RawURLEncoding.EncodeToString(said) + "." + base64.RawURLEncoding.EncodeToString(signature)
	if len(made) > longestStatement {
		return "", fmt.Errorf("the statement about %s is longer than %d bytes", who.Subject, longestStatement)
	}
	return made, nil
}

func public(private ed25519.PrivateKey) ed25519.PublicKey {
	return private.Public().(ed25519.PublicKey)
}

// nameOf tells keys apart.
func nameOf(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

var (
	errMalformed = errors.New("it is no statement")
	errForged    = errors.New("its signature is wrong")
	errTooOld    = errors.New("it has expired")
	errTooLong   = errors.New("it holds for longer than a statement may")
)

// read takes a statement apart and checks it by the key it names.
func read(text string, keyOf func(name string) ed25519.PublicKey, now time.Time) (Identity, error) {
	encoded, signed, ok := strings.Cut(text, ".")
	if !ok || len(text) > longestStatement {
		return Identity{}, errMalformed
	}
	said, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return Identity{}, errMalformed
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(signed)
	if err != nil {
		return Identity{}, errMalformed
	}
	var s statement
	if err := json.Unmarshal(said, &s); err != nil || s.Subject == "" {
		return Identity{}, errMalformed
	}
	key := keyOf(s.Key)
	if key == nil {
		return Identity{}, fmt.Errorf("this process does not know the key %.16q", s.Key)
	}
	if !ed25519.Verify(key, append([]byte(purpose), said...), signature) {
		return Identity{}, errForged
	}
	who := s.Identity
	who.Expires = time.Unix(s.Expires, 0)
	return who, who.holds(now)
}

func (i Identity) holds(now time.Time) error {
	switch {
	case !now.Before(i.Expires):
		return errTooOld
	case i.Expires.Sub(now) > Longest+ClockSkew:
		return errTooLong
	}
	return nil
}
