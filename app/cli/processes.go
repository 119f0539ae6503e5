package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	processv1 "galleria/platform/process/v1"
)

func newProcesses(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "processes",
		Short: "Show which processes the shop has and how they do",
		Long: `Processes asks the main process (or the one at --rpc) for the processes it knows:
where each is reached, what it was started to run, which modules run in it, and
how it does. Each says so itself every two seconds. One that has not for five is
shown as not answering; one whose connection has ended is shown for an hour.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			shop, err := s.shop()
			if err != nil {
				return err
			}
			defer shop.conn.Close()
			known, err := shop.Processes(cmd.Context(), &processv1.ProcessesRequest{})
			if err != nil {
				return shop.explain(err)
			}
			rows := []processJSON{}
			for _, m := range known.GetProcesses() {
				rows = append(rows, processRow(m))
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), rows)
			}
			return printProcesses(cmd.OutOrStdout(), rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of objects")
	return cmd
}

// processJSON is one process for programs.
type processJSON struct {
	Process string   `json:"process"`
	Main    bool     `json:"main"`
	Address string   `json:"address,omitempty"`
	Targets []string `json:"targets"`
	Version string   `json:"version"`
	// Started and Heard are times as in RFC 3339. Heard is left out when it was
	// just now, or when the process that was asked was told of it by another one.
	Started string              `json:"started"`
	Modules []processModuleJSON `json:"modules"`
	// State is answering, silent or gone.
	State   string `json:"state"`
	Problem string `json:"problem,omitempty"`
	Heard   string `json:"heard,omitempty"`
}

type processModuleJSON struct {
	Module  string `json:"module"`
	Problem string `json:"problem,omitempty"`
}

func processRow(m *processv1.Member) processJSON {
	row := processJSON{
		Process: m.GetProcess(), Main: m.GetMain(), Address: m.GetAddress(), Targets: append([]string{}, m.GetTargets()...),
		Version: m.GetVersion(), Started: m.GetStarted().AsTime().Format(time.RFC3339), Modules: []processModuleJSON{},
		State: strings.ToLower(strings.TrimPrefix(m.GetState().String(), "STATE_")), Problem: m.GetProblem(),
	}
	if m.GetHeard() != nil {
		row.Heard = m.GetHeard().AsTime().Format(time.RFC3339)
	}
	for _, module := range m.GetModules() {
		row.Modules = append(row.Modules, processModuleJSON{module.GetModule(), module.GetProblem()})
	}
	return row
}

func printProcesses(w io.Writer, rows []processJSON) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "PROCESS\tADDRESS\tTARGETS\tVERSION\tSTARTED\tMODULES\tHEALTH\tLAST HEARD")
	for _, row := range rows {
		name := row.Process
		if row.Main {
			name += " (main)"
		}
		var modules []string
		for _, m := range row.Modules {
			modules = append(modules, m.Module)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, orDash(row.Address), orDash(strings.Join(row.Targets, ",")), orDash(row.Version),
			localTime(row.Started), orDash(strings.Join(modules, ",")), row.health(), localTime(row.Heard))
	}
	return out.Flush()
}

// health is how a process does, in words: what is worst first.
func (p processJSON) health() string {
	var problems []string
	for _, m := range p.Modules {
		if m.Problem != "" {
			problems = append(problems, m.Module+": "+m.Problem)
		}
	}
	switch {
	case p.State == "silent":
		return "does not answer"
	case p.State == "gone":
		return "gone"
	case p.Problem != "":
		problems = append(problems, p.Problem)
	}
	return cmp.Or(strings.Join(problems, "; "), "ok")
}

// localTime is a time for people; "-" when there is none.
func localTime(rfc3339 string) string {
	at, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return "-"
	}
	return at.Local().Format(time.DateTime)
}
