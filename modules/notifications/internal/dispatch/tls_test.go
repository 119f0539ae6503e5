package dispatch

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"testing"

	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/smtptest"
)

// certificate is one for 127.0.0.1, and the roots that vouch for it.
func certificate(t *testing.T) (server *tls.Config, roots *x509.CertPool) {
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, roots
}

func TestMailsGoEncryptedAndLoggedIn(t *testing.T) {
	for name, implicit := range map[string]bool{"starttls": false, "tls": true} {
		t.Run(name, func(t *testing.T) {
			config, roots := certificate(t)
			s := &smtptest.Server{TLS: config, Implicit: implicit, Password: "secret"}
			d := onSQLite(t)
			d.to(s)
			d.server.Encryption, d.server.TLS = Encryption(name), &tls.Config{RootCAs: roots}
			d.server.Username, d.server.Password = "shop", "secret"
			first, second := d.queue("ana@example.com"), d.queue("ida@example.com")
			d.work()
			d.untilStatus(first, mail.Sent)
			d.untilStatus(second, mail.Sent)
			d.wantTaken(s, 2)
		})
	}
}

func TestMailsWaitRatherThanGoInTheClearOrToAStranger(t *testing.T) {
	config, roots := certificate(t)
	for name, c := range map[string]struct {
		server *smtptest.Server
		change func(*Server)
	}{
		"no STARTTLS offered": {&smtptest.Server{}, func(s *Server) { s.TLS = &tls.Config{RootCAs: roots} }},
		"unknown certificate": {&smtptest.Server{TLS: config}, func(s *Server) { s.TLS = &tls.Config{RootCAs: x509.NewCertPool()} }},
		"wrong password":      {&smtptest.Server{TLS: config, Password: "secret"}, func(s *Server) { s.TLS = &tls.Config{RootCAs: roots}; s.Username, s.Password = "shop", "guess" }},
	} {
		t.Run(name, func(t *testing.T) {
			d := onSQLite(t)
			d.to(c.server)
			d.server.Encryption = StartTLS
			c.change(d.server)
			m := d.queue("ana@example.com")
			d.work()
			got := d.until(m, "tried twice", func(m mail.Mail) bool { return m.Attempts > 1 })
			if got.Status != mail.Queued || got.Problem == "" {
				t.Errorf("got %s, problem %q; want it queued and why", got.Status, got.Problem)
			}
			d.wantTaken(c.server, 0)
		})
	}
}
