package accountstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// Authenticator keeps one passkey and answers as a browser with it does: written here a
// second time, for tests. Its fields may be changed to what a wrong one would say.
type Authenticator struct {
	// Origin is the page that asks, Site the RP ID it signs for.
	Origin, Site string
	// Verified says that it has checked who uses it.
	Verified bool
	// Count goes up at each use; 0 stays 0.
	Count uint32
	// Handle is the account that it keeps the key for.
	Handle string

	id  []byte
	key *ecdsa.PrivateKey
}

// The flags of authenticator data.
const (
	userPresent  = 1 << 0
	userVerified = 1 << 2
	attested     = 1 << 6
)

// NewAuthenticator makes one without a key yet, for a site at an address.
func NewAuthenticator(site, origin string) *Authenticator {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	a := &Authenticator{Origin: origin, Site: site, Verified: true, id: make([]byte, 32), key: key}
	rand.Read(a.id)
	return a
}

var text64 = base64.RawURLEncoding

// Create is the RegistrationResponseJSON for the options of BeginAddingPasskey.
func (a *Authenticator) Create(options string) string {
	var o struct {
		Challenge string
		User      struct{ ID string }
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		panic(fmt.Sprintf("options %q: %v", options, err))
	}
	handle, err := text64.DecodeString(o.User.ID)
	if err != nil {
		panic(err)
	}
	a.Handle = string(handle)
	public, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	// COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}
	cose := append([]byte{0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, public[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), public[33:]...)
	data := a.data(attested)
	data = append(data, make([]byte, 16)...) // of no known make
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...)
	data = append(data, cose...)
	// CBOR: {"fmt": "none", "attStmt": {}, "authData": data}
	object := append([]byte{0xA3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(object, 0xA0, 0x68), "authData"...)
	object = binary.BigEndian.AppendUint16(append(object, 0x59), uint16(len(data)))
	object = append(object, data...)
	return a.answer(map[string]any{
		"clientDataJSON": text64.EncodeToString(a.client("webauthn.create", o.Challenge)), "attestationObject": text64.EncodeToString(object), "transports": []string{"internal"},
	})
}

// Get is the AuthenticationResponseJSON for the options of BeginPasskeyLogIn and
// BeginPasskeyConfirmation.
func (a *Authenticator) Get(options string) string {
	var o struct{ Challenge string }
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		panic(fmt.Sprintf("options %q: %v", options, err))
	}
	if a.Count > 0 {
		a.Count++
	}
	client, data := a.client("webauthn.get", o.Challenge), a.data(0)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(data, hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		panic(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": text64.EncodeToString(client), "authenticatorData": text64.EncodeToString(data),
		"signature": text64.EncodeToString(signature), "userHandle": text64.EncodeToString([]byte(a.Handle)),
	})
}

func (a *Authenticator) client(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	if err != nil {
		panic(err)
	}
	return text
}

// data is the beginning of authenticator data: site, flags, count. It has no room to spare,
// so what is appended to it is a copy.
func (a *Authenticator) data(flags byte) []byte {
	site := sha256.Sum256([]byte(a.Site))
	flags |= userPresent
	if a.Verified {
		flags |= userVerified
	}
	data := binary.BigEndian.AppendUint32(append(site[:], flags), a.Count)
	return data[:len(data):len(data)]
}

func (a *Authenticator) answer(response map[string]any) string {
	id := text64.EncodeToString(a.id)
	text, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		panic(err)
	}
	return string(text)
}
