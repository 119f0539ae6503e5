package certs

import (
	"context"
	"crypto/x509"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"

	"galleria/platform/lifecycle"
)

// guarded is a connection that ends with what it rests on.
type guarded struct {
	net.Conn
	identity *Identity
	leaf     *x509.Certificate // of the other side
	end      *time.Timer
	once     sync.Once
	err      error
}

// guard watches over a connection from here on, and reads who is at its other
// end.
func (i *Identity) guard(conn net.Conn, info credentials.AuthInfo, now *trust) (*guarded, authInfo) {
	known := authInfo{TLSInfo: info.(credentials.TLSInfo)}
	chain := known.State.VerifiedChains[0]
	known.peer, known.problem = peerOf(chain[0], now.domain)
	known.peer.Since = time.Now()
	g := &guarded{Conn: conn, identity: i, leaf: chain[0]}
	end := chain[0].NotAfter
	for _, issuer := range chain[1:] {
		if issuer.NotAfter.Before(end) {
			end = issuer.NotAfter
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.open[g] = struct{}{}
	g.end = time.AfterFunc(time.Until(end), func() { g.Close() })
	return g, known
}

func (g *guarded) Close() error {
	g.once.Do(func() {
		g.identity.mu.Lock()
		delete(g.identity.open, g)
		g.end.Stop()
		g.identity.mu.Unlock()
		g.err = g.Conn.Close()
	})
	return g.err
}

// ConnectionAge is how long a connection should last before both sides show their
// certificates again: no longer than anything a certificate allows may outlive it.
const ConnectionAge = time.Hour

// watchEvery is how long what is not trusted any more may stay connected.
const watchEvery = 2 * time.Second

// Watch cuts connections with processes that are not trusted any more, because
// their certificate was revoked or their authority dropped, until ctx ends. cut
// is told of each.
func (i *Identity) Watch(ctx context.Context, cut func(id string, why error)) {
	if i.plaintext {
		return
	}
	var seen *trust
	for ctx.Err() == nil {
		now, err := i.trusted()
		if err == nil && now != seen {
			i.cut(now, cut)
			seen = now
		}
		lifecycle.Pause(ctx, lifecycle.Together(watchEvery))
	}
}

func (i *Identity) cut(now *trust, told func(id string, why error)) {
	i.mu.Lock()
	open := make([]*guarded, 0, len(i.open))
	for g := range i.open {
		open = append(open, g)
	}
	i.mu.Unlock()
	for _, g := range open {
		if why := now.check(g.leaf); why != nil {
			id, _ := peerOf(g.leaf, now.domain)
			told(id.ID, why)
			g.Close()
		}
	}
}
