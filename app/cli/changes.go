package cli

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"galleria/app/auditlog"
)

// newChanges reads the audit log.
func newChanges(s *settings) *cobra.Command {
	filter := auditlog.Filter{}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "Show who changed what: in the console, by programs and by commands",
		Long: `Changes lists the audit log, the newest first: what staff have changed in the console,
programs over the API, and operators by commands. It reads the data directory of the main
process, whether the shop is open or closed.`,
		Example: `  galleria changes
  galleria changes --who ana@example.org --thing "order G-7K3M-Q4"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := s.load()
			if err != nil {
				return err
			}
			if filter.Limit < 1 {
				return usageError{fmt.Errorf("--limit is at least 1; see %s --help", cmd.CommandPath())}
			}
			found, more, err := auditlog.New(c.Data, time.Now, slog.New(slog.DiscardHandler)).Find(filter)
			if err != nil {
				return fmt.Errorf("read the audit log in %s: %w", c.Data, err)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), append([]auditlog.Entry{}, found...))
			}
			if len(found) == 0 {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s has no such change; it is kept in the data directory of the main process\n", filepath.Join(c.Data, "audit"))
				return err
			}
			out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(out, "WHEN\tWHO\tWHAT\tFROM\tTO\tSAID")
			for _, e := range found {
				row := []string{e.At.Local().Format("2006-01-02 15:04:05"), e.Who, e.Action + " " + e.Thing, e.From, e.To, e.Detail}
				for i := range row {
					if row[i] == "" {
						row[i] = "-"
					}
				}
				fmt.Fprintln(out, strings.Join(row, "\t"))
			}
			if err := out.Flush(); err != nil || !more {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "there are older ones: --skip %d, or a larger --limit\n", filter.Skip+len(found))
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&filter.Who, "who", "", "only of those whose name has this in it")
	flags.StringVar(&filter.Action, "action", "", "only those whose action has this in it, such as refunded")
	flags.StringVar(&filter.Thing, "thing", "", "only of things whose name has this in it")
	flags.StringVar(&filter.Any, "any", "", "only those that have this anywhere")
	flags.IntVar(&filter.Skip, "skip", 0, "how many of the newest to leave out")
	flags.IntVar(&filter.Limit, "limit", 50, "how many at most")
	flags.BoolVar(&asJSON, "json", false, "print an array")
	return cmd
}
