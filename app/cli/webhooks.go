package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func newWebhooks(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhooks",
		Short: "Tell programs of others what happens in the shop",
		Long: `Webhooks are HTTP requests to endpoints: programs that want to hear of orders and of
stock that runs low. They are signed as Standard Webhooks 1.0 says, with a secret for
each endpoint, and tried again for three days.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newWebhooksAdd(s), newWebhooksList(s), newWebhooksRemove(s), newWebhooksSwitch(s, true), newWebhooksSwitch(s, false),
		newWebhooksRotate(s), newWebhooksTest(s), newWebhooksDeliveries(s), newWebhooksResend(s))
	return cmd
}

// withWebhooks calls use with webhooks of the running shop.
func (s *settings) withWebhooks(cmd *cobra.Command, use func(webhooksv1.WebhooksServiceClient) error) error {
	shop, err := s.shop()
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	err = use(webhooksv1.NewWebhooksServiceClient(asOperator{shop.conn}))
	if wrong := contract.Violations(err); len(wrong) > 0 {
		var all []string
		for _, v := range wrong {
			all = append(all, "the "+v.Field+" "+v.Message)
		}
		return errors.New(strings.Join(all, "; "))
	}
	if errors.As(err, new(answer)) {
		return shop.explainOf(cmd.Context(), err)
	}
	return err
}

func newWebhooksAdd(s *settings) *cobra.Command {
	var events []string
	var note, key string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add URL",
		Short: "Register an endpoint, and show its secret once",
		Long: `Add registers an endpoint that is told what happens from now on, and prints the secret
that its requests are signed with. The secret is shown here and nowhere else.

Types of events are order.placed, order.shipped, order.refunded, order.cancelled and
stock.low.`,
		Example: `  galleria webhooks add https://erp.example.com/hooks
  galleria webhooks add https://pack.example.com/new --events order.placed,order.cancelled --note "the packers"`,
		Args: exactly(1, "one address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				made, err := webhooks.AddEndpoint(cmd.Context(), &webhooksv1.AddEndpointRequest{
					IdempotencyKey: cmp.Or(key, id.New()), Url: args[0], Events: events, Note: note,
				})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(made))
				}
				fmt.Fprintf(cmd.OutOrStdout(), "added endpoint %s for %s\nsecret %s\nkeep it now: it is not shown again\n",
					made.GetEndpoint().GetId(), eventsOf(made.GetEndpoint()), made.GetSecret())
				return nil
			})
		},
	}
	cmd.Flags().StringSliceVar(&events, "events", nil, "types it is told of, with commas between; none: all")
	cmd.Flags().StringVar(&note, "note", "", "what it is for")
	addKeyAndJSON(cmd, &key, &asJSON)
	return cmd
}

func addKeyAndJSON(cmd *cobra.Command, key *string, asJSON *bool) {
	cmd.Flags().StringVar(key, "key", "", "name of this attempt, for programs that repeat it; empty: a new one each time")
	cmd.Flags().BoolVar(asJSON, "json", false, "print one object")
}

func newWebhooksList(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List endpoints, oldest first",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				got, err := webhooks.ListEndpoints(cmd.Context(), &webhooksv1.ListEndpointsRequest{})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), allAsFields(got.GetEndpoints()))
				}
				out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(out, "ENDPOINT\tSTATE\tEVENTS\tFAILING SINCE\tURL\tNOTE\tOFF BECAUSE")
				for _, e := range got.GetEndpoints() {
					fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.GetId(), onOrOff(e), eventsOf(e), localStamp(e.GetFailingSince()),
						e.GetUrl(), cmp.Or(e.GetNote(), "-"), cmp.Or(oneLine(e.GetOffBecause()), "-"))
				}
				return out.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of endpoints")
	return cmd
}

func newWebhooksRemove(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ENDPOINT",
		Short: "Delete an endpoint with its secret and deliveries",
		Args:  exactly(1, "one endpoint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				// The contract lets a removal be repeated. A person who mistypes an id must not take
				// an endpoint for gone that is told of orders still.
				all, err := webhooks.ListEndpoints(cmd.Context(), &webhooksv1.ListEndpointsRequest{})
				if err != nil {
					return err
				}
				if !slices.ContainsFunc(all.GetEndpoints(), func(e *webhooksv1.Endpoint) bool { return e.GetId() == args[0] }) {
					return fmt.Errorf("there is no endpoint %q, or it was removed before: galleria webhooks list shows them", args[0])
				}
				if _, err := webhooks.RemoveEndpoint(cmd.Context(), &webhooksv1.RemoveEndpointRequest{Id: args[0]}); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "endpoint %s is gone\n", args[0])
				return nil
			})
		},
	}
}

func newWebhooksSwitch(s *settings, on bool) *cobra.Command {
	use, short := "off ENDPOINT", "Switch an endpoint off: it is told nothing, and what waits for it is given up"
	if on {
		use, short = "on ENDPOINT", "Switch an endpoint on again"
	}
	return &cobra.Command{
		Use: use, Short: short, Args: exactly(1, "one endpoint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				got, err := webhooks.SetActive(cmd.Context(), &webhooksv1.SetActiveRequest{Id: args[0], Active: on})
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "endpoint %s is %s\n", got.GetEndpoint().GetId(), onOrOff(got.GetEndpoint()))
				return nil
			})
		},
	}
}

func newWebhooksRotate(s *settings) *cobra.Command {
	var overlap time.Duration
	var key string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rotate ENDPOINT",
		Short: "Replace the secret of an endpoint, and show the new one once",
		Long: `Rotate makes a new secret and prints it. For the time of --overlap requests are signed
with the old one too, so that the receiver can change within it; --overlap 0 ends the old
one at once, for when others know it.`,
		Args: exactly(1, "one endpoint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				got, err := webhooks.RotateSecret(cmd.Context(), &webhooksv1.RotateSecretRequest{
					Id: args[0], IdempotencyKey: cmp.Or(key, id.New()), Overlap: durationpb.New(overlap),
				})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(got))
				}
				old := "the old one is not used any more"
				if until := got.GetEndpoint().GetOldSecretUntil(); until != nil {
					old = "the old one is used too until " + localStamp(until)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "endpoint %s has a new secret; %s\nsecret %s\nkeep it now: it is not shown again\n",
					got.GetEndpoint().GetId(), old, got.GetSecret())
				return nil
			})
		},
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the old secret is used too")
	addKeyAndJSON(cmd, &key, &asJSON)
	return cmd
}

func onOrOff(e *webhooksv1.Endpoint) string {
	if e.GetActive() {
		return "on"
	}
	return "off"
}

func eventsOf(e *webhooksv1.Endpoint) string { return cmp.Or(strings.Join(e.GetEvents(), ","), "all") }
