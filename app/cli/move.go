package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app"
	"galleria/platform/config"
	"galleria/platform/lifecycle"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// move is what the command line asks for.
type move struct {
	module, mode string
	addresses    []string
	primary      []string
	weight       int
	steps        []int
	every        time.Duration
	why          string
	wait         time.Duration
	asJSON       bool
	dryRun       bool
}

func newMove(s *settings) *cobra.Command {
	var m move
	cmd := &cobra.Command{
		Use:   "move MODULE local|remote|shadow|canary|held [ADDRESS …]",
		Short: "Move a module, or compare and try it elsewhere, while the shop runs",
		Long: `Move writes where a module is to be into the configuration file, comments kept,
waits until the running shop has done it, and says what can be done next.

  local    in the main process
  remote   in the processes at the addresses; several are copies
  shadow   where it is, and what only reads is asked of the other as well, to compare
  canary   a share of the calls goes to the other; it grows while that does well
  held     calls wait, for a moment

The first arm of a shadow or canary is the main process, or the one that --primary
names. Addresses that are not given stay as they are in the file. A move that is refused
changes nothing but the file, and is tried again by itself.`,
		Example: `  galleria move payments remote 127.0.0.1:7071
  galleria move catalog shadow 127.0.0.1:7072
  galleria move catalog diff
  galleria move catalog shadow 127.0.0.1:7073 --primary 127.0.0.1:7072
  galleria move cart canary 127.0.0.1:7073 --weight 10 --every 1m
  galleria move payments local --why "its machine is to be restarted"
  galleria move payments history`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError{fmt.Errorf("%s wants a module and a mode; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m.module, m.mode, m.addresses = args[0], args[1], args[2:]
			switch m.mode {
			case "diff":
				return s.printComparison(cmd, m)
			case "history":
				return s.printChanges(cmd, m)
			}
			return s.move(cmd, m)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&m.weight, "weight", 0, "canary: calls of a hundred it gets at first")
	flags.IntSliceVar(&m.steps, "steps", nil, "canary: weights it goes through by itself, such as 1,10,50,100")
	flags.DurationVar(&m.every, "every", 0, "canary: how long it keeps each step")
	flags.StringSliceVar(&m.primary, "primary", nil, "shadow, canary: address of the process that is the first arm; local: the main process")
	flags.StringVar(&m.why, "why", "", "the reason, for the audit log")
	flags.DurationVar(&m.wait, "wait", time.Minute, "how long to wait until the shop has done it")
	flags.BoolVar(&m.asJSON, "json", false, "print one object when it is done")
	flags.BoolVar(&m.dryRun, "dry-run", false, "say what would happen, and change nothing")
	return cmd
}

// settings are the keys of the file that say where the module is to be.
func (m move) settings() []config.Setting {
	key := "modules." + m.module + "."
	settings := []config.Setting{{Key: key + "mode", Value: m.mode}}
	if len(m.addresses) > 0 {
		settings = append(settings, config.Setting{Key: key + "address", Value: m.addresses})
	}
	switch {
	case slices.Equal(m.primary, []string{string(route.ModeLocal)}):
		settings = append(settings, config.Setting{Key: key + "primary", Value: []string{}})
	case len(m.primary) > 0:
		settings = append(settings, config.Setting{Key: key + "primary", Value: m.primary})
	}
	if m.weight != 0 {
		settings = append(settings, config.Setting{Key: key + "canary.weight", Value: m.weight})
	}
	if m.steps != nil {
		settings = append(settings, config.Setting{Key: key + "canary.steps", Value: m.steps})
	}
	if m.every != 0 {
		settings = append(settings, config.Setting{Key: key + "canary.every", Value: m.every})
	}
	return settings
}

// moved is what became of a move, for programs.
type moved struct {
	Module string `json:"module"`
	From   string `json:"from"`
	To     string `json:"to"`
	// Done says that calls go there now. When not, Problem says why; the file
	// says where the module is to be in any case, unless it was a dry run.
	Done    bool     `json:"done"`
	Problem string   `json:"problem,omitempty"`
	Next    []string `json:"next"`
}

func (s *settings) move(cmd *cobra.Command, m move) error {
	if err := m.check(); err != nil {
		return err
	}
	c, _, err := s.load()
	if err != nil {
		return err
	}
	from, known := c.Place(m.module)
	if !known {
		return usageError{fmt.Errorf("there is no module %q", m.module)}
	}
	sources := s.sources()
	wanted, err := app.Preview(sources, m.module, m.settings()...)
	if err != nil {
		return err
	}
	shop, err := connect(c, s.address(c))
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	result := moved{Module: m.module, From: from.String(), To: wanted.String(), Next: next(m.module, wanted)}
	before, err := shop.row(cmd.Context(), m.module)
	running := status.Code(err) != codes.Unavailable
	if running && err != nil {
		return shop.explain(err)
	}
	if running {
		result.From = before.GetPlace()
	}
	out := cmd.OutOrStdout()
	if !m.asJSON {
		fmt.Fprintf(out, "%s: %s\n   -> %s\n%s\n", m.module, result.From, result.To, consequences(wanted))
	}
	if m.dryRun {
		result.Problem = "a dry run"
		return result.print(out, m)
	}
	if running {
		if _, err := shop.Announce(cmd.Context(), &processv1.AnnounceRequest{Module: m.module, Who: account(), Why: m.why}); err != nil {
			return shop.explain(err)
		}
	}
	if err := app.Edit(sources, m.settings()...); err != nil {
		return err
	}
	if !running {
		result.Problem = fmt.Sprintf("no shop answers at %s; it holds from the next start", shop.address)
		return result.print(out, m)
	}
	result.Problem = shop.awaitPlace(cmd.Context(), m, wanted, sources.File)
	result.Done = result.Problem == ""
	if err := result.print(out, m); err != nil {
		return err
	}
	if !result.Done {
		return fmt.Errorf("%s is not there: %s", m.module, result.Problem)
	}
	return nil
}

func (m move) check() error {
	modes := []string{string(route.ModeLocal), string(route.ModeRemote), string(route.ModeShadow), string(route.ModeCanary), string(route.ModeHeld)}
	if !slices.Contains(modes, m.mode) {
		return usageError{fmt.Errorf("%q is not one of %s, diff, history", m.mode, strings.Join(modes, ", "))}
	}
	if len(m.addresses) > 0 && (m.mode == string(route.ModeLocal) || m.mode == string(route.ModeHeld)) {
		return usageError{fmt.Errorf("%s takes no address", m.mode)}
	}
	if m.mode != string(route.ModeCanary) && (m.weight != 0 || m.steps != nil || m.every != 0) {
		return usageError{errors.New("--weight, --steps and --every are for a canary")}
	}
	if m.mode != string(route.ModeCanary) && m.mode != string(route.ModeShadow) && m.primary != nil {
		return usageError{errors.New("--primary is for a shadow or a canary")}
	}
	return nil
}

// consequences says what a place means for calls.
func consequences(p route.Place) string {
	switch p.Mode {
	case route.ModeLocal:
		return "new calls go to the main process; those in flight finish where they are"
	case route.ModeRemote:
		return "new calls go there; those in flight finish where they are, and then the module is stopped here"
	case route.ModeShadow:
		from := "the main process"
		if first := p.Arms[0]; first.Mode == route.ModeRemote {
			from = strings.Join(first.Addresses, ", ")
		}
		return "callers get the answers of " + from + "; what only reads is asked of the other too, and compared"
	case route.ModeCanary:
		if len(p.Steps) == 0 {
			return "that share of the calls goes there until the weight is changed"
		}
		return fmt.Sprintf("the share grows by the steps %v, each for %s at least, or goes back to none at once", p.Steps, p.Every)
	case route.ModeHeld:
		return fmt.Sprintf("calls wait, %d at once and %s each at most, and fail beyond that", p.Hold.Calls, p.Hold.Within)
	}
	return ""
}

// next are the commands that make sense afterwards.
func next(module string, p route.Place) []string {
	command := "galleria move " + module
	back := command + " local"
	if len(p.Arms) > 0 && p.Arms[0].Mode == route.ModeRemote {
		back = command + " remote " + strings.Join(p.Arms[0].Addresses, " ")
	}
	switch p.Mode {
	case route.ModeLocal:
		return []string{command + " history"}
	case route.ModeRemote:
		return []string{back}
	case route.ModeShadow:
		return []string{command + " diff", command + " canary", back}
	case route.ModeCanary:
		return []string{"galleria modules", command + " remote", back}
	}
	return []string{back}
}

func (r moved) print(out io.Writer, m move) error {
	if m.asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	switch {
	case r.Done:
		fmt.Fprintln(out, "done; next:")
	case m.dryRun:
		fmt.Fprintln(out, "nothing was changed; afterwards:")
	default:
		fmt.Fprintf(out, "not done: %s; next:\n", r.Problem)
	}
	for _, command := range r.Next {
		fmt.Fprintln(out, "  "+command)
	}
	return nil
}

// account is who gives the command, for the audit log.
func account() string {
	host, _ := os.Hostname()
	if u, err := user.Current(); err == nil {
		return u.Username + "@" + host
	}
	return "operator@" + host
}

// row is what the shop says of one module.
func (r *running) row(ctx context.Context, module string) (*processv1.ModulesResponse_Module, error) {
	table, err := r.Modules(ctx, &processv1.ModulesRequest{})
	if err != nil {
		return nil, err
	}
	for _, row := range table.GetModules() {
		if row.GetModule() == module {
			return row, nil
		}
	}
	return nil, fmt.Errorf("the shop knows no module %s", module)
}

// awaitPlace waits until calls go where they are wanted, or that was refused. It
// returns why they don't, or "".
func (r *running) awaitPlace(ctx context.Context, m move, wanted route.Place, file string) string {
	ctx, cancel := context.WithTimeout(ctx, m.wait)
	defer cancel()
	said := "it has not noticed the change yet; does it read " + file + "?"
	for {
		row, err := r.row(ctx, m.module)
		switch {
		case err != nil && ctx.Err() == nil:
			said = r.explain(err).Error()
		case err != nil:
		case row.GetWanted() == wanted.String():
			return row.GetWantedProblem()
		case row.GetWanted() == "" && isAt(row, wanted):
			return ""
		}
		if lifecycle.Pause(ctx, 50*time.Millisecond) != nil {
			return said
		}
	}
}

// isAt tells whether a module is where it is wanted. The weight of a canary
// changes by itself.
func isAt(row *processv1.ModulesResponse_Module, wanted route.Place) bool {
	if wanted.Mode != route.ModeCanary {
		return row.GetPlace() == wanted.String()
	}
	_, arms, _ := strings.Cut(wanted.String(), " % ")
	return row.GetMode() == string(wanted.Mode) && strings.HasSuffix(row.GetPlace(), arms)
}
