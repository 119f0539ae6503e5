package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc/credentials"
)

// handshake makes the connections of an identity. Each is made with what the
// files say when it begins and again when it ends, and guarded afterwards.
type handshake struct {
	identity *Identity
	// server is the name expected of a server; empty on the server itself.
	server string
}

// authInfo is what is known of a connection.
type authInfo struct {
	credentials.TLSInfo
	peer    Peer
	problem error // why peer is not known
}

func (h handshake) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	now, err := h.identity.trusted()
	if err != nil {
		return nil, nil, err
	}
	conn, info, err := credentials.NewTLS(&tls.Config{
		MinVersion:           tls.VersionTLS13,
		ServerName:           h.server,
		RootCAs:              now.pool,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return h.identity.own() },
		VerifyConnection:     now.verifyConnection,
	}).ClientHandshake(ctx, authority, raw)
	if err != nil {
		return nil, nil, h.explain(err, now)
	}
	guarded, known, err := h.identity.guard(conn, info, now)
	if err != nil {
		return nil, nil, err
	}
	if known.problem != nil { // a server has to say who it is
		guarded.Close()
		return nil, nil, known.problem
	}
	return guarded, known, nil
}

// explain says what the certificate of a server allows, when it does not allow
// what the server is to do.
func (h handshake) explain(err error, now *trust) error {
	var wrong x509.HostnameError
	if !errors.As(err, &wrong) {
		return err
	}
	p, problem := peerOf(wrong.Certificate, now.domain)
	if problem != nil {
		return problem
	}
	return fmt.Errorf("its certificate, of %s, lets it serve %v and not %s", p.ID, p.Serves, strings.TrimSuffix(h.server, moduleDomain))
}

func (h handshake) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	now, err := h.identity.trusted()
	if err != nil {
		return nil, nil, err
	}
	conn, info, err := credentials.NewTLS(&tls.Config{
		MinVersion:       tls.VersionTLS13,
		ClientAuth:       tls.RequireAndVerifyClientCert,
		ClientCAs:        now.pool,
		GetCertificate:   func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return h.identity.own() },
		VerifyConnection: now.verifyConnection,
		// A resumed session would not be checked as a new one is.
		SessionTicketsDisabled: true,
	}).ServerHandshake(raw)
	if err != nil {
		return nil, nil, err
	}
	guarded, known, err := h.identity.guard(conn, info, now)
	if err != nil {
		return nil, nil, err
	}
	return guarded, known, nil
}

func (h handshake) Info() credentials.ProtocolInfo {
	//lint:ignore SA1019 the name says what the server is to be allowed: it belongs to
	// these credentials, not to the channel, as WithAuthority would have it
	return credentials.ProtocolInfo{SecurityProtocol: "tls", ServerName: h.server}
}

func (h handshake) Clone() credentials.TransportCredentials { return h }

// OverrideServerName is not for us: the name says what the server is to be
// allowed.
func (h handshake) OverrideServerName(string) error {
	return errors.New("the server's name can't be another one")
}

func (t *trust) verifyConnection(state tls.ConnectionState) error {
	return t.checkNotRevoked(state.PeerCertificates[0])
}
