package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// Identity is what a process shows to others, and how it checks them.
type Identity struct {
	plaintext bool
	own       func() (*tls.Certificate, error)
	trust     *cached[*trust]

	mu   sync.Mutex
	open map[*guarded]struct{} // connections, to be cut when they are not trusted any more
	// learned are numbers of certificates that another process says were revoked.
	learned map[string]bool
	// merged is the trust of the files with those: nil when there are none.
	merged, mergedFrom *trust
}

// FromAuthority is the identity of a process that can read the authority. It
// renews its certificate by itself.
func FromAuthority(a *Authority, rights Rights) (*Identity, error) {
	return newIdentity((&own{from: a, rights: rights}).certificate, a.trust)
}

// Files are those that Issue made, and a list that Revoke keeps; the last may be
// left out.
type Files struct{ Certificate, Key, Authority, Revoked string }

// FromFiles is the identity in files. They are read for each new connection, so
// that they can be replaced without a restart, one file after the other.
func FromFiles(f Files) (*Identity, error) {
	shown := newCached([]string{f.Certificate, f.Key}, func(contents [][]byte) (*tls.Certificate, error) {
		pair, err := tls.X509KeyPair(contents[0], contents[1])
		return &pair, err
	})
	trusted := []string{f.Authority}
	if f.Revoked != "" {
		trusted = append(trusted, f.Revoked)
	}
	return newIdentity(func() (*tls.Certificate, error) {
		pair, err := shown.get()
		if err == nil && time.Now().After(pair.Leaf.NotAfter) {
			err = fmt.Errorf("the certificate in %s ended on %s", f.Certificate, pair.Leaf.NotAfter.Format(time.DateTime))
		}
		return pair, err
	}, newCached(trusted, func(contents [][]byte) (*trust, error) {
		t, err := parseTrust(contents)
		if err != nil {
			return nil, fmt.Errorf("read whom to trust from %v: %w", trusted, err)
		}
		return t, nil
	}))
}

func newIdentity(own func() (*tls.Certificate, error), trust *cached[*trust]) (*Identity, error) {
	i := &Identity{own: own, trust: trust, open: map[*guarded]struct{}{}}
	_, err := i.trust.get()
	if _, bad := i.own(); bad != nil {
		err = errors.Join(err, fmt.Errorf("no certificate to show: %w", bad))
	}
	if err != nil {
		return nil, err
	}
	return i, nil
}

// Plaintext is no identity: connections are neither secret nor checked, and
// every process may do all. For one machine only.
func Plaintext() *Identity { return &Identity{plaintext: true} }

// IsPlaintext tells whether connections are unprotected.
func (i *Identity) IsPlaintext() bool { return i.plaintext }

// Client are the credentials for asking any process of the installation.
func (i *Identity) Client() credentials.TransportCredentials {
	return i.credentials(processName)
}

// ClientFor are the credentials for calling a module: a process whose
// certificate does not let it serve the module is refused.
func (i *Identity) ClientFor(module string) credentials.TransportCredentials {
	return i.credentials(serverName(module))
}

// Server are the credentials for being called.
func (i *Identity) Server() credentials.TransportCredentials {
	return i.credentials("")
}

func (i *Identity) credentials(server string) credentials.TransportCredentials {
	if i.plaintext {
		return insecure.NewCredentials()
	}
	return handshake{identity: i, server: server}
}

// PeerOf is the process at the other end of the connection behind ctx; false
// when it shows no certificate that says what it may do.
func (i *Identity) PeerOf(ctx context.Context) (Peer, bool) {
	p, err := i.peerOf(ctx)
	return p, err == nil
}

func (i *Identity) peerOf(ctx context.Context) (Peer, error) {
	if i.plaintext {
		return plaintextPeer, nil
	}
	from, ok := peer.FromContext(ctx)
	if !ok {
		return Peer{}, errors.New("there is no connection to check")
	}
	known, ok := from.AuthInfo.(authInfo)
	if !ok {
		return Peer{}, errors.New("the connection shows no certificate")
	}
	return known.peer, known.problem
}

// Own is what this process's own certificate says.
func (i *Identity) Own() (Peer, error) {
	if i.plaintext {
		return plaintextPeer, nil
	}
	shown, err := i.own()
	if err != nil {
		return Peer{}, err
	}
	now, err := i.trusted()
	if err != nil {
		return Peer{}, err
	}
	return peerOf(shown.Leaf, now.domain)
}

// CheckCaller tells whether the connection behind ctx entitles its process to
// speak for caller. Its error is a status.
func (i *Identity) CheckCaller(ctx context.Context, caller string) error {
	p, err := i.CheckPeer(ctx)
	if err != nil {
		return err
	}
	if !i.plaintext && !p.MaySpeakFor(caller) {
		return status.Errorf(codes.PermissionDenied, "the certificate speaks for %v, not for %q", p.Speaks, caller)
	}
	return nil
}

// CheckPeer is PeerOf with the reason why there is none, as a status.
func (i *Identity) CheckPeer(ctx context.Context) (Peer, error) {
	p, err := i.peerOf(ctx)
	if err != nil {
		return p, status.Error(codes.Unauthenticated, err.Error())
	}
	return p, nil
}
