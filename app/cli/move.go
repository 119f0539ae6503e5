package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app"
	"galleria/app/moving"
	"galleria/platform/lifecycle"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// move is what the command line asks for.
type move struct {
	moving.Move
	why    string
	wait   time.Duration
	asJSON bool
	dryRun bool
	all    bool
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
changes nothing but the file, and is tried again by itself for an hour.`,
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
			m.Module, m.Mode, m.Addresses = args[0], route.Mode(args[1]), args[2:]
			switch m.Mode {
			case "diff":
				return s.printComparison(cmd, m)
			case "history":
				return s.printChanges(cmd, m)
			}
			return s.move(cmd, m)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&m.Weight, "weight", 0, "canary: calls of a hundred it gets at first")
	flags.IntSliceVar(&m.Steps, "steps", nil, "canary: weights it goes through by itself, such as 1,10,50,100")
	flags.DurationVar(&m.Every, "every", 0, "canary: how long it keeps each step")
	flags.StringSliceVar(&m.Primary, "primary", nil, "shadow, canary: address of the process that is the first arm; local: the main process")
	flags.StringVar(&m.why, "why", "", "the reason, for the audit log")
	flags.DurationVar(&m.wait, "wait", time.Minute, "how long to wait until the shop has done it")
	flags.BoolVar(&m.asJSON, "json", false, "print one object when it is done")
	flags.BoolVar(&m.all, "all", false, "history: also of the processes beside the main one, whose calls follow it")
	flags.BoolVar(&m.dryRun, "dry-run", false, "say what would happen, and change nothing")
	return cmd
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
	if err := m.Check(); err != nil {
		return usageError{err}
	}
	c, _, err := s.load()
	if err != nil {
		return err
	}
	from, known := c.Place(m.Module)
	if !known {
		return usageError{fmt.Errorf("there is no module %q", m.Module)}
	}
	sources := s.sources()
	wanted, err := app.Preview(sources, m.Module, m.Settings()...)
	if err != nil {
		return err
	}
	shop, err := connect(c, s.address(c))
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	result := moved{Module: m.Module, From: from.String(), To: wanted.String(), Next: commands(moving.Next(m.Module, wanted))}
	rows, err := shop.rows(cmd.Context())
	running := status.Code(err) != codes.Unavailable
	if running && err != nil {
		return shop.explain(err)
	}
	if running && rows[m.Module] == nil {
		return fmt.Errorf("the shop knows no module %s", m.Module)
	}
	if running {
		now := func(module string) string { return cmp.Or(rows[module].GetWanted(), rows[module].GetPlace()) }
		if err := app.CheckPresent(sources, m.Module, now); err != nil {
			return err
		}
		result.From = rows[m.Module].GetPlace()
	}
	out := cmd.OutOrStdout()
	if !m.asJSON {
		fmt.Fprintf(out, "%s: %s\n   -> %s\n%s\n", m.Module, result.From, result.To, moving.Consequences(wanted))
	}
	if m.dryRun {
		result.Problem = "a dry run"
		return result.print(out, m)
	}
	if running {
		if _, err := shop.Announce(cmd.Context(), &processv1.AnnounceRequest{Module: m.Module, Who: account(), Why: m.why}); err != nil {
			return shop.explain(err)
		}
	}
	if err := app.Edit(sources, m.Settings()...); err != nil {
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
		return fmt.Errorf("%s is not there: %s", m.Module, result.Problem)
	}
	return nil
}

// commands are those that make sense afterwards.
func commands(steps []moving.Step) []string {
	all := make([]string, len(steps))
	for i, step := range steps {
		all[i] = step.Command
	}
	return all
}

func (r moved) print(out io.Writer, m move) error {
	if m.asJSON {
		return printJSON(out, r)
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

// rows are what the shop says of its modules, by name.
func (r *running) rows(ctx context.Context) (map[string]*processv1.ModulesResponse_Module, error) {
	table, err := r.Modules(ctx, &processv1.ModulesRequest{})
	rows := map[string]*processv1.ModulesResponse_Module{}
	for _, row := range table.GetModules() {
		rows[row.GetModule()] = row
	}
	return rows, err
}

// awaitPlace waits until calls go where they are wanted, or that was refused. It
// returns why they don't, or "".
func (r *running) awaitPlace(ctx context.Context, m move, wanted route.Place, file string) string {
	ctx, cancel := context.WithTimeout(ctx, m.wait)
	defer cancel()
	said := "it has not noticed the change yet; does it read " + file + "?"
	for {
		rows, err := r.rows(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			said = r.explain(err).Error()
		case err != nil:
		default:
			if done, problem := moving.Outcome(rows[m.Module], wanted); done || problem != "" {
				return problem
			}
		}
		if lifecycle.Pause(ctx, 50*time.Millisecond) != nil {
			return said
		}
	}
}
