package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"galleria/app"
	"galleria/platform/certs"
)

// authority opens the one the settings speak of.
func (s *settings) authority() (*certs.Authority, error) {
	c, _, err := s.load()
	if err != nil {
		return nil, err
	}
	return certs.OpenAuthority(app.AuthorityDir(c))
}

func newCertsList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the certificates that were issued",
		Long: `List shows the certificates that galleria certs issued: what each may do, until
when, and whether it was revoked. Processes that can read the data directory issue
their own, which are not listed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			authority, err := s.authority()
			if err != nil {
				return err
			}
			issued, err := authority.Issued()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NUMBER\tID\tSERVES\tENDS\tSTATE")
			for _, c := range issued {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", c.Number, c.Peer.ID, named(c.Peer.Serves), c.Ends.Format(time.DateOnly), stateOf(c))
			}
			return w.Flush()
		},
	}
}

func stateOf(c certs.Issued) string {
	switch {
	case c.Revoked:
		return "revoked"
	case time.Now().After(c.Ends):
		return "ended"
	}
	return "good"
}

func newCertsRevoke(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NUMBER|ID",
		Short: "Take back a certificate",
		Long: `Revoke takes back the certificate with a number, or all that were issued with an
id, as galleria certs list shows them. Processes that read the data directory
refuse it within two seconds, and cut its connections. Those on other machines are
told by the main process. Only one that is to know before it has reached that reads
a copy of the list, at rpc.revoked in its configuration.`,
		Args: exactly(1, "the number or id of a certificate"),
		RunE: func(cmd *cobra.Command, args []string) error {
			authority, err := s.authority()
			if err != nil {
				return err
			}
			taken, err := authority.Revoke(strings.ToLower(args[0]))
			if err != nil {
				return fmt.Errorf("%w; see galleria certs list", err)
			}
			for _, c := range taken {
				fmt.Fprintf(cmd.OutOrStdout(), "revoked %s of %s\n", c.Number, c.Peer.ID)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "the main process tells those on other machines; for one that is to know before it reaches that, copy the list to its rpc.revoked: %s\n", authority.Revoked())
			return nil
		},
	}
}

func newCertsRotate(s *settings) *cobra.Command {
	var now bool
	cmd := &cobra.Command{
		Use:   "rotate [begin|switch|end]",
		Short: "Replace the authority while the processes run",
		Long: `Rotate replaces the authority in three steps, between which all goes on. Without
a step it says how far that has got, and what is next.

  begin    makes a new authority, which is trusted and signs nothing yet. Copy
           the file that is named to rpc.authority of processes on other machines;
           they read it while they run.
  switch   lets the new authority sign. Issue new certificates for processes on
           other machines; those of the old authority are good until the end.
  end      drops the old authority. Copy the file that is named again.

Processes that read the data directory follow by themselves.`,
		Args: cobra.MatchAll(cobra.MaximumNArgs(1), func(_ *cobra.Command, args []string) error {
			if len(args) == 1 && !strings.Contains(" begin switch end ", " "+args[0]+" ") {
				return usageError{fmt.Errorf("%q is not one of begin, switch, end", args[0])}
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			authority, err := s.authority()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				take := map[string]func() (string, error){
					"begin": authority.BeginRotation, "switch": authority.SwitchRotation,
					"end": func() (string, error) { return authority.EndRotation(now) },
				}[args[0]]
				trusted, err := take()
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "for processes on other machines, copy to their rpc.authority: %s\n", trusted)
			}
			at, ends, err := authority.Rotation()
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s (the authority that signs ends %s)\n", map[certs.Rotation]string{
				certs.Settled:  `one authority; to replace it: "galleria certs rotate begin"`,
				certs.Begun:    `the new authority is trusted and does not sign yet; when all have it: "galleria certs rotate switch"`,
				certs.Switched: `the new authority signs and the old one is still trusted; when all have new certificates: "galleria certs rotate end"`,
			}[at], ends.Format(time.DateOnly))
			return nil
		},
	}
	cmd.Flags().BoolVar(&now, "now", false, "end: cut the connections that rest on the old authority, instead of waiting for them")
	return cmd
}
