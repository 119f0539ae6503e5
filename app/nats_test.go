package app_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"galleria/app/shoptest"
)

// The shop's events go through a NATS server that is none of its processes, with
// TLS and a password, named by events.url and nothing else. The server is away
// for one of the orders.
func TestAShopOnAnExternalNATSServer(t *testing.T) {
	// Not in parallel: the authority is trusted by way of the environment.
	site := httptest.NewTLSServer(nil)
	site.Close()
	authority := filepath.Join(t.TempDir(), "authority.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: site.Certificate().Raw})
	if err := os.WriteFile(authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", authority)
	options := server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(), SyncAlways: true, JetStreamMaxStore: 2 << 30,
		Username: "galleria", Password: "s3cret/word",
		TLSConfig: &tls.Config{Certificates: site.TLS.Certificates, MinVersion: tls.VersionTLS12},
	}
	nats := startNATS(t, &options)

	shop := shoptest.Prepare(t, shoptest.Layout{Apart: []string{"notifications"}})
	file, err := os.ReadFile(shop.ConfigFile())
	if err != nil {
		t.Fatal(err)
	}
	shop.WriteConfig(t, fmt.Sprintf("%sevents: {url: \"tls://galleria:s3cret%%2Fword@127.0.0.1:%d\"}\n", file, options.Port))
	shop.StartAll(t)
	shop.Fill(t)
	ana := shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Mug)
	first := ana.Pays(shoptest.Visa)
	shop.AwaitMail(t, "Your order "+first.Number+" is confirmed")

	nats.Shutdown()
	nats.WaitForShutdown()
	ana.Adds(2, shoptest.Mug)
	second := ana.Pays(shoptest.Visa)
	nats = startNATS(t, &options)
	shop.AwaitMail(t, "Your order "+second.Number+" is confirmed")
	shop.Books(t)

	held, err := nats.Jsz(&server.JSzOptions{})
	if err != nil || held.Streams != 1 || held.Messages < 3 || held.Consumers != 3 {
		t.Errorf("the server holds %d streams, %d events and %d subscribers (%v), want one stream with the events of orders and payments, and three subscribers",
			held.Streams, held.Messages, held.Consumers, err)
	}
	if _, err := os.Stat(filepath.Join(shop.Data(), "events")); !os.IsNotExist(err) {
		t.Errorf("the shop has a broker of its own, too: %v", err)
	}
	for _, p := range []*shoptest.Process{shop.Main(), shop.Module("notifications")} {
		if log := p.Log(); strings.Contains(log, "s3cret") {
			t.Errorf("a log has the password:\n%s", log)
		}
	}
}

// startNATS starts a server on its files. The next one with these options is
// found where this one was.
func startNATS(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	own := *o // the server writes into it
	s, err := server.NewServer(&own)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(shoptest.BackInUse) {
		t.Fatal("the NATS server does not start")
	}
	o.Port = s.Addr().(*net.TCPAddr).Port
	return s
}
