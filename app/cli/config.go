package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"galleria/app"
	"galleria/platform/config"
)

func newConfig(s *settings) *cobra.Command {
	var different, example bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings that hold and where each comes from",
		Long: `Config prints every setting with its value, where the value comes from, and the
default where it differs. Secrets are hidden. Mistakes are listed by key and
place, all at once.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if example {
				c := app.DefaultConfig()
				_, err := fmt.Fprint(cmd.OutOrStdout(), config.Example(&c))
				return err
			}
			_, loaded, err := s.load()
			if err != nil {
				return err
			}
			return loaded.Print(cmd.OutOrStdout(), different)
		},
	}
	cmd.Flags().BoolVar(&different, "different", false, "only what differs from the defaults")
	cmd.Flags().BoolVar(&example, "example", false, "print a file with all settings, their meaning and defaults")
	return cmd
}
