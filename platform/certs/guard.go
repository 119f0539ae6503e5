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
// end. It refuses one whose trust ended during the handshake.
func (i *Identity) guard(conn net.Conn, info credentials.AuthInfo, now *trust) (*guarded, authInfo, error) {
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
	i.register(g, end)
	// The other side may draw the handshake out, so trust is read again, and after
	// registering: of what ends before that, Watch may have cut its connections
	// already, and what ends later it cuts here too.
	if err := i.checkNow(g.leaf); err != nil {
		g.Close()
		return nil, known, err
	}
	return g, known, nil
}

// register makes a connection one that Watch may cut, and ends it at its time.
func (i *Identity) register(g *guarded, end time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.open[g] = struct{}{}
	g.end = time.AfterFunc(time.Until(end), func() { g.Close() })
}

func (i *Identity) checkNow(leaf *x509.Certificate) error {
	now, err := i.trusted()
	if err != nil {
		return err
	}
	return now.check(leaf)
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
