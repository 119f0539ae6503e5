package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"galleria/app"
	"galleria/app/floorplan"
	"galleria/platform/lifecycle"
	processv1 "galleria/platform/process/v1"
)

func newGraph(s *settings) *cobra.Command {
	var format string
	var over time.Duration
	var narrow bool
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw the floor plan of the running shop",
		Long: `Graph asks the main process (or the one at --rpc) for all it and the others know,
twice, and draws the house: which modules there are, where each runs, who calls whom,
how often, and how the promises of the contracts are kept. It prints

  svg      a picture; light or dark, as the reader's system is
  mermaid  a flowchart for documents
  json     all of it as data, in the form of --json of other commands

Rates and times are those of the time between the two looks; --over makes it longer.`,
		Example: `  galleria graph > floorplan.svg
  galleria graph --format mermaid --over 10s`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"svg", "mermaid", "json"}, format) {
				return usageError{fmt.Errorf("--format is svg, mermaid or json, not %q", format)}
			}
			if over <= 0 {
				return usageError{fmt.Errorf("--over must be positive, not %s", over)}
			}
			house, err := s.house(cmd.Context(), over)
			if err != nil {
				return err
			}
			return printHouse(cmd.OutOrStdout(), house, format, narrow)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "svg", "svg, mermaid or json")
	flags.DurationVar(&over, "over", 2*time.Second, "in which time rates are measured")
	flags.BoolVar(&narrow, "narrow", false, "svg: one column, for a phone")
	return cmd
}

// house looks at the running shop twice.
func (s *settings) house(ctx context.Context, over time.Duration) (floorplan.House, error) {
	c, _, err := s.load()
	if err != nil {
		return floorplan.House{}, err
	}
	shop, err := connect(c, s.address(c))
	if err != nil {
		return floorplan.House{}, err
	}
	defer shop.conn.Close()
	before, err := floorplan.Look(ctx, asked{shop})
	if err != nil {
		return floorplan.House{}, shop.explain(err)
	}
	began := time.Now()
	if err := lifecycle.Pause(ctx, over); err != nil {
		return floorplan.House{}, err
	}
	now, err := floorplan.Look(ctx, asked{shop})
	if err != nil {
		return floorplan.House{}, shop.explain(err)
	}
	return floorplan.Build(app.FloorTable(c.Modules), before, now, time.Since(began)), nil
}

func printHouse(w io.Writer, house floorplan.House, format string, narrow bool) (err error) {
	switch format {
	case "json":
		return printJSON(w, house)
	case "mermaid":
		_, err = io.WriteString(w, house.Mermaid())
	default:
		_, err = fmt.Fprintln(w, house.SVG(floorplan.Options{Narrow: narrow}))
	}
	return err
}

// asked is a process at the other end of a connection, as a source of floor plans.
type asked struct {
	client processv1.ProcessServiceClient
}

func (a asked) Modules(ctx context.Context, in *processv1.ModulesRequest) (*processv1.ModulesResponse, error) {
	return a.client.Modules(ctx, in)
}

func (a asked) Processes(ctx context.Context, in *processv1.ProcessesRequest) (*processv1.ProcessesResponse, error) {
	return a.client.Processes(ctx, in)
}

func (a asked) Measure(ctx context.Context, in *processv1.MeasureRequest) (*processv1.MeasureResponse, error) {
	return a.client.Measure(ctx, in)
}
