package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/contract"
)

func newAdmin(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "Make accounts for the people who run the shop",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAdminCreate(s))
	return cmd
}

// withAccounts calls use with accounts of the running shop.
func (s *settings) withAccounts(cmd *cobra.Command, use func(accountsv1.AccountsServiceClient) error) error {
	shop, err := s.shop()
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	err = use(accountsv1.NewAccountsServiceClient(asOperator{shop.conn}))
	if errors.As(err, new(answer)) {
		return shop.explainOf(cmd.Context(), err)
	}
	return err
}

var staffRoles = map[string]accountsv1.Role{
	"operator": accountsv1.Role_ROLE_OPERATOR,
	"admin":    accountsv1.Role_ROLE_ADMIN,
}

func newAdminCreate(s *settings) *cobra.Command {
	var email, name, role string
	cmd := &cobra.Command{
		Use:   "create --email E",
		Short: "Make an account for an administrator or operator",
		Long: `Create makes an account that may work in the console. It asks for the password, or
reads it from standard input, one line, when that is no terminal.

An operator works on orders, products, stock and promotions; an administrator on
everything, and has to set up a second factor at the first log-in.

It is also the way back when the only administrator has lost every passkey: the one that
is made here, with another address, makes that account a customer in the console, whose
owner then removes the passkeys with the password, and gets the role back.`,
		Example: `  galleria admin create --email ana@example.com
  galleria admin create --email ben@example.com --role operator < password.txt`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			wanted, known := staffRoles[role]
			switch {
			case email == "":
				return usageError{fmt.Errorf("%s wants --email; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			case !known:
				return usageError{fmt.Errorf("--role %s is not one of operator, admin", role)}
			}
			password, err := readPassword(cmd)
			if err != nil {
				return err
			}
			return s.withAccounts(cmd, func(accounts accountsv1.AccountsServiceClient) error {
				made, err := accounts.CreateAccount(cmd.Context(), &accountsv1.CreateAccountRequest{Email: email, Name: name, Password: password, Role: wanted})
				switch wrong := contract.Violations(err); {
				case len(wrong) > 0:
					var all []string
					for _, v := range wrong {
						all = append(all, "the "+v.Field+" "+v.Message)
					}
					return fmt.Errorf("made no account: %s", strings.Join(all, "; "))
				case contract.Is(err, accountsv1.Reason_REASON_EMAIL_TAKEN):
					return fmt.Errorf("made no account: %s has one already", email)
				case err != nil:
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "made account %s of %s, %s\n", made.GetAccount().GetId(), made.GetAccount().GetEmail(), role)
				fmt.Fprintln(cmd.OutOrStdout(), "next: log in at /console of the shop with this address and password")
				if wanted == accountsv1.Role_ROLE_ADMIN {
					fmt.Fprintln(cmd.OutOrStdout(), "      it asks to set up a second factor first; have an authenticator program at hand")
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "the address to log in with (needed)")
	cmd.Flags().StringVar(&name, "name", "", "the person's name")
	cmd.Flags().StringVar(&role, "role", "admin", "admin or operator")
	return cmd
}

// readPassword asks for a new password twice at a terminal, without showing it, or
// reads one line of standard input.
func readPassword(cmd *cobra.Command) (string, error) {
	if file, ok := cmd.InOrStdin().(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		ask := func(prompt string) (string, error) {
			fmt.Fprint(cmd.ErrOrStderr(), prompt)
			typed, err := term.ReadPassword(int(file.Fd()))
			fmt.Fprintln(cmd.ErrOrStderr())
			return string(typed), err
		}
		one, err := ask("Password: ")
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		two, err := ask("The same again: ")
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		if one != two {
			return "", errors.New("made no account: the two passwords are not the same")
		}
		return one, nil
	}
	line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("made no account: standard input has no password in its first line")
	}
	return line, nil
}
