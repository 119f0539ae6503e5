package cli

import (
	"github.com/spf13/cobra"

	"galleria/app"
	"galleria/platform/heap"
)

func newServe(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the shop, or some of its modules",
		Long: `Serve runs the whole shop in this process, or, with --target, a part of it.

A process without the edge learns from its peer where the event broker and the
other modules are; the peer is --peer, or the main process, which the
configuration file names with main, or else by rpc.listen. It listens at the
address the file has for its module (of several, --rpc says which is its own), or
at a free port, which it prints.

While it runs, changes of mode, address, primary, canary and held of a module, and of
http.limits, in the file are applied without a failed request. SIGINT and SIGTERM stop it gracefully.`,
		Example: `  galleria serve
  galleria serve --target payments
  galleria serve --target payments --peer shop.internal:7070
  galleria serve --target edge,catalog,cart --config galleria.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, loaded, err := s.load()
			if err != nil {
				return err
			}
			assembled, err := p.Assemble(app.Start{
				Config: c, Loaded: loaded, Sources: s.sources(), Version: buildVersion(), Stderr: p.Stderr,
			})
			if err != nil {
				return err
			}
			defer heap.Raise()()
			return assembled.Run(cmd.Context(), p.Stdout)
		},
	}
	s.add(cmd, "target", "target", "what to run: all, or modules and edge with commas between")
	s.add(cmd, "peer", "peer", "rpc address of a running process to learn the rest from")
	s.add(cmd, "http", "http.listen", "address of the shop")
	s.add(cmd, "admin", "admin.listen", "address of health, metrics and mailbox")
	return cmd
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Println("galleria", buildVersion())
			return nil
		},
	}
}
