package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

func newKeys(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and revoke API keys for programs",
		Long: `An API key lets a program do in the shop what its scopes say, by the API under
/api/v1: Authorization: Bearer KEY. Scopes are orders, products, promotions, stock and
webhooks, each with :read or :write; one that writes does not include reading.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeysCreate(s), newKeysList(s), newKeysRevoke(s))
	return cmd
}

func newKeysCreate(s *settings) *cobra.Command {
	var scopes []string
	cmd := &cobra.Command{
		Use:   "create NAME --scope S",
		Short: "Make an API key, which is shown once",
		Long: `Create makes an API key and prints it. The shop keeps no copy: who loses it makes
another one. NAME says what it is for.`,
		Example: `  galleria keys create warehouse --scope orders:read --scope orders:write
  galleria keys create "stock sync" --scope stock:read,stock:write`,
		Args: exactly(1, "what the key is for"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(scopes) == 0 {
				return usageError{fmt.Errorf("%s wants --scope; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return s.withAccounts(cmd, func(accounts accountsv1.AccountsServiceClient) error {
				made, err := accounts.CreateKey(cmd.Context(), &accountsv1.CreateKeyRequest{Name: args[0], Scopes: scopes, IdempotencyKey: id.Secret()})
				if wrong := contract.Violations(err); len(wrong) > 0 {
					var all []string
					for _, v := range wrong {
						all = append(all, "the "+v.Field+" "+v.Message)
					}
					return fmt.Errorf("made no API key: %s", strings.Join(all, "; "))
				}
				if err != nil {
					return err
				}
				// The key alone on standard output, for programs that read it from there.
				fmt.Fprintf(cmd.ErrOrStderr(), "made API key %s for %s; it is shown this once:\n", made.GetKey().GetId(), strings.Join(made.GetKey().GetScopes(), ", "))
				fmt.Fprintln(cmd.OutOrStdout(), made.GetSecret())
				return nil
			})
		},
	}
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "what it may do, such as orders:read (needed; may be given several times)")
	return cmd
}

func newKeysList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List API keys: what they may do, and when they were last used",
		Long:    `List shows the keys that were not revoked, newest first. Of a key only its beginning is known. The last use is known to the minute.`,
		Example: `  galleria keys list`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withAccounts(cmd, func(accounts accountsv1.AccountsServiceClient) error {
				answer, err := accounts.ListKeys(cmd.Context(), &accountsv1.ListKeysRequest{})
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tNAME\tBEGINS\tSCOPES\tMADE\tLAST USED")
				for _, k := range answer.GetKeys() {
					used := "never"
					if k.GetUsedAt() != nil {
						used = k.GetUsedAt().AsTime().Format(time.DateTime)
					}
					fmt.Fprintf(w, "%s\t%s\t%s…\t%s\t%s\t%s\n", k.GetId(), k.GetName(), k.GetBeginning(), strings.Join(k.GetScopes(), " "), k.GetCreatedAt().AsTime().Format(time.DateTime), used)
				}
				return w.Flush()
			})
		},
	}
}

func newKeysRevoke(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke ID",
		Short:   "Revoke an API key",
		Long:    `After revoke the API refuses the key with 401. Calls that are under way are finished.`,
		Example: `  galleria keys revoke 06f1m2c8q0v3x7b9d4h6k1n5p2`,
		Args:    exactly(1, "the id of one key, as list shows it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withAccounts(cmd, func(accounts accountsv1.AccountsServiceClient) error {
				// The contract lets a revocation be repeated. A person who mistypes an id must not
				// take a key for revoked that goes on to work.
				all, err := accounts.ListKeys(cmd.Context(), &accountsv1.ListKeysRequest{})
				if err != nil {
					return err
				}
				if !slices.ContainsFunc(all.GetKeys(), func(k *accountsv1.Key) bool { return k.GetId() == args[0] }) {
					return fmt.Errorf("there is no API key with the id %q, or it was revoked before: galleria keys list shows the ids", args[0])
				}
				if _, err := accounts.RevokeKey(cmd.Context(), &accountsv1.RevokeKeyRequest{Id: args[0]}); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "API key %s is revoked\n", args[0])
				return nil
			})
		},
	}
}
