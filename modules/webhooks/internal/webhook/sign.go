package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// secretPrefix begins a secret, so that it is known for what it is where it turns up.
const secretPrefix = "whsec_"

// secretBytes is the length of a key; Standard Webhooks says 24 to 64.
const secretBytes = 32

// Secrets are those that an endpoint's requests are signed with.
type Secrets struct {
	Now string
	// Old is used too until its end; "": there is none.
	Old      string
	OldUntil time.Time
}

// NewSecret makes a secret: whsec_ and random bytes in base64.
func NewSecret() string {
	var key [secretBytes]byte
	rand.Read(key[:]) // never fails: the runtime ends the program instead
	return secretPrefix + base64.StdEncoding.EncodeToString(key[:])
}

// Sign is the header webhook-signature of a request at a time: a signature for each
// secret that is used then, with a space between them.
func (s Secrets) Sign(id string, at time.Time, payload []byte) (string, error) {
	used := []string{s.Now}
	if s.Old != "" && at.Before(s.OldUntil) {
		used = append(used, s.Old)
	}
	var all []string
	for _, secret := range used {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
		if err != nil {
			return "", fmt.Errorf("the stored secret can't be read: it is no base64")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(payload)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " "), nil
}
