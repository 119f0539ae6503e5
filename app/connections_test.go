package app_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"galleria/app/shoptest"
)

// crowdOut opens n connections to an address and leaves them silent; the senders
// are of one network, 200 connections each.
func crowdOut(t *testing.T, n int, network, address string) {
	t.Helper()
	for i := range n {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(fmt.Sprintf("%s.%d", network, 1+i/200))}}
		c, err := dialer.Dial("tcp", address)
		if err != nil {
			t.Fatalf("connection %d to %s: %v", i, address, err)
		}
		t.Cleanup(func() { c.Close() })
	}
}

// TestMoreConnectionsThanFilesDoNotCloseTheShop: with 1,024 files, and more
// connections than that to each address, shoppers buy, operators see, other
// processes call, and databases open their files.
func TestMoreConnectionsThanFilesDoNotCloseTheShop(t *testing.T) {
	t.Parallel()
	shop := shoptest.Open(t, shoptest.Layout{Files: 1024, Apart: []string{"payments"}})
	crowdOut(t, 1400, "127.0.2", shop.Address("http"))
	crowdOut(t, 200, "127.0.3", shop.Address("admin"))
	crowdOut(t, 1400, "127.0.4", shop.Address("rpc"))

	ana := shop.Guest(t, "Ana")
	ana.Adds(1, shoptest.Mug)
	order := ana.Pays(shoptest.Visa)
	shop.AwaitMail(t, "Your order "+order.Number+" is confirmed")
	if code, body := admin(t, shop, "/readyz"); code != http.StatusOK {
		t.Errorf("/readyz answers %d: %s", code, body)
	}
	shop.AwaitHealthy(t)
	log := shop.Main().Log()
	for _, listener := range []string{"shop", "admin", "rpc"} {
		if !strings.Contains(log, "too many connections") || !strings.Contains(log, "listener="+listener) {
			t.Errorf("the log does not say that %s has too many connections", listener)
		}
	}
	if strings.Contains(log, "too many open files") {
		t.Error("the process has run out of files")
	}
	shop.Books(t)
}
