// Package module is what a module and the process it runs in say to each
// other: the module defines itself, the process starts it, gives it a database
// and clients to what it needs, and runs its background work.
//
// A module is started and stopped while the process runs: it moves in and out.
// During a move two processes run it at once, on one database. That is why
// background work runs under leases, and why nothing else may rely on being
// alone.
package module

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"galleria/platform/database"
	"galleria/platform/events"
)

// Definition is a module as the table of modules lists it.
type Definition struct {
	// Name is the module's name: its folder, its database, its metrics.
	Name string
	// Contract is the generated description of its service.
	Contract *grpc.ServiceDesc
	// Needs names the modules it calls. What is not listed it can't call: not
	// in process, where it gets no client, nor over the network, where it is
	// refused.
	Needs []string
	// Calls names the methods it calls of those, by the constants that are generated
	// for them; nil: any. Its clients refuse others, wherever the module called is.
	// Only these have to fit the contract of a process that is to serve them.
	Calls []string
	// Hears are the events it subscribes to: an empty message of each type. The
	// event broker lets it receive no others.
	Hears []proto.Message
	// Vouches says that it makes the statements of platform/identity: its keys are
	// believed, those of others are not.
	Vouches bool
	// Migrations hold the SQL files of its database; nil: it has none.
	Migrations fs.FS
	// NewerSchema as in database.Options: for a release whose program can work
	// on the tables of the next one.
	NewerSchema int
	// New makes the module. It must be ready to serve when New returns.
	New func(Host) (*Instance, error)
}

// Host is what a module gets from the process it runs in.
type Host struct {
	// DB is the module's own database; nil when it has no migrations.
	DB *database.DB
	// Log marks each line with the module's name.
	Log *slog.Logger
	// Now is the clock. Never nil.
	Now func() time.Time

	clients func(module string) grpc.ClientConnInterface
}

// Need gives the connection to a module the definition lists in Needs. For any
// other it panics: the table of modules is wrong, and no call was made yet.
func (h Host) Need(name string) grpc.ClientConnInterface { return h.clients(name) }

// Instance is a module at work.
type Instance struct {
	// Server implements the contract's generated server interface.
	Server any
	// Subscriptions are the events it reacts to, of the types the definition
	// lists in Hears.
	Subscriptions []events.Subscription
	// Work is what it does in the background, by name, all under one
	// lease: one process does it at a time. Work ends when its context
	// does, and writes nothing once the lease is lost; work that fails or
	// panics is started again, work that returns nil is done. "relay" and
	// "subscriber" are taken.
	Work map[string]func(ctx context.Context) error
	// Run, if set, runs in every process that has the module, without a
	// lease: keeping memory fresh, for example. It fails and ends as Work.
	Run func(ctx context.Context) error
	// Vouches tells the public keys by which its statements are to be believed just now,
	// if its definition says that it makes them. It is asked again and again, by several
	// goroutines, and has to answer from memory.
	Vouches func() []ed25519.PublicKey
	// Close, if set, frees what New opened.
	Close func() error
}

// Heard are the types of Hears: full names of Protobuf messages.
func (d Definition) Heard() []string {
	var names []string
	for _, m := range d.Hears {
		names = append(names, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return names
}

// Source begins the names of the module's events: the first segment of its
// contract's Protobuf package.
func (d Definition) Source() string {
	source, _, _ := strings.Cut(d.Contract.ServiceName, ".")
	return source
}

func (d Definition) client(callee string, connect func(callee string) grpc.ClientConnInterface) grpc.ClientConnInterface {
	if !slices.Contains(d.Needs, callee) {
		panic(fmt.Sprintf("module %s asks for %s, which it does not list in Needs %v", d.Name, callee, d.Needs))
	}
	return connect(callee)
}
