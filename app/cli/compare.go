package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	processv1 "galleria/platform/process/v1"
)

// printComparison prints what a module's shadow has found.
func (s *settings) printComparison(cmd *cobra.Command, m move) error {
	shop, err := s.shop()
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	said, err := shop.Compare(cmd.Context(), &processv1.CompareRequest{Module: m.Module})
	if err != nil {
		return shop.explain(err)
	}
	out := cmd.OutOrStdout()
	if m.asJSON {
		return printJSON(out, allAsFields(said.GetMethods()))
	}
	if len(said.GetMethods()) == 0 {
		fmt.Fprintf(out, "nothing was compared; begin with: galleria move %s shadow ADDRESS\n", m.Module)
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "METHOD\tSAME\tRESULT\tSTATUS\tREASON\tAWAY\tSKIPPED\tP50\tSHADOW\tP99\tSHADOW")
	for _, method := range said.GetMethods() {
		n := method.GetCounts()
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", shortMethod(method.GetMethod()),
			n["same"], n["result"], n["status"], n["reason"], n["away"], n["skipped"],
			short(method.GetFirstP50().AsDuration()), short(method.GetSecondP50().AsDuration()),
			short(method.GetFirstP99().AsDuration()), short(method.GetSecondP99().AsDuration()))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, method := range said.GetMethods() {
		for _, sample := range method.GetSamples() {
			times := ""
			if n := sample.GetTimes(); n > 1 {
				times = fmt.Sprintf(", and %d more like it", n-1)
			}
			fmt.Fprintf(out, "\n%s, %s at %s, request %s%s\n", shortMethod(method.GetMethod()), sample.GetKind(),
				sample.GetAt().AsTime().Local().Format(time.DateTime), orDash(sample.GetRequestId()), times)
			for _, d := range sample.GetDifferences() {
				fmt.Fprintf(out, "  %s: %q here, %q there\n", d.GetPath(), d.GetFirst(), d.GetSecond())
			}
		}
	}
	return nil
}

func shortMethod(full string) string { return full[strings.LastIndex(full, "/")+1:] }

// printChanges prints the audit log of a module's places: what the main process noted, or
// with --all what the others did as well.
func (s *settings) printChanges(cmd *cobra.Command, m move) error {
	shop, err := s.shop()
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	said, err := shop.ListChanges(cmd.Context(), &processv1.ListChangesRequest{Module: m.Module, Others: m.all})
	if err != nil {
		return shop.explain(err)
	}
	out := cmd.OutOrStdout()
	if m.asJSON {
		return printJSON(out, allAsFields(said.GetChanges()))
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	process := func(string) string { return "" }
	if m.all {
		process = func(name string) string { return "\t" + orDash(name) }
	}
	fmt.Fprintln(table, "WHEN\tWHO\tFROM\tTO\tWHY"+process("PROCESS"))
	for _, c := range said.GetChanges() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s%s\n", c.GetAt().AsTime().Local().Format(time.DateTime), c.GetWho(), orDash(c.GetFrom()), c.GetTo(), orDash(c.GetWhy()), process(c.GetProcess()))
	}
	return table.Flush()
}
