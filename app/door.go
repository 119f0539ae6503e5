package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"galleria/platform/connections"
	"galleria/platform/lifecycle"
)

// door is an HTTP server.
type door struct {
	listen   string
	limits   connections.Limits
	handler  http.Handler
	log      *slog.Logger
	listener net.Listener
	server   *http.Server
	open     atomic.Bool // while requests are taken
}

func (d *door) address() string { return d.listener.Addr().String() }

func (d *door) component() lifecycle.Component {
	return lifecycle.Component{
		Name: d.limits.Name,
		Start: func(context.Context) error {
			listener, err := net.Listen("tcp", d.listen)
			if err != nil {
				return err
			}
			d.limits.Log = d.log
			limited := connections.Limit(listener, d.limits)
			d.listener = limited
			// Neither Echo nor net/http has any of these limits by default. A handler may give one
			// request other times, as the console does for pictures that its staff send.
			d.server = &http.Server{
				Handler:           d.handler,
				ConnState:         limited.State,
				ReadHeaderTimeout: 5 * time.Second,
				ReadTimeout:       15 * time.Second,
				WriteTimeout:      60 * time.Second,
				IdleTimeout:       60 * time.Second,
				MaxHeaderBytes:    32 << 10,
				ErrorLog:          slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
			}
			return nil
		},
		Run: func(_ context.Context, ready func()) error {
			d.open.Store(true)
			defer d.open.Store(false)
			ready()
			if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
		Stop: func(ctx context.Context) error {
			d.open.Store(false)
			err := d.server.Shutdown(ctx)
			if err != nil {
				d.server.Close()
			}
			return err
		},
	}
}

// doorLimits are the connections that each listener may have.
type doorLimits struct{ shop, rpc, admin connections.Limits }

// shares divides the files that this process may have open: a quarter, and 256 at
// least, stays for databases, events, and connections to others; operators always
// get in; of the rest, shoppers have two thirds. One address has a quarter of the
// shop's share at most, unless it is a proxy of ours: a large office has that many
// open, and others get in beside it. Processes of one machine share an address.
func shares(files int, proxies []netip.Prefix) doorLimits {
	free := max(files-max(files/4, 256), files/4)
	admin := min(64, free/8)
	free -= admin
	shop, rpc := min(free*2/3, 16384), min(free/3, 4096)
	return doorLimits{
		shop:  connections.Limits{Name: "shop", Most: shop, PerAddress: max(shop/4, 1), Exempt: proxies},
		rpc:   connections.Limits{Most: rpc, PerAddress: max(rpc/2, 1)},
		admin: connections.Limits{Name: "admin", Most: admin, PerAddress: max(admin/2, 1)},
	}
}
