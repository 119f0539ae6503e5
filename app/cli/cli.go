// Package cli is the command line.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"galleria/app"
	"galleria/platform/config"
	"galleria/platform/process"
	"galleria/platform/route"
)

// Program is what the command line is run with.
type Program struct {
	// Assemble builds the process that serve runs.
	Assemble func(app.Start) (*app.App, error)
	// Environ holds NAME=value pairs.
	Environ        []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// The exit codes.
const (
	exitOK    = 0
	exitError = 1 // it was tried and failed
	exitUsage = 2 // it was not understood
)

// Main runs a command line and returns the exit code. An error is one line on
// standard error; only a configuration with several mistakes takes one line
// for each.
func Main(args []string, p Program) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once: the first one's stop may hang.
	defer context.AfterFunc(ctx, stop)()
	root := newRoot(p)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(p.Stderr, "galleria: %s\n", said(err))
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitError
}

// said is an error as it is printed: on one line, though libraries and joined
// errors take several, unless it lists the mistakes of a configuration; and
// without the wording of gRPC.
func said(err error) string {
	var mistakes *config.Error
	if errors.As(err, &mistakes) && len(mistakes.Problems) > 1 {
		return err.Error()
	}
	text := err.Error()
	if from := answer(nil); errors.As(err, &from) {
		text = strings.ReplaceAll(text, from.Error(), route.Why(from))
	}
	var line strings.Builder
	last := ""
	for part := range strings.Lines(text) {
		part = strings.Join(strings.Fields(part), " ")
		switch {
		case part == "" || part == last:
			continue
		case strings.HasSuffix(last, ":"):
			line.WriteString(" ")
		case last != "":
			line.WriteString("; ")
		}
		line.WriteString(part)
		last = part
	}
	return line.String()
}

// usageError is a command line that can't be understood.
type usageError struct{ error }

func newRoot(p Program) *cobra.Command {
	root := &cobra.Command{
		Use:   "galleria",
		Short: "An online shop whose modules can move out while it runs",
		Long: strings.TrimSpace(`
Galleria is an online shop in one binary. Its modules (catalog, inventory, cart,
pricing, orders, payments, notifications, accounts, webhooks, settings) run in this
process, or in processes of their own, and move from one to the other while the shop is open.

  galleria serve                       the whole shop at http://localhost:8080
  galleria serve --target payments     a second process that runs payments
  galleria modules                     where each module is, and how it does
  galleria processes                   which processes there are, and how they do
  galleria graph > floorplan.svg       draw where everything runs, and what is ill
  galleria move payments remote ADDR   move a module while the shop runs

Settings come from galleria.yaml, from GALLERIA_… variables and from flags; a
later one wins. "galleria config" shows what holds and where it comes from.`),
		SilenceUsage: true, SilenceErrors: true, SuggestionsMinimumDistance: 2,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args:              noArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.PersistentPreRun = func(cmd *cobra.Command, args []string) {
		if cmd.Name() != "serve" { // whose calls are the shop's own
			cmd.SetContext(process.WithCommand(cmd.Context(), account(), typed(cmd, args)))
		}
	}
	s := &settings{program: p, flags: map[string]string{}}
	s.addShared(root)
	root.AddCommand(
		newServe(p, s), newModules(s), newProcesses(s), newGraph(s), newMove(s), newImport(p, s), newExport(p, s), newProducts(p, s), newCategories(p, s), newPictures(s), newOrders(s), newStock(p, s), newAudit(p, s), newChanges(s), newPromotions(p, s), newTariffs(p, s), newSettings(s), newMails(s), newWebhooks(s), newAdmin(s), newKeys(s), newSigningKeys(s), newConfig(s), newCerts(s), newEvents(s), newStore(s), newVersion(),
	)
	return root
}

// typed is a command as it was given, with the arguments behind its flags. An address is
// left out: the audit log keeps the line when the account is deleted, and it has the
// account's id.
func typed(cmd *cobra.Command, args []string) string {
	words := []string{cmd.CommandPath()}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if _, where := f.Value.(keyFlag); where || f.Name == "config" { // which shop it is
			return
		}
		values := []string{f.Value.String()}
		if several, list := f.Value.(pflag.SliceValue); list {
			values = several.GetSlice()
		}
		for _, value := range values {
			if strings.ContainsAny(value, " \n\t\"") {
				value = strconv.Quote(value)
			}
			if f.Name == "email" {
				value = "…"
			}
			words = append(words, "--"+f.Name+"="+value)
		}
	})
	return strings.Join(append(words, args...), " ")
}

// noArgs refuses arguments, among them misspelt commands.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		suggestion := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			suggestion = fmt.Sprintf("; did you mean %q?", near[0])
		}
		return usageError{fmt.Errorf("there is no command %q%s; see %s --help", args[0], suggestion, cmd.CommandPath())}
	}
	return usageError{fmt.Errorf("%s takes no arguments, got %q", cmd.CommandPath(), args[0])}
}

// exactly wants a number of arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s wants %s; see %s --help", cmd.CommandPath(), what, cmd.CommandPath())}
		}
		return nil
	}
}

// settings gather the flags that are configuration keys.
type settings struct {
	program Program
	file    string
	flags   map[string]string // key → text, of the flags that were given
	names   map[string]string // key → flag
}

func (s *settings) addShared(root *cobra.Command) {
	root.PersistentFlags().StringVar(&s.file, "config", "", "configuration file, also GALLERIA_CONFIG (default galleria.yaml, if there is one)")
	s.add(root, "data", "data", "data directory")
	s.add(root, "rpc", "rpc.listen", "rpc address: of this process, or of the running one to ask")
}

// add makes a flag that sets a configuration key.
func (s *settings) add(cmd *cobra.Command, flag, key, help string) {
	if s.names == nil {
		s.names = map[string]string{}
	}
	s.names[key] = flag
	cmd.PersistentFlags().Var(keyFlag{key: key, into: s.flags}, flag, help)
}

// keyFlag remembers what a key's flag was given.
type keyFlag struct {
	key  string
	into map[string]string
}

func (f keyFlag) String() string     { return "" }
func (f keyFlag) Type() string       { return "string" }
func (f keyFlag) Set(s string) error { f.into[f.key] = s; return nil }

func (s *settings) sources() config.Sources {
	file, required := s.file, s.file != ""
	for _, assignment := range s.program.Environ {
		if name, value, _ := strings.Cut(assignment, "="); name == app.ConfigVariable && file == "" {
			file, required = value, value != ""
		}
	}
	if file == "" {
		file = app.DefaultFile
	}
	return config.Sources{File: file, FileRequired: required, Environ: s.program.Environ, Flags: s.flags, FlagNames: s.names}
}

// load reads the configuration.
func (s *settings) load() (app.Config, *config.Loaded, error) {
	c, loaded, err := app.Load(s.sources())
	if err != nil {
		return app.Config{}, nil, fmt.Errorf("the configuration can't be used:\n%w", err)
	}
	return c, loaded, nil
}

// buildVersion is what the toolchain knows of this build.
func buildVersion() app.Version {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && (version == "" || version == "(devel)") {
			version = setting.Value
		}
	}
	if version == "" {
		version = "(devel)"
	}
	return app.Version(version)
}
