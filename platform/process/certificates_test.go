package process

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	grpcpeer "google.golang.org/grpc/peer"

	"galleria/platform/certs"
)

// issued is the identity of a process on another machine, and the number of its
// certificate.
func (h *house) issued(module string) (identity *certs.Identity, number string) {
	h.t.Helper()
	certificate, key, trusted, err := h.authority.Issue(certs.Rights{Speaks: []string{module}, Serves: []string{module}}, time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	dir := h.t.TempDir()
	files := certs.Files{Certificate: filepath.Join(dir, "certificate"), Key: filepath.Join(dir, "key"), Authority: filepath.Join(dir, "authority")}
	for path, data := range map[string][]byte{files.Certificate: certificate, files.Key: key, files.Authority: trusted} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	if identity, err = certs.FromFiles(files); err != nil {
		h.t.Fatal(err)
	}
	leaf := parsed(h, certificate)
	return identity, leaf.SerialNumber.Text(16)
}

// expired shows a certificate for alpha that has ended. A process of ours would not
// show it.
func (h *house) expired() *tls.Config {
	h.t.Helper()
	certificate, key, _, err := h.authority.Issue(certs.Rights{Speaks: []string{"alpha"}, Serves: []string{"alpha"}}, 2*time.Second)
	if err != nil {
		h.t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		h.t.Fatal(err)
	}
	time.Sleep(time.Until(pair.Leaf.NotAfter.Add(time.Second))) // its end is in whole seconds
	return &tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &pair, nil
	}}
}

// revoked is the identity of a process whose certificate for alpha was taken back.
func (h *house) revoked() *certs.Identity {
	h.t.Helper()
	identity, number := h.issued("alpha")
	if _, err := h.authority.Revoke(number); err != nil {
		h.t.Fatal(err)
	}
	return identity
}

func parsed(h *house, data []byte) *x509.Certificate {
	h.t.Helper()
	block, _ := pem.Decode(data)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		h.t.Fatal(err)
	}
	return leaf
}

// anyServer trusts every server and shows nothing itself.
func (h *house) anyServer() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// earlier is the certificate of the earlier release for a module: its URI names a
// caller, and is no SPIFFE id.
func (h *house) earlier(module string) *tls.Config {
	h.t.Helper()
	pair, err := tls.LoadX509KeyPair(h.dir+"/certs/authority.pem", h.dir+"/certs/authority.pem")
	if err != nil {
		h.t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Process"}, DNSNames: []string{"process.internal"},
		URIs: []*url.URL{{Scheme: "caller", Opaque: module}}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, pair.Leaf, &key.PublicKey, pair.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	shown := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return shown, nil // whatever authority the server names
	}}
}

// peerInfo tells a call's connection from others.
type peerInfo struct{ peer grpcpeer.Peer }

func (p *peerInfo) option() grpc.CallOption { return grpc.Peer(&p.peer) }

func (p *peerInfo) local() string { return p.peer.LocalAddr.String() }
