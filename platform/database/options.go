package database

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"galleria/platform/id"
)

// Options says which database to open and for whom. Module, and Dir or DSN, are required.
type Options struct {
	Module     string           // name of the owning module; names the SQLite file and the version table
	Dir        string           // data directory; the SQLite file is Dir/<Module>.db. Made if missing
	DSN        string           // "" = SQLite in Dir; "postgres://…" = PostgreSQL (search_path in the DSN = schema, created if missing)
	Migrations fs.FS            // the module's *.sql files at its root; nil = none
	Holder     string           // name of the process that opens it, among the holders of the store; "" = a random one
	Log        *slog.Logger     // nil = slog.Default()
	Now        func() time.Time // nil = time.Now

	// Marks remembers the marks that are left in the store, so that one that was put back
	// to an earlier state is recognised. nil = none are left and none is looked for.
	Marks Marks
	// NewerSchema is how many versions newer than Migrations the module's
	// tables may be: those of the next program, when this one can work on them
	// while a module moves from one to the other. 0 = none.
	NewerSchema int
	// LeaseTTL is how long a process that lives but does not move keeps its
	// leases; it shows that it moves every two fifths of that time. The leases
	// of one that died are free at once. 0 = 5 s. All processes must use the same.
	LeaseTTL time.Duration
	// OpenWithin bounds how long Open may take, the wait for another process that
	// migrates included. Migrations take the time they need, as long as Open's context
	// lives: one that was interrupted would begin anew each time. 0 = 2 minutes.
	OpenWithin time.Duration
	// SlowQuery is the duration from which a statement is logged. 0 = 200 ms.
	SlowQuery time.Duration
	// MaxConns bounds the connections to PostgreSQL, readers and writers each. 0 = what the
	// DSN says of all by pool_max_conns, or 8.
	MaxConns int
}

// A module's name becomes part of a file name and of a table name.
var moduleName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Holder == "" {
		o.Holder = id.New()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LeaseTTL == 0 {
		o.LeaseTTL = 5 * time.Second
	}
	if o.OpenWithin == 0 {
		o.OpenWithin = 2 * time.Minute
	}
	if o.SlowQuery == 0 {
		o.SlowQuery = 200 * time.Millisecond
	}
	o.Log = o.Log.With("database", o.Module)
	return o
}

func (o Options) validate() error {
	if !moduleName.MatchString(o.Module) {
		return fmt.Errorf("module name %q: want lower-case letters, digits and _, starting with a letter", o.Module)
	}
	if o.Module == "platform" {
		return errors.New(`module name "platform" is taken by the tables every database has`)
	}
	switch {
	case o.DSN == "" && o.Dir == "":
		return errors.New("neither a data directory nor a DSN is given")
	case o.DSN != "" && !o.postgres():
		// The DSN itself stays out of the message, for it may hold a password.
		return errors.New("unknown kind of DSN: want postgres://… or none for SQLite")
	}
	return nil
}

func (o Options) postgres() bool {
	return strings.HasPrefix(o.DSN, "postgres://") || strings.HasPrefix(o.DSN, "postgresql://")
}
