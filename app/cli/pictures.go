package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"galleria/app"
	"galleria/app/pictures"
)

func newPictures(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pictures",
		Short: "Add, list and remove the pictures of products",
		Long: `Pictures keeps the pictures of products in the data directory of the process that
has the edge: run it there. The shop may be open; its pages show what changed within a
second. Products name a picture by its file's name, such as mug.jpg.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPicturesAdd(s), newPicturesList(s), newPicturesRemove(s))
	return cmd
}

func newPicturesAdd(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "add FILE|FOLDER|ZIP …",
		Short: "Add pictures, each under its file's name",
		Long: `Add takes JPEG, PNG, GIF and WebP files of up to 32 MiB and 50 million pixels, those
in folders and their folders, and those in zip archives. Each is made in up to three
widths, turned as its camera says; what the camera wrote beside it, such as the place,
is left out. A picture whose name is there already is replaced. Files that are wrong
are listed with the reason; the others are added, and the exit code is 1.`,
		Example: `  galleria pictures add mug.jpg photographs/ autumn.zip`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s wants files, folders or zip archives; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := s.pictures()
			if err != nil {
				return err
			}
			return bringPictures(cmd, store, args...)
		},
	}
}

// bringPictures adds pictures and says what became of them. An error may mean that
// some were refused.
func bringPictures(cmd *cobra.Command, store *pictures.Store, paths ...string) error {
	b, err := store.Bring(cmd.Context(), paths...)
	for _, refused := range b.Refused {
		fmt.Fprintln(cmd.ErrOrStderr(), refused)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d pictures: %d new, %d replaced, %d unchanged; %d refused", b.Added+b.Replaced+b.Unchanged+len(b.Refused),
		b.Added, b.Replaced, b.Unchanged, len(b.Refused))
	if b.Others > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "; %d other files left out", b.Others)
	}
	fmt.Fprintln(cmd.OutOrStdout())
	switch {
	case err != nil:
		return fmt.Errorf("not all pictures were added: %w", err)
	case len(b.Refused) > 0:
		return fmt.Errorf("%d pictures were refused, for the reasons above", len(b.Refused))
	}
	return nil
}

func newPicturesList(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the pictures",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := s.pictures()
			if err != nil {
				return err
			}
			all, err := store.List()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), append([]pictures.Picture{}, all...))
			}
			out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(out, "NAME\tPIXELS\tSIZES\tKIB\tADDED")
			for _, p := range all {
				pixels, bytes := "damaged", int64(0)
				for _, size := range p.Sizes {
					pixels = fmt.Sprintf("%d × %d", size.Width, size.Height)
					bytes += size.Bytes
				}
				fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%s\n", p.Name, pixels, len(p.Sizes), (bytes+1023)/1024, p.Added.Local().Format(time.DateTime))
			}
			return out.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of pictures")
	return cmd
}

func newPicturesRemove(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME …",
		Short: "Remove pictures by name",
		Long: `Remove deletes pictures at once. Products that name them show a plain or drawn
picture instead; browsers that have seen them may keep them.`,
		Example: `  galleria pictures remove mug.jpg`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s wants names of pictures; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := s.pictures()
			if err != nil {
				return err
			}
			missing, err := store.Remove(args...)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d pictures removed\n", len(args)-len(missing))
			var all []error
			for _, name := range missing {
				all = append(all, fmt.Errorf("there is no picture %q; galleria pictures list names them all", name))
			}
			return errors.Join(all...)
		},
	}
}

// pictures is the store in the data directory.
func (s *settings) pictures() (*pictures.Store, error) {
	c, _, err := s.load()
	if err != nil {
		return nil, err
	}
	return s.picturesOf(c), nil
}

func (s *settings) picturesOf(c app.Config) *pictures.Store {
	return pictures.New(app.PicturesDir(c), slog.New(slog.NewTextHandler(s.program.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
}
