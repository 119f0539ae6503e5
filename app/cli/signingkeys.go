package cli

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
)

func newSigningKeys(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "signing-keys",
		Short: "List and replace the keys that sign identities",
		Long: `Accounts signs on whose behalf each call is made, and the other modules believe what
a key of accounts has signed. A key is replaced by itself after modules.accounts.signing_key,
90 days; here it is replaced before. Sessions, mailed links and API keys stay good.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSigningKeysList(s), newSigningKeysReplace(s))
	return cmd
}

func newSigningKeysList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the keys that sign identities, with their ages",
		Long: `List shows the keys that are believed, or will be, the oldest first. NAME is what the
processes call a key in their logs.`,
		Example: `  galleria signing-keys list`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withAccounts(cmd, func(accounts accountsv1.AccountsServiceClient) error {
				answer, err := accounts.ListSigningKeys(cmd.Context(), &accountsv1.ListSigningKeysRequest{})
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "NUMBER\tNAME\tMADE\tBY\tAGE\tSIGNS FROM\tBELIEVED UNTIL")
				for _, k := range answer.GetKeys() {
					signs, until := k.GetSignsFrom().AsTime().Format(time.DateTime), "it is replaced"
					if k.GetSigns() {
						signs += " (now)"
					}
					if k.GetBelievedUntil() != nil {
						until = k.GetBelievedUntil().AsTime().Format(time.DateTime)
					}
					made := k.GetCreatedAt().AsTime()
					fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", k.GetNumber(), k.GetName(), made.Format(time.DateTime), k.GetCreatedBy(), ageOf(time.Since(made)), signs, until)
				}
				return w.Flush()
			})
		},
	}
}

// ageOf is an age in whole days, or, of less than two, to the minute.
func ageOf(age time.Duration) string {
	if days := int(age.Hours() / 24); days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	return max(0, age).Truncate(time.Minute).String()
}

func newSigningKeysReplace(s *settings) *cobra.Command {
	atOnce := false
	cmd := &cobra.Command{
		Use:   "replace",
		Short: "Replace the key that signs identities",
		Long: `Replace makes a new key. It signs after five minutes, when every process has heard of it,
and the one before is believed until what it signed has ended. No request is refused.

With --at-once, for a key that may have been stolen, the new key signs after five seconds,
and those before it are believed no more. Requests of those seconds may be refused. The
database of accounts holds more than this key: see docs/security.md for what to do when it
was read.`,
		Example: `  galleria signing-keys replace
  galleria signing-keys replace --at-once`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withAccounts(cmd, func(accounts accountsv1.AccountsServiceClient) error {
				listed, err := accounts.ListSigningKeys(cmd.Context(), &accountsv1.ListSigningKeysRequest{})
				if err != nil {
					return err
				}
				keys := listed.GetKeys()
				if len(keys) == 0 {
					return errors.New("replaced nothing: accounts lists no key")
				}
				newest := keys[len(keys)-1].GetNumber()
				made, err := accounts.ReplaceSigningKey(cmd.Context(), &accountsv1.ReplaceSigningKeyRequest{Number: newest, AtOnce: atOnce})
				if contract.Is(err, accountsv1.Reason_REASON_NOT_NEWEST_KEY) {
					return fmt.Errorf("replaced nothing: key %d was replaced meanwhile; look with \"galleria signing-keys list\", and try again", newest)
				}
				if err != nil {
					return err
				}
				key := made.GetKey()
				fmt.Fprintf(cmd.OutOrStdout(), "key %d signs from %s UTC on\n", key.GetNumber(), key.GetSignsFrom().AsTime().Format(time.DateTime))
				if atOnce {
					fmt.Fprintln(cmd.OutOrStdout(), "those before it are believed no more from then on")
				} else {
					fmt.Fprintln(cmd.OutOrStdout(), "those before it are believed until what they signed has ended; see galleria signing-keys list")
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&atOnce, "at-once", false, "for a key that may have been stolen: believe no other key after five seconds")
	return cmd
}
