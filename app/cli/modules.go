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

func newModules(s *settings) *cobra.Command {
	var asJSON, methods bool
	cmd := &cobra.Command{
		Use:   "modules",
		Short: "Show where each module is and how it does",
		Long: `Modules asks the main process (or the one at --rpc) for its table of
modules: where calls to each go, whether they arrive, and how long they take
beside what the contract promises. Calls are counted where they are made, since
the process started; p50 and p99 are those of the slowest method by its promise.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			shop, err := s.shop()
			if err != nil {
				return err
			}
			defer shop.conn.Close()
			table, err := shop.Modules(cmd.Context(), &processv1.ModulesRequest{})
			if err != nil {
				return shop.explain(err)
			}
			if asJSON {
				return printModulesJSON(cmd.OutOrStdout(), table)
			}
			return printModules(cmd.OutOrStdout(), table, methods)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object, with an array of modules")
	cmd.Flags().BoolVar(&methods, "methods", false, "a row for each method too")
	return cmd
}

// modulesJSON is the table for programs.
type modulesJSON struct {
	Modules []moduleJSON `json:"modules"`
	// EventsProblem is why the event broker can't do its work, or soon won't.
	EventsProblem string `json:"events_problem,omitempty"`
}

// moduleJSON is one module for programs. Durations are in seconds.
type moduleJSON struct {
	Module string `json:"module"`
	Mode   string `json:"mode"`
	Place  string `json:"place"`
	// Wanted is where it is to get to, when that is not where it is.
	Wanted        string         `json:"wanted,omitempty"`
	WantedProblem string         `json:"wanted_problem,omitempty"`
	Progress      string         `json:"progress,omitempty"`
	Endpoints     []endpointJSON `json:"endpoints"`
	Healthy       bool           `json:"healthy"`
	Problem       string         `json:"problem,omitempty"`
	Calls         int64          `json:"calls"`
	Errors        int64          `json:"errors"`
	StoreID       string         `json:"store_id"`
	DeadLetters   int64          `json:"dead_letters"`
	Methods       []methodJSON   `json:"methods"`
}

type endpointJSON struct {
	Process    string `json:"process"`
	Address    string `json:"address,omitempty"`
	StoreID    string `json:"store_id,omitempty"`
	Generation int64  `json:"generation,omitempty"`
	Problem    string `json:"problem,omitempty"`
	Calls      int64  `json:"calls_in_flight"`
}

type methodJSON struct {
	Method      string  `json:"method"`
	Calls       int64   `json:"calls"`
	Errors      int64   `json:"errors"`
	P50         float64 `json:"p50_seconds"`
	P99         float64 `json:"p99_seconds"`
	PromisedP99 float64 `json:"promised_p99_seconds"`
}

func printModulesJSON(w io.Writer, table *processv1.ModulesResponse) error {
	rows := []moduleJSON{}
	for _, m := range table.GetModules() {
		row := moduleJSON{
			Module: m.GetModule(), Mode: m.GetMode(), Place: m.GetPlace(), Wanted: m.GetWanted(),
			WantedProblem: m.GetWantedProblem(), Progress: m.GetProgress(), Healthy: m.GetHealthy(), Problem: m.GetProblem(),
			StoreID: m.GetStoreId(), DeadLetters: m.GetDeadLetters(), Endpoints: []endpointJSON{}, Methods: []methodJSON{},
		}
		for _, e := range m.GetEndpoints() {
			row.Endpoints = append(row.Endpoints, endpointJSON{
				Process: e.GetProcess(), Address: e.GetAddress(), StoreID: e.GetStoreId(), Generation: e.GetGeneration(),
				Problem: e.GetProblem(), Calls: e.GetCalls(),
			})
		}
		for _, method := range m.GetMethods() {
			row.Calls += method.GetCalls()
			row.Errors += method.GetErrors()
			row.Methods = append(row.Methods, methodJSON{
				Method: method.GetMethod(), Calls: method.GetCalls(), Errors: method.GetErrors(),
				P50: method.GetP50().AsDuration().Seconds(), P99: method.GetP99().AsDuration().Seconds(),
				PromisedP99: method.GetPromisedP99().AsDuration().Seconds(),
			})
		}
		rows = append(rows, row)
	}
	return printJSON(w, modulesJSON{rows, table.GetEventsProblem()})
}

func printModules(w io.Writer, table *processv1.ModulesResponse, methods bool) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "MODULE\tPLACE\tWANTED\tHEALTH\tCALLS\tERRORS\tP50\tP99\tPROMISED\tDEAD LETTERS\tSTORE")
	for _, m := range table.GetModules() {
		calls, errors, worst := summary(m.GetMethods())
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%d\t%s\n",
			m.GetModule(), m.GetPlace(), wanted(m), healthOf(m), calls, errors, latencies(worst), m.GetDeadLetters(), orDash(m.GetStoreId()))
		if !methods {
			continue
		}
		for _, method := range m.GetMethods() {
			_, name, _ := strings.Cut(method.GetMethod()[1:], "/")
			fmt.Fprintf(out, "  %s\t\t\t\t%d\t%d\t%s\t\t\n", name, method.GetCalls(), method.GetErrors(), latencies(method))
		}
	}
	if problem := table.GetEventsProblem(); problem != "" {
		fmt.Fprintln(out, strings.ToUpper(problem[:1])+oneLine(problem[1:])+".")
	}
	return out.Flush()
}

// healthOf says how a module does, and which of the processes that serve it do not.
func healthOf(m *processv1.ModulesResponse_Module) string {
	if !m.GetHealthy() {
		return oneLine(m.GetProblem())
	}
	var ill []string
	for _, e := range m.GetEndpoints() {
		if e.GetProblem() != "" {
			ill = append(ill, cmp.Or(e.GetAddress(), e.GetProcess()))
		}
	}
	if len(ill) > 0 {
		return "ok, without " + strings.Join(ill, " and ")
	}
	return "ok"
}

// summary adds a module's methods up and picks the one that is worst by its
// promise.
func summary(methods []*processv1.ModulesResponse_Method) (calls, errors int64, worst *processv1.ModulesResponse_Method) {
	ratio := -1.0
	for _, m := range methods {
		calls += m.GetCalls()
		errors += m.GetErrors()
		promised := m.GetPromisedP99().AsDuration()
		if m.GetCalls() == 0 || promised == 0 {
			continue
		}
		if r := float64(m.GetP99().AsDuration()) / float64(promised); r > ratio {
			ratio, worst = r, m
		}
	}
	return calls, errors, worst
}

func latencies(m *processv1.ModulesResponse_Method) string {
	if m.GetCalls() == 0 {
		return "-\t-\t-"
	}
	return fmt.Sprintf("%s\t%s\t%s", short(m.GetP50().AsDuration()), short(m.GetP99().AsDuration()), short(m.GetPromisedP99().AsDuration()))
}

// short writes a duration with three digits.
func short(d time.Duration) string {
	for precision := time.Nanosecond; ; precision *= 10 {
		if d < 1000*precision {
			return d.Round(precision).String()
		}
	}
}

// wanted is where a module is to get to: the same place, maybe with what a canary
// has come to, or another one and why it is not there.
func wanted(m *processv1.ModulesResponse_Module) string {
	if m.GetWanted() == "" {
		return orDash(m.GetProgress())
	}
	return m.GetWanted() + " (" + m.GetWantedProblem() + ")"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
