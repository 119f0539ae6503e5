package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"
)

// The second factor is a code by time, as RFC 6238 has it: six digits, another one every
// 30 seconds, made with HMAC-SHA-1, which is what all authenticator programs can do.
const (
	stepLength = 30 * time.Second
	// A code is good for one step more at either side: clocks are not quite right.
	stepsOff = 1
)

var totpText = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewTOTPSecret makes the secret of a second factor.
func NewTOTPSecret() string {
	secret := make([]byte, 20)
	rand.Read(secret)
	return totpText.EncodeToString(secret)
}

// TOTPAddress is a secret as an authenticator program takes it, in a picture too.
func TOTPAddress(secret, shop, email string) string {
	values := url.Values{"secret": {secret}, "issuer": {shop}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	return (&url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + shop + ":" + email, RawQuery: values.Encode()}).String()
}

// TOTP is the code of a secret at a step: the number of 30 seconds since 1970.
func TOTP(secret string, step int64) (string, error) {
	key, err := totpText.DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("the secret of a second factor: %w", err)
	}
	mac := hmac.New(sha1.New, key)
	binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0xF:]) & 0x7FFFFFFF
	return fmt.Sprintf("%06d", number%1_000_000), nil
}

// TOTPStep is the step of a time.
func TOTPStep(at time.Time) int64 { return at.Unix() / int64(stepLength/time.Second) }

// CheckTOTP tells whether a code is that of now, or right before or after, and of which
// step it is.
func CheckTOTP(secret, code string, now time.Time) (step int64, good bool) {
	if secret == "" {
		return 0, false
	}
	for step := TOTPStep(now) - stepsOff; step <= TOTPStep(now)+stepsOff; step++ {
		want, err := TOTP(secret, step)
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}
