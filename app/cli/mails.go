package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/id"
)

func newMails(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mails",
		Short: "Look at the mails to customers, and send them again",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMailsList(s), newMailsShow(s), newMailsResend(s))
	return cmd
}

// withMails calls use with notifications of the running shop.
func (s *settings) withMails(use func(notificationsv1.NotificationsServiceClient) error) error {
	shop, err := s.shop()
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	err = use(notificationsv1.NewNotificationsServiceClient(asOperator{shop.conn}))
	if errors.As(err, new(answer)) {
		return shop.explain(err)
	}
	return err
}

var mailStatuses = map[string]notificationsv1.MailStatus{
	"queued":  notificationsv1.MailStatus_MAIL_STATUS_QUEUED,
	"sent":    notificationsv1.MailStatus_MAIL_STATUS_SENT,
	"refused": notificationsv1.MailStatus_MAIL_STATUS_REFUSED,
}

func mailStatus(m *notificationsv1.Mail) string {
	return strings.ToLower(strings.TrimPrefix(m.GetStatus().String(), "MAIL_STATUS_"))
}

func newMailsList(s *settings) *cobra.Command {
	var asJSON bool
	var only string
	var most int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List mails, newest first",
		Long: `List lists mails, newest first: to whom, what became of each, and why one waits or
was refused. Times are those of this machine's time zone.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wanted, known := mailStatuses[only]
			switch {
			case only != "" && !known:
				return usageError{fmt.Errorf("--status %s is not one of queued, sent, refused", only)}
			case most < 1:
				return usageError{fmt.Errorf("--most must be at least 1, not %d", most)}
			}
			return s.withMails(func(mails notificationsv1.NotificationsServiceClient) error {
				var found []*notificationsv1.Mail
				for token := ""; len(found) < most; {
					page, err := mails.ListMails(cmd.Context(), &notificationsv1.ListMailsRequest{PageSize: 100, PageToken: token})
					if err != nil {
						return err
					}
					for _, m := range page.GetMails() {
						if only == "" || m.GetStatus() == wanted {
							found = append(found, m)
						}
					}
					if token = page.GetNextPageToken(); token == "" {
						break
					}
				}
				found = found[:min(len(found), most)]
				if asJSON {
					return printJSON(cmd.OutOrStdout(), allAsFields(found))
				}
				out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(out, "MAIL\tSTATUS\tTRIED\tQUEUED\tTO\tSUBJECT\tPROBLEM")
				for _, m := range found {
					fmt.Fprintf(out, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", m.GetId(), mailStatus(m), m.GetAttempts(), localStamp(m.GetCreatedAt()),
						m.GetTo(), m.GetSubject(), cmp.Or(oneLine(m.GetProblem()), "-"))
				}
				return out.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of mails")
	cmd.Flags().StringVar(&only, "status", "", "only those that are queued, sent or refused")
	cmd.Flags().IntVar(&most, "most", 100, "how many mails at most")
	return cmd
}

func newMailsShow(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show MAIL",
		Short: "Show one mail with its letter",
		Args:  exactly(1, "one mail"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withMails(func(mails notificationsv1.NotificationsServiceClient) error {
				got, err := mails.GetMail(cmd.Context(), &notificationsv1.GetMailRequest{Id: args[0]})
				if err != nil {
					return err
				}
				m := got.GetMail()
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(m))
				}
				fmt.Fprintf(cmd.OutOrStdout(), "To:       %s\nSubject:  %s\nStatus:   %s, tried %d times\nQueued:   %s\nAgain:    %s\nSent:     %s\nProblem:  %s\n\n%s",
					m.GetTo(), m.GetSubject(), mailStatus(m), m.GetAttempts(), localStamp(m.GetCreatedAt()), queuedAgain(m), localStamp(m.GetSentAt()),
					cmp.Or(oneLine(m.GetProblem()), "-"), m.GetText())
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the mail as one object")
	return cmd
}

func newMailsResend(s *settings) *cobra.Command {
	var key string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resend MAIL",
		Short: "Send a mail again that was refused or sent",
		Long: `Resend queues a mail again: one that was refused or given up, once the cause is
mended, or one that was sent and that its reader did not get. The same letter
goes to the same address, as a new message. A sent one goes again five times at most, and
not if it holds a link that is good once. Repeating it with the same --key sends nothing
twice.`,
		Args: exactly(1, "one mail"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withMails(func(mails notificationsv1.NotificationsServiceClient) error {
				again, err := mails.ResendMail(cmd.Context(), &notificationsv1.ResendMailRequest{Id: args[0], IdempotencyKey: cmp.Or(key, id.New())})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), asFields(again.GetMail()))
				}
				fmt.Fprintf(cmd.OutOrStdout(), "mail %s to %s is %s\n", again.GetMail().GetId(), again.GetMail().GetTo(), mailStatus(again.GetMail()))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "name of this attempt, for programs that repeat it; empty: a new one each time")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the mail as one object")
	return cmd
}

// queuedAgain is how often the mail was queued again, and when the last time.
func queuedAgain(m *notificationsv1.Mail) string {
	if m.GetResends() == 0 {
		return "-"
	}
	return fmt.Sprintf("%d times, last %s", m.GetResends(), localStamp(m.GetResentAt()))
}

func localStamp(at *timestamppb.Timestamp) string {
	if at == nil {
		return "-"
	}
	return at.AsTime().Local().Format("2006-01-02 15:04:05 MST")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
