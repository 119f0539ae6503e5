package certs

import (
	"crypto/x509"
	"fmt"
)

// trust is how a process judges the certificates of others.
type trust struct {
	pool    *x509.CertPool
	domain  string
	revoked map[string]bool // by number
}

func newTrust(all *authorities, revoked map[string]bool) *trust {
	t := &trust{pool: x509.NewCertPool(), domain: domain(all.all[0].cert), revoked: revoked}
	for _, a := range all.all {
		t.pool.AddCert(a.cert)
	}
	return t
}

// checkNotRevoked is about the certificate itself; TLS has checked the rest.
func (t *trust) checkNotRevoked(leaf *x509.Certificate) error {
	if t.revoked[number(leaf)] {
		return fmt.Errorf("the certificate %s of %s was revoked", number(leaf), leaf.URIs)
	}
	return nil
}

// check judges a certificate that was good when its connection was made. The authority itself
// signed it: it lets no other sign for it.
func (t *trust) check(leaf *x509.Certificate) error {
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: t.pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return err
	}
	return t.checkNotRevoked(leaf)
}

// parseTrust makes sense of the file of authorities and, if it is given, of that
// of revoked certificates.
func parseTrust(contents [][]byte) (*trust, error) {
	all, err := parseAuthorities(contents[0])
	if err != nil {
		return nil, err
	}
	revoked := map[string]bool{}
	if len(contents) > 1 {
		if revoked, err = parseRevoked(contents[1]); err != nil {
			return nil, err
		}
	}
	return newTrust(all, revoked), nil
}
