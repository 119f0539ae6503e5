package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"galleria/app/auditlog"
	"galleria/app/console"
	"galleria/app/gateway"
	"galleria/app/storefront"
	"galleria/platform/connections"
	"galleria/platform/heap"
	"galleria/platform/lifecycle"
	"galleria/platform/process"
	"galleria/platform/telemetry"
	"galleria/platform/traces"
)

// App is one process of the shop, assembled and not yet started.
type App struct {
	Config     Config
	Log        *slog.Logger
	Traces     *traces.Store // nil: none are kept
	Process    *process.Process
	Storefront *storefront.Storefront // nil: this process has no edge
	Gateway    *gateway.Gateway       // nil: this process has no edge
	Console    *console.Console       // nil: this process has no edge
	Audit      *auditlog.Log
	Admin      *Admin
	Reloader   *Reloader
}

// Run starts the parts in order of need, prints the addresses, and serves
// until ctx ends; then it stops them in reverse.
func (a *App) Run(ctx context.Context, stdout io.Writer) error {
	group, shop, admin, err := a.parts()
	if err != nil {
		return err
	}
	if c := a.Config; c.adminOfMain != "" {
		a.Log.Info("admin.listen of the configuration file is the main process's; this one listens at a free port unless --admin names one", "main", c.adminOfMain)
	}
	if err := group.Start(ctx); err != nil {
		return err
	}
	fmt.Fprint(stdout, a.addresses(shop, admin))
	beside, stopBeside := context.WithCancel(ctx)
	var besides sync.WaitGroup
	besides.Go(func() { a.offerFirstAdmin(beside, shop, stdout) })
	besides.Go(func() { a.noteSigningKeys(beside) })
	heap.Settle()
	err = group.Wait(ctx)
	stopBeside()
	besides.Wait()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Config.StopWithin)
	defer cancel()
	return errors.Join(err, group.Stop(stopping))
}

// parts lists the components of this process in order of need, two of which are doors.
func (a *App) parts() (group *lifecycle.Group, shop, admin *door, err error) {
	placements, err := a.Config.Placements()
	if err != nil {
		return nil, nil, nil, err
	}
	group = &lifecycle.Group{Rollback: a.Config.StopWithin}
	var stopTracing func(context.Context) error
	group.Add(lifecycle.Component{
		Name: "tracing",
		Start: func(ctx context.Context) (err error) {
			t := a.Config.Tracing
			stopTracing, err = telemetry.Setup(ctx, telemetry.TraceOptions{
				Endpoint: t.Endpoint, Insecure: t.Insecure, SampleRatio: t.Sample,
				Service: "galleria-" + strings.Join(a.Config.Target, "-"), Keeper: a.keeper(), Log: a.Log,
			})
			return err
		},
		Stop: func(ctx context.Context) error { return stopTracing(ctx) },
	})
	group.Add(lifecycle.Component{
		Name:  "modules",
		Start: func(ctx context.Context) error { return a.Process.Start(ctx, placements) },
		Stop:  a.Process.Stop,
	})
	if a.Traces != nil {
		group.Add(lifecycle.Component{
			Name: "traces",
			Run: func(ctx context.Context, ready func()) error {
				ready()
				return a.Traces.Run(ctx)
			},
		})
	}
	limits := shares(connections.Files(), a.Config.HTTP.proxies())
	admin = &door{listen: a.Config.Admin.Listen, limits: limits.admin, handler: guarded(a.Admin, a.Config.Admin), log: a.Log}
	group.Add(admin.component())
	shop = &door{listen: a.Config.HTTP.Listen, limits: limits.shop, log: a.Log}
	if a.Storefront != nil {
		group.Add(lifecycle.Component{Name: "demo", Run: a.demo})
		shop.handler = a.edge()
		a.Admin.pagesServed = shop.open.Load
		group.Add(shop.component())
		// After the shop's door, so that it ends before: the door waits for its streams.
		group.Add(lifecycle.Component{
			Name: "console",
			Run: func(ctx context.Context, ready func()) error {
				ready()
				a.Console.Run(ctx)
				<-ctx.Done()
				return nil
			},
		})
	}
	group.Add(lifecycle.Component{
		Name: "configuration",
		Run: func(ctx context.Context, ready func()) error {
			ready()
			return a.Reloader.Run(ctx)
		},
	})
	return group, shop, admin, nil
}

// keeper is what keeps traces; nil when none are kept.
func (a *App) keeper() telemetry.Keeper {
	if a.Traces == nil {
		return nil
	}
	return a.Traces
}

// edge is all that is behind the shop's address.
func (a *App) edge() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gateway.Serves(r.URL.Path) {
			a.Gateway.ServeHTTP(w, r)
			return
		}
		if console.Serves(r.URL.Path) {
			a.Console.ServeHTTP(w, r)
			return
		}
		a.Storefront.ServeHTTP(w, r)
	})
}

// demo fills an empty catalog before the shop opens. That it can't is no reason
// not to open: the modules may be in processes that come later, and then it is
// tried again.
func (a *App) demo(ctx context.Context, ready func()) error {
	var said lifecycle.Said
	empty := false
	for a.Config.Demo && a.Config.Peer == "" {
		err := fillDemo(ctx, a.Process, a.Log, &empty)
		if err == nil || ctx.Err() != nil {
			break
		}
		if said.IsNew(err) {
			a.Log.Warn("the catalog can't be filled with the demo catalogue yet", "error", err)
		}
		ready()
		lifecycle.Pause(ctx, demoAgain)
	}
	ready()
	<-ctx.Done()
	return nil
}

// demoAgain is how long the demo catalogue waits for modules that are away.
const demoAgain = time.Second

func (a *App) addresses(shop, admin *door) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Galleria runs %s:\n", strings.Join(a.Config.Target, ", "))
	if a.Storefront != nil {
		fmt.Fprintf(&b, "  shop   http://%s\n", reachable(shop.address()))
	}
	fmt.Fprintf(&b, "  admin  http://%s\n", reachable(admin.address()))
	fmt.Fprintf(&b, "  rpc    %s\n", a.Process.Address())
	return b.String()
}

// reachable turns the address of all interfaces into one to click on.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}
