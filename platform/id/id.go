// Package id makes identifiers and secrets.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// Length is the number of characters of an identifier.
const Length = 26

// The alphabet is in ASCII order, so that text sorts as the bytes do, and
// lower case, for subjects and host names; i, l, o and u are left out as easily
// misread or misspoken.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New returns an identifier of 26 lower-case letters and digits: 56 bits of
// time in microseconds, then 72 random bits. Identifiers sort by the time they
// were made, to the microsecond, which keeps database indexes compact. They are
// unique, safe in URLs, file names and NATS subjects, and not secret: use
// Secret for what must not be guessed.
func New() string { return at(time.Now()) }

func at(t time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(t.UnixMicro())<<8) // 56 bits last until the year 4253
	rand.Read(b[7:])                                            // never fails: the runtime ends the program instead
	return encoding.EncodeToString(b[:])
}

// Secret returns 43 characters with 256 bits from the system's random source,
// safe in URLs and cookies. Who knows it is let in: never log it.
func Secret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
