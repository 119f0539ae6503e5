package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Issue makes a certificate with the rights and for the time given, and notes it
// among those that were issued. All three are PEM; trusted is what its process
// has to trust. The key is secret: its holder has the rights.
func (a *Authority) Issue(rights Rights, valid time.Duration) (certificate, key, trusted []byte, err error) {
	now, err := a.current()
	if err != nil {
		return nil, nil, nil, err
	}
	certificate, key, err = now.all[0].issue(rights, time.Now().Add(valid))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("issue certificate: %w", err)
	}
	if err := a.note(certificate); err != nil {
		return nil, nil, nil, fmt.Errorf("issue certificate: %w", err)
	}
	return certificate, key, now.trusted(), nil
}

func (a authority) issue(rights Rights, end time.Time) (certificate, key []byte, err error) {
	switch {
	case a.key == nil:
		return nil, nil, errors.New("the authority holds no key to sign with")
	case end.After(a.cert.NotAfter):
		return nil, nil, fmt.Errorf("it would outlive its authority, which ends in %d days, on %s; rotate the authority for more",
			int(time.Until(a.cert.NotAfter).Hours()/24), a.cert.NotAfter.Format(time.DateOnly))
	case !end.After(time.Now()):
		return nil, nil, fmt.Errorf("its time would be over on %s", end.Format(time.DateTime))
	}
	if err := rights.check(); err != nil {
		return nil, nil, err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	rights = rights.sorted()
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: "Process"},
		DNSNames:     rights.serverNames(),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	template.URIs = append(template.URIs, rights.id(domain(a.cert)))
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &private.PublicKey, a.key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// ownValid is how long a certificate lasts that a process issues itself; it is
// renewed when half of that is over.
const ownValid = 30 * 24 * time.Hour

// own issues the certificates of a process that can read the authority. They
// are not noted: revoking one would not keep its holder from the authority.
type own struct {
	from   *Authority
	rights Rights

	mu      sync.Mutex
	issuer  *x509.Certificate
	current *tls.Certificate
}

// certificate is the present one, or a new one when that is half over or another
// authority signs.
func (o *own) certificate() (*tls.Certificate, error) {
	now, err := o.from.current()
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	signs := now.all[0]
	if o.current != nil && signs.cert.Equal(o.issuer) {
		end := o.current.Leaf.NotAfter
		if time.Until(end) > ownValid/2 || end.Equal(o.issuer.NotAfter) {
			return o.current, nil
		}
	}
	end := time.Now().Add(ownValid)
	if end.After(signs.cert.NotAfter) {
		end = signs.cert.NotAfter
	}
	certificate, key, err := signs.issue(o.rights, end)
	if err != nil {
		return nil, fmt.Errorf("issue the certificate of this process: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	o.issuer, o.current = signs.cert, &pair
	return o.current, nil
}

func (a *Authority) issuedDir() string { return filepath.Join(a.dir, "issued") }

// note keeps a copy of a certificate, without its key, to list and revoke it by.
func (a *Authority) note(certificate []byte) error {
	leaf, err := parseCertificate(certificate)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.issuedDir(), 0o700); err != nil {
		return err
	}
	return writeFile(filepath.Join(a.issuedDir(), number(leaf)+".pem"), certificate, os.Rename)
}

func parseCertificate(data []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("it holds no certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// number is a serial number as openssl writes it, in lower case.
func number(leaf *x509.Certificate) string { return fmt.Sprintf("%x", leaf.SerialNumber) }
