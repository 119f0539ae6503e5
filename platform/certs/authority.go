package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	authorityFile  = "authority.pem"
	authorityValid = 10 * 365 * 24 * time.Hour
)

// Authority issues the certificates of one installation. Its file holds the
// certificate and key that sign, and after them what else is trusted while the
// authority is rotated.
type Authority struct {
	dir   string
	file  *cached[*authorities]
	trust *cached[*trust]
}

// authorities are what the file says.
type authorities struct {
	all []authority // the first signs
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey // nil: trusted, and signs no more
}

// OpenAuthority reads the authority in dir and makes it when there is none.
// Processes may do so at the same moment: one of them makes it.
func OpenAuthority(dir string) (*Authority, error) {
	path := filepath.Join(dir, authorityFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeAuthority(path); err != nil {
			return nil, fmt.Errorf("make certificate authority: %w", err)
		}
	}
	if err := makeRevoked(dir); err != nil {
		return nil, fmt.Errorf("open the list of revoked certificates: %w", err)
	}
	a := &Authority{dir: dir, file: newCached([]string{path}, func(contents [][]byte) (*authorities, error) {
		return parseAuthorities(contents[0])
	}), trust: newCached([]string{path, filepath.Join(dir, revokedFile)}, parseTrust)}
	if _, err := a.current(); err != nil {
		return nil, err
	}
	return a, nil
}

// current is what the file says now: it may be rotated while processes run.
func (a *Authority) current() (*authorities, error) {
	now, err := a.file.get()
	if err != nil {
		return nil, fmt.Errorf("open certificate authority %s: %w", filepath.Join(a.dir, authorityFile), err)
	}
	return now, nil
}

// makeAuthority makes the first authority of an installation, which names its
// trust domain.
func makeAuthority(path string) error {
	name := make([]byte, 8)
	if _, err := rand.Read(name); err != nil {
		return err
	}
	made, err := newAuthority("installation." + hex.EncodeToString(name))
	if err != nil {
		return err
	}
	data, err := (&authorities{all: []authority{made}}).encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// Linking fails when another process was quicker: no authority is
	// replaced.
	return writeFile(path, data, func(from, to string) error {
		if err := os.Link(from, to); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil
	})
}

// writeFile writes a complete draft, for its owner only, and then puts it in
// place: half a file is never read.
func writeFile(path string, data []byte, put func(from, to string) error) error {
	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(data)
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return put(draft.Name(), path)
}

func newAuthority(domain string) (authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		// The number tells the authorities of a rotation apart.
		Subject:               pkix.Name{CommonName: "Processes of this installation", SerialNumber: hex.EncodeToString(serial().Bytes()[:4])},
		URIs:                  []*url.URL{{Scheme: "spiffe", Host: domain}},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(authorityValid),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return authority{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return authority{cert, key}, err
}

func parseAuthorities(data []byte) (*authorities, error) {
	read := &authorities{}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			read.all = append(read.all, authority{cert: cert})
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, err
			}
			private, ok := key.(*ecdsa.PrivateKey)
			if len(read.all) == 0 {
				return nil, errors.New("it holds no certificate before its key")
			}
			if !ok || !private.PublicKey.Equal(read.last().cert.PublicKey) {
				return nil, errors.New("it holds a key that is not the one of the certificate before it")
			}
			read.last().key = private
		}
	}
	if len(read.all) == 0 {
		return nil, errors.New("it holds no certificate")
	}
	return read, nil
}

func (s *authorities) last() *authority { return &s.all[len(s.all)-1] }

// encode is the file's content, with the keys.
func (s *authorities) encode() ([]byte, error) {
	var data bytes.Buffer
	for _, a := range s.all {
		data.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
		if a.key == nil {
			continue
		}
		key, err := x509.MarshalPKCS8PrivateKey(a.key)
		if err != nil {
			return nil, err
		}
		data.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	}
	return data.Bytes(), nil
}

// trusted is what processes trust, as PEM, without the keys.
func (s *authorities) trusted() []byte {
	var data bytes.Buffer
	for _, a := range s.all {
		data.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
	}
	return data.Bytes()
}

// domain is the trust domain of an authority. An authority of an earlier release
// does not name it: its key is as unique.
func domain(authority *x509.Certificate) string {
	if len(authority.URIs) == 1 && authority.URIs[0].Scheme == "spiffe" {
		return authority.URIs[0].Host
	}
	sum := sha256.Sum256(authority.RawSubjectPublicKeyInfo)
	return "installation." + hex.EncodeToString(sum[:8])
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // no randomness: nothing may go on
	}
	return n
}
