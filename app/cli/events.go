package cli

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	processv1 "galleria/platform/process/v1"
)

func newEvents(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Look at events that could not be handled, and send them again",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEventsDead(s), newEventsResend(s))
	return cmd
}

func newEventsDead(s *settings) *cobra.Command {
	var only string
	cmd := &cobra.Command{
		Use:   "dead",
		Short: "List the dead letters of the modules",
		Long: `Dead lists events that a module failed to handle, again and again, and that were
put aside so that others could go on; and those of the same aggregate behind
them, because order is kept. A module that does not answer is named, the others are
listed, and the exit code is 1.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			shop, err := s.shop()
			if err != nil {
				return err
			}
			defer shop.conn.Close()
			modules := []string{only}
			if only == "" {
				table, err := shop.Modules(cmd.Context(), &processv1.ModulesRequest{})
				if err != nil {
					return shop.explain(err)
				}
				modules = nil
				for _, m := range table.GetModules() {
					modules = append(modules, m.GetModule())
				}
			}
			out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(out, "MODULE\tEVENT\tTYPE\tAGGREGATE\tATTEMPTS\tPARKED\tERROR")
			var missing []error
			for _, module := range modules {
				listed, err := shop.ListDeadLetters(cmd.Context(), &processv1.ListDeadLettersRequest{Module: module})
				if err != nil {
					missing = append(missing, shop.explainOf(cmd.Context(), err))
					continue
				}
				for _, l := range listed.GetDeadLetters() {
					fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", module, l.GetEventId(), l.GetType(), l.GetAggregate(),
						l.GetAttempts(), l.GetParkedAt().AsTime().Local().Format(time.DateTime), l.GetError())
				}
			}
			if err := out.Flush(); err != nil {
				return err
			}
			if len(missing) > 0 {
				return fmt.Errorf("not listed: %w", errors.Join(missing...))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&only, "module", "", "only this module's")
	return cmd
}

func newEventsResend(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "resend MODULE [EVENT …]",
		Short: "Let a module handle its dead letters again",
		Long: `Resend hands dead letters to their module once more: those named, or all of the
module's. Letters of one aggregate go in their order; one that fails again stays,
with the new error, and keeps those behind it.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s wants a module; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			shop, err := s.shop()
			if err != nil {
				return err
			}
			defer shop.conn.Close()
			sent, err := shop.ResendDeadLetters(cmd.Context(), &processv1.ResendDeadLettersRequest{Module: args[0], EventIds: args[1:]})
			if err != nil {
				return shop.explainOf(cmd.Context(), err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d handled\n", sent.GetResent())
			return nil
		},
	}
	return cmd
}
