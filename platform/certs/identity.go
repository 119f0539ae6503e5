package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// ownValid is how long a certificate lasts that a process issues itself; it is
// renewed when half of that is over.
const ownValid = 30 * 24 * time.Hour

// Identity is what a process shows to others, and how it checks them.
type Identity struct {
	plaintext bool
	pool      *x509.CertPool
	own       func() (*tls.Certificate, error)
}

// FromAuthority is the identity of a process that may speak for callers and
// can read the authority. It renews its certificate by itself.
func FromAuthority(a *Authority, callers []string) (*Identity, error) {
	var mu sync.Mutex
	var current *tls.Certificate
	own := func() (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		if current != nil && time.Until(current.Leaf.NotAfter) > ownValid/2 {
			return current, nil
		}
		certificate, key, _, err := a.Issue(callers, ownValid)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		current = &pair
		return current, nil
	}
	if _, err := own(); err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &Identity{pool: pool, own: own}, nil
}

// FromFiles is the identity in files that Issue made. Certificate and key are
// read for each new connection, so that they can be replaced without a
// restart, one file after the other; another authority needs a restart.
func FromFiles(certificate, key, authority string) (*Identity, error) {
	trusted, err := os.ReadFile(authority)
	if err != nil {
		return nil, fmt.Errorf("read the authority to trust: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(trusted) {
		return nil, fmt.Errorf("%s holds no certificate", authority)
	}
	files := &fileSource{certificate: certificate, key: key}
	if _, err := files.read(); err != nil {
		return nil, err
	}
	return &Identity{pool: pool, own: files.read}, nil
}

// Plaintext is no identity: connections are neither secret nor checked, and
// every caller is believed. For one machine only.
func Plaintext() *Identity { return &Identity{plaintext: true} }

// IsPlaintext tells whether connections are unprotected.
func (i *Identity) IsPlaintext() bool { return i.plaintext }

// Client are the credentials for calling other processes.
func (i *Identity) Client() credentials.TransportCredentials {
	if i.plaintext {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(&tls.Config{
		MinVersion:           tls.VersionTLS13,
		ServerName:           serverName,
		RootCAs:              i.pool,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return i.own() },
	})
}

// Server are the credentials for being called.
func (i *Identity) Server() credentials.TransportCredentials {
	if i.plaintext {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(&tls.Config{
		MinVersion:     tls.VersionTLS13,
		ClientAuth:     tls.RequireAndVerifyClientCert,
		ClientCAs:      i.pool,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return i.own() },
	})
}

// CheckCaller tells whether the connection behind ctx entitles its process to
// speak for caller. Its error is a status.
func (i *Identity) CheckCaller(ctx context.Context, caller string) error {
	if i.plaintext {
		return nil
	}
	from, ok := peer.FromContext(ctx)
	if !ok {
		return status.Error(codes.Unauthenticated, "no connection to check")
	}
	secured, ok := from.AuthInfo.(credentials.TLSInfo)
	if !ok || len(secured.State.VerifiedChains) == 0 {
		return status.Error(codes.Unauthenticated, "the connection shows no certificate")
	}
	var entitled []string
	for _, uri := range secured.State.VerifiedChains[0][0].URIs {
		if uri.Scheme == callerScheme {
			entitled = append(entitled, uri.Opaque)
		}
	}
	if !slices.Contains(entitled, caller) {
		return status.Errorf(codes.PermissionDenied, "the certificate speaks for %v, not for %q", entitled, caller)
	}
	return nil
}

// fileSource reads a certificate again when its files have changed.
type fileSource struct {
	certificate, key string

	mu      sync.Mutex
	content [2][]byte
	current *tls.Certificate
}

// read compares contents, not times: two replacements may share a time stamp,
// and connections are made seldom enough.
func (f *fileSource) read() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	certificate, err := os.ReadFile(f.certificate)
	if err != nil {
		return f.last(err)
	}
	key, err := os.ReadFile(f.key)
	if err != nil {
		return f.last(err)
	}
	if f.current != nil && bytes.Equal(certificate, f.content[0]) && bytes.Equal(key, f.content[1]) {
		return f.current, nil
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return f.last(err)
	}
	f.current, f.content = &pair, [2][]byte{certificate, key}
	return f.current, nil
}

// last falls back to the certificate read before: half-replaced files must not
// cut connections.
func (f *fileSource) last(err error) (*tls.Certificate, error) {
	if f.current != nil && time.Now().Before(f.current.Leaf.NotAfter) {
		return f.current, nil
	}
	return nil, fmt.Errorf("no certificate to show: %w", err)
}
