package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"galleria/app"
	"galleria/platform/certs"
)

func newCerts(s *settings) *cobra.Command {
	var callers []string
	var out string
	var days int
	cmd := &cobra.Command{
		Use:   "certs",
		Short: "Issue a certificate for a process on another machine",
		Long: `Certs issues a certificate with the authority in the data directory, for a
process that can't read that directory. Processes that can need none.

The certificate lets its process speak for the modules named and serve them, and
nothing else. Copy the three files to the other machine and name them in its
configuration: rpc.certificate, rpc.key, rpc.authority.`,
		Example: `  galleria certs --for payments --out payments-certs
  galleria certs --for edge,catalog,cart --days 90 --out front-certs`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := s.load()
			if err != nil {
				return err
			}
			known := app.AllCallers(c)
			for _, caller := range callers {
				if !slices.Contains(known, caller) {
					return usageError{fmt.Errorf("--for: %q is not one of %s", caller, strings.Join(known, ", "))}
				}
			}
			if len(callers) == 0 || out == "" || days < 1 {
				return usageError{errors.New("certs wants --for, --out and a positive --days; see galleria certs --help")}
			}
			authority, err := certs.OpenAuthority(app.AuthorityDir(c))
			if err != nil {
				return err
			}
			certificate, key, trusted, err := authority.Issue(app.RightsOf(c, callers), time.Duration(days)*24*time.Hour)
			if err != nil {
				return err
			}
			files := map[string][]byte{"certificate.pem": certificate, "key.pem": key, "authority.pem": trusted}
			if err := writeNew(out, files); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "certificate for %s, valid %d days:\n", strings.Join(callers, ", "), days)
			for _, name := range []string{"certificate", "key", "authority"} {
				fmt.Fprintf(cmd.OutOrStdout(), "  rpc.%s: %s\n", name, filepath.Join(out, name+".pem"))
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&callers, "for", nil, "modules (or edge) the process runs")
	cmd.Flags().StringVar(&out, "out", "", "directory for the files; made when missing")
	cmd.Flags().IntVar(&days, "days", 365, "how long it is valid")
	return cmd
}

// writeNew writes files that only their owner can read, and overwrites none.
func writeNew(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name := range files {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already; choose another directory", filepath.Join(dir, name))
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
