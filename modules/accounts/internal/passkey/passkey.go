package passkey

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// Most is how many passkeys an account has at most.
const Most = 20

// MostJSON bounds what a browser sends, in bytes.
const MostJSON = 16 << 10

// The ceremonies that challenges are for.
const (
	adding     = "add"
	logging    = "log in"
	confirming = "confirm"
)

// Key is a passkey as it is kept: its public half.
type Key struct {
	// CredentialID is the authenticator's name of it, PublicKey in COSE; both in base64url.
	CredentialID, PublicKey string
	// Transports are how a browser reaches the authenticator.
	Transports []string
	// BackedUp says that the key can be copied to the person's other devices.
	BackedUp bool
	// Count is of its last use; 0: the authenticator does not count.
	Count uint32
}

// algorithms are the signatures that are believed, the first is wanted first.
var algorithms = []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256}

// OptionsToAdd are for navigator.credentials.create, in JSON. handle is the account as the
// authenticator keeps it, there are those of its passkeys.
func OptionsToAdd(s Site, challenge []byte, handle, email, name string, there []Key) (string, error) {
	o := protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{ID: s.ID, CredentialEntity: protocol.CredentialEntity{Name: s.Name}},
		User:         protocol.UserEntity{ID: protocol.URLEncodedBase64(handle), CredentialEntity: protocol.CredentialEntity{Name: email}, DisplayName: name},
		Challenge:    challenge, Timeout: int(Good.Milliseconds()), Attestation: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		},
	}
	for _, a := range algorithms {
		o.Parameters = append(o.Parameters, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: a})
	}
	var err error
	if o.CredentialExcludeList, err = described(there); err != nil {
		return "", err
	}
	text, err := json.Marshal(o)
	return string(text), err
}

// described are keys as a browser asks authenticators for them.
func described(keys []Key) ([]protocol.CredentialDescriptor, error) {
	var all []protocol.CredentialDescriptor
	for _, k := range keys {
		id, err := base64.RawURLEncoding.DecodeString(k.CredentialID)
		if err != nil {
			return nil, fmt.Errorf("the credential id of a passkey: %w", err)
		}
		d := protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: id}
		for _, t := range k.Transports {
			d.Transport = append(d.Transport, protocol.AuthenticatorTransport(t))
		}
		all = append(all, d)
	}
	return all, nil
}

// OptionsToLogIn are for navigator.credentials.get, in JSON: any passkey of the site will
// do, so they tell nothing of accounts.
func OptionsToLogIn(s Site, challenge []byte) (string, error) {
	return optionsToSign(s, challenge, nil)
}

// OptionsToConfirm are for navigator.credentials.get, in JSON: one of the account's
// passkeys is wanted.
func OptionsToConfirm(s Site, challenge []byte, keys []Key) (string, error) {
	allowed, err := described(keys)
	if err != nil {
		return "", err
	}
	return optionsToSign(s, challenge, allowed)
}

func optionsToSign(s Site, challenge []byte, allowed []protocol.CredentialDescriptor) (string, error) {
	text, err := json.Marshal(protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, Timeout: int(Good.Milliseconds()), RelyingPartyID: s.ID, UserVerification: protocol.VerificationRequired, AllowedCredentials: allowed,
	})
	return string(text), err
}

// ChallengeToAdd, ChallengeToLogIn and ChallengeToConfirm are for those options, and good
// for who began.
func ChallengeToAdd(s Sealer, now time.Time, who string) []byte {
	return NewChallenge(s, now, adding, who)
}

// ChallengeToLogIn is good for the browser that began.
func ChallengeToLogIn(s Sealer, now time.Time, who string) []byte {
	return NewChallenge(s, now, logging, who)
}

// ChallengeToConfirm is good for the session that began.
func ChallengeToConfirm(s Sealer, now time.Time, who string) []byte {
	return NewChallenge(s, now, confirming, who)
}

var errChallenge = errors.New("the challenge is not of this site, session or browser, or is too old")

// Added checks what a browser made for ChallengeToAdd. The authenticator's statement about
// its own make is not looked at: any make will do.
func Added(s Site, seals Sealer, now time.Time, who, credential string) (Key, Used, error) {
	made, err := protocol.ParseCredentialCreationResponseBytes([]byte(credential))
	if err != nil {
		return Key{}, Used{}, explained(err)
	}
	client, data := made.Response.CollectedClientData, made.Response.AttestationObject.AuthData
	until, good := believed(seals, client.Challenge, now, adding, who)
	if !good {
		return Key{}, Used{}, errChallenge
	}
	if err := s.check(client, protocol.CreateCeremony, data); err != nil {
		return Key{}, Used{}, err
	}
	if !bytes.Equal(made.RawID, data.AttData.CredentialID) {
		return Key{}, Used{}, errors.New("it has two credential ids")
	}
	if err := checkKey(data.AttData.CredentialPublicKey); err != nil {
		return Key{}, Used{}, err
	}
	k := Key{
		CredentialID: base64.RawURLEncoding.EncodeToString(made.RawID), PublicKey: base64.RawURLEncoding.EncodeToString(data.AttData.CredentialPublicKey),
		BackedUp: data.Flags.HasBackupEligible(), Count: data.Counter,
	}
	for _, t := range made.Response.Transports {
		if known := []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}; slices.Contains(known, string(t)) && !slices.Contains(k.Transports, string(t)) {
			k.Transports = append(k.Transports, string(t))
		}
	}
	return k, Used{Challenge: client.Challenge, Until: until, Count: data.Counter}, nil
}

// check checks what both ceremonies have in common: the page, the site, and that the
// authenticator has checked who uses it.
func (s Site) check(client protocol.CollectedClientData, ceremony protocol.CeremonyType, data protocol.AuthenticatorData) error {
	if err := client.Verify(client.Challenge, ceremony, []string{s.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false); err != nil {
		return explained(err)
	}
	site := sha256.Sum256([]byte(s.ID))
	if err := data.Verify(site[:], nil, true, true); err != nil {
		return explained(err)
	}
	if data.Flags.HasBackupState() && !data.Flags.HasBackupEligible() {
		return errors.New("it is backed up, and can't be")
	}
	return nil
}

func checkKey(public []byte) error {
	key, err := webauthncose.ParsePublicKey(public)
	if err != nil {
		return explained(err)
	}
	algorithm := int64(0)
	switch k := key.(type) {
	case webauthncose.EC2PublicKeyData:
		algorithm = k.Algorithm
	case webauthncose.OKPPublicKeyData:
		algorithm = k.Algorithm
	case webauthncose.RSAPublicKeyData:
		algorithm = k.Algorithm
	}
	if !slices.Contains(algorithms, webauthncose.COSEAlgorithmIdentifier(algorithm)) {
		return fmt.Errorf("its key has algorithm %d, which is none of those asked for", algorithm)
	}
	return nil
}

// Shown is what a browser signed to log in or to confirm, taken apart and not checked yet.
type Shown struct {
	// CredentialID names the passkey, in base64url; Handle the account.
	CredentialID, Handle string
	parsed               *protocol.ParsedCredentialAssertionData
}

// Read takes apart what a browser signed.
func Read(credential string) (Shown, error) {
	signed, err := protocol.ParseCredentialRequestResponseBytes([]byte(credential))
	if err != nil {
		return Shown{}, explained(err)
	}
	return Shown{CredentialID: base64.RawURLEncoding.EncodeToString(signed.RawID), Handle: string(signed.Response.UserHandle), parsed: signed}, nil
}

// Used is what a ceremony that was right has used.
type Used struct {
	// Challenge is good once, and forgotten after Until.
	Challenge string
	Until     time.Time
	// Count is the authenticator's: if it is not above that of the last use, the passkey
	// may have been copied. The store compares them, where no two uses can do it at once.
	Count uint32
}

// LoggedIn checks what a browser signed for ChallengeToLogIn, with the key of its
// credential id.
func (shown Shown) LoggedIn(s Site, seals Sealer, now time.Time, who string, k Key) (Used, error) {
	return shown.signed(s, seals, now, logging, who, k)
}

// Confirmed checks what a browser signed for ChallengeToConfirm, with the key of its
// credential id.
func (shown Shown) Confirmed(s Site, seals Sealer, now time.Time, who string, k Key) (Used, error) {
	return shown.signed(s, seals, now, confirming, who, k)
}

func (shown Shown) signed(s Site, seals Sealer, now time.Time, ceremony, who string, k Key) (Used, error) {
	client, data := shown.parsed.Response.CollectedClientData, shown.parsed.Response.AuthenticatorData
	until, good := believed(seals, client.Challenge, now, ceremony, who)
	if !good {
		return Used{}, errChallenge
	}
	if err := s.check(client, protocol.AssertCeremony, data); err != nil {
		return Used{}, err
	}
	public, err := base64.RawURLEncoding.DecodeString(k.PublicKey)
	if err != nil {
		return Used{}, fmt.Errorf("the stored key: %w", err)
	}
	err = shown.parsed.Verify(client.Challenge, s.ID, "", []string{s.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true, public, protocol.SignaturePolicy{})
	if err != nil {
		return Used{}, explained(err)
	}
	if data.Flags.HasBackupEligible() != k.BackedUp {
		return Used{}, errors.New("whether it can be backed up has changed")
	}
	return Used{Challenge: client.Challenge, Until: until, Count: data.Counter}, nil
}

// explained is an error of the library with what it keeps apart.
func explained(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%s: %s", e.Details, e.DevInfo)
	}
	return err
}
