package cli

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/id"
)

func newWebhooksTest(s *settings) *cobra.Command {
	var key string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test ENDPOINT",
		Short: "Send an event of type webhook.test to an endpoint",
		Args:  exactly(1, "one endpoint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				got, err := webhooks.SendTest(cmd.Context(), &webhooksv1.SendTestRequest{Id: args[0], IdempotencyKey: cmp.Or(key, id.New())})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(got.GetDelivery()))
				}
				fmt.Fprintf(cmd.OutOrStdout(), "delivery %s is on its way; see galleria webhooks deliveries %s\n", got.GetDelivery().GetId(), args[0])
				return nil
			})
		},
	}
	addKeyAndJSON(cmd, &key, &asJSON)
	return cmd
}

func newWebhooksDeliveries(s *settings) *cobra.Command {
	var asJSON bool
	var most int
	cmd := &cobra.Command{
		Use:   "deliveries ENDPOINT",
		Short: "List what was or is to be sent to an endpoint, newest first",
		Long: `Deliveries lists what was or is to be sent to an endpoint, newest first, with its last
answer. With --json it has the whole payload and the first bytes of the answer. Times are
those of this machine's time zone.`,
		Args: exactly(1, "one endpoint"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 1 {
				return usageError{fmt.Errorf("--most must be at least 1, not %d", most)}
			}
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				var found []*webhooksv1.Delivery
				for token := ""; len(found) < most; {
					page, err := webhooks.ListDeliveries(cmd.Context(), &webhooksv1.ListDeliveriesRequest{EndpointId: args[0], PageSize: 100, PageToken: token})
					if err != nil {
						return err
					}
					found = append(found, page.GetDeliveries()...)
					if token = page.GetNextPageToken(); token == "" {
						break
					}
				}
				found = found[:min(len(found), most)]
				if asJSON {
					return printJSON(cmd.OutOrStdout(), allAsFields(found))
				}
				out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(out, "DELIVERY\tTYPE\tSTATUS\tTRIED\tLAST\tANSWER\tNEXT\tPROBLEM")
				for _, d := range found {
					answered := "-"
					if d.GetLastStatus() != 0 {
						answered = fmt.Sprint(d.GetLastStatus())
					}
					fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", d.GetId(), d.GetType(), webhookStatus(d), d.GetAttempts(),
						localStamp(d.GetLastAttemptAt()), answered, localStamp(d.GetDueAt()), cmp.Or(oneLine(d.GetProblem()), "-"))
				}
				return out.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of deliveries")
	cmd.Flags().IntVar(&most, "most", 50, "how many deliveries at most")
	return cmd
}

func newWebhooksResend(s *settings) *cobra.Command {
	var key string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resend DELIVERY",
		Short: "Send a delivery again, with the same webhook-id",
		Long: `Resend sends a delivery again at once, be it delivered, given up or waiting. It has the
same webhook-id, so a receiver that took it before knows it. Repeating the command with
the same --key sends nothing twice.`,
		Args: exactly(1, "one delivery"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withWebhooks(cmd, func(webhooks webhooksv1.WebhooksServiceClient) error {
				got, err := webhooks.ResendDelivery(cmd.Context(), &webhooksv1.ResendDeliveryRequest{Id: args[0], IdempotencyKey: cmp.Or(key, id.New())})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(got.GetDelivery()))
				}
				fmt.Fprintf(cmd.OutOrStdout(), "delivery %s of %s is %s\n", got.GetDelivery().GetId(), got.GetDelivery().GetType(), webhookStatus(got.GetDelivery()))
				return nil
			})
		},
	}
	addKeyAndJSON(cmd, &key, &asJSON)
	return cmd
}

func webhookStatus(d *webhooksv1.Delivery) string {
	return strings.ToLower(strings.TrimPrefix(d.GetStatus().String(), "DELIVERY_STATUS_"))
}
