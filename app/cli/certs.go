package cli

import (
	"errors"
	"fmt"
	"io"
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

// mostDays is more than any authority lasts, and what can be counted with.
const mostDays = 36500

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
configuration: rpc.certificate, rpc.key, rpc.authority.

"operator" lets its holder use the commands that look into a process or change
it; "all" is for a main process on another machine.`,
		Example: `  galleria certs --for payments --out payments-certs
  galleria certs --for edge,catalog,cart --days 90 --out front-certs
  galleria certs list
  galleria certs revoke 3f0c...
  galleria certs rotate`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := s.load()
			if err != nil {
				return err
			}
			known := append(app.AllCallers(c), app.TargetAll)
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
			certificate, key, trusted, err := authority.Issue(app.RightsOf(c, callers), time.Duration(min(days, mostDays))*24*time.Hour)
			if err != nil {
				return err
			}
			files := map[string][]byte{"certificate.pem": certificate, "key.pem": key, "authority.pem": trusted}
			if err := writeNew(out, files); err != nil {
				return err
			}
			if err := printIssued(cmd.OutOrStdout(), certificate, days); err != nil {
				return err
			}
			for _, name := range []string{"certificate", "key", "authority"} {
				fmt.Fprintf(cmd.OutOrStdout(), "  %-16s %s\n", "rpc."+name+":", filepath.Join(out, name+".pem"))
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&callers, "for", nil, "modules the process runs, or edge, operator, all")
	cmd.Flags().StringVar(&out, "out", "", "directory for the files; made when missing")
	cmd.Flags().IntVar(&days, "days", 365, "how long it is valid")
	cmd.AddCommand(newCertsList(s), newCertsRevoke(s), newCertsRotate(s))
	return cmd
}

// printIssued says what a new certificate may do.
func printIssued(w io.Writer, certificate []byte, days int) error {
	may, err := certs.Describe(certificate)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "certificate %s, valid %d days:\n", may.Number, days)
	fmt.Fprintf(w, "  id:              %s\n", may.Peer.ID)
	fmt.Fprintf(w, "  speaks for:      %s\n", named(may.Peer.Speaks))
	fmt.Fprintf(w, "  serves:          %s\n", named(may.Peer.Serves))
	return nil
}

func named(names []string) string {
	switch {
	case len(names) == 0:
		return "none"
	case slices.Contains(names, certs.All):
		return "all"
	}
	return strings.Join(names, ", ")
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
