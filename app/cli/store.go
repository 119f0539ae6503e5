package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"galleria/app"
	"galleria/platform/database"
	"galleria/platform/process"
)

func newStore(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store [MODULE]",
		Short: "Show the databases of the modules, and who holds them",
		Long: `Store shows the database of each module as it is configured here: its id, its
generation (raised when it is taken from a process that does not answer, or is
adopted), and the processes that hold it and may write to it. It works while the
shop runs and while it does not.

A database that was copied, restored from a backup or sealed is refused when the
shop opens it. "galleria store adopt" says that it is the right one. That a backup was
put in its place is known by what this data directory remembers of the database.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("%s wants one module or none; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, _, err := s.load()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				for _, d := range app.Definitions(c.Modules) {
					args = append(args, d.Name)
				}
			}
			return showStores(cmd.Context(), cmd.OutOrStdout(), c, args)
		},
	}
	cmd.AddCommand(newStoreSeal(s), newStoreAdopt(s))
	return cmd
}

func showStores(ctx context.Context, out io.Writer, c app.Config, modules []string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MODULE\tSTORE\tGENERATION\tCONDITION\tHELD BY")
	var failures []error
	for _, module := range modules {
		o, err := c.Store(module)
		if err != nil {
			return usageError{err}
		}
		o.Marks = process.MarksOf(c.Data, module)
		condition, err := database.Inspect(ctx, o)
		pin, pinErr := process.PinOf(c.Data, module)
		if pinErr != nil {
			failures = append(failures, pinErr)
		}
		switch {
		case errors.Is(err, database.ErrNoStore):
			fmt.Fprintf(table, "%s\t-\t-\tnot made yet\t-\n", module)
		case err != nil:
			fmt.Fprintf(table, "%s\t?\t?\tout of reach\t?\n", module)
			failures = append(failures, err)
		default:
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", module, condition.StoreID, condition.Generation, conditionOf(condition, pin), holdersOf(condition))
		}
	}
	return errors.Join(append(failures, table.Flush())...)
}

// conditionOf is what the shop would say of the store when it opens it.
func conditionOf(c database.Condition, pin process.Pin) string {
	switch {
	case c.Copied:
		return "copied or restored: refused"
	case !c.SealedAt.IsZero():
		return fmt.Sprintf("sealed %s: %s", c.SealedAt.Format(time.RFC3339), c.SealedWhy)
	case pin.IsOther(c.StoreID):
		return fmt.Sprintf("not store %s, which was used before: refused", pin.Store)
	case c.PutBack, pin.IsLater(c.Generation):
		return "put back to an earlier state: refused"
	}
	return "ok"
}

func holdersOf(c database.Condition) string {
	if len(c.Holders) == 0 {
		return "-"
	}
	var names []string
	for _, h := range c.Holders {
		names = append(names, h.Process)
	}
	return strings.Join(names, ", ")
}

func newStoreSeal(s *settings) *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "seal MODULE",
		Short: "Refuse all writes to a module's database",
		Long: `Seal refuses all writes to the module's database from now on, by running
processes too, until it is adopted: because its data moved elsewhere, for example.`,
		Example: `  galleria store seal orders --why "moved to PostgreSQL"`,
		Args:    exactly(1, "one module"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			_, o, err := s.store(args[0])
			if err != nil {
				return err
			}
			if _, err := database.Inspect(cmd.Context(), o); err != nil {
				return err // sealing makes no database
			}
			db, err := database.Open(cmd.Context(), o)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close(cmd.Context())) }()
			if err := db.Seal(cmd.Context(), why); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "the store %s of %s is sealed; to use it again: galleria store adopt %s\n", db.StoreID(), args[0], args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&why, "why", "by the operator", "the reason that is told when the database is refused")
	return cmd
}

func newStoreAdopt(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "adopt MODULE",
		Short: "Use a database that was copied, restored or sealed",
		Long: `Adopt says that the module's database, as it is configured here, is the right
one from now on, as it is, and that no other copy of it is in use. Its generation is
raised, its seal broken, and all processes that held it are refused: start them again.`,
		Example: `  galleria store adopt orders`,
		Args:    exactly(1, "one module"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, o, err := s.store(args[0])
			if err != nil {
				return err
			}
			pin, err := process.PinOf(c.Data, args[0])
			if err != nil {
				return err
			}
			o.Marks = process.MarksOf(c.Data, args[0])
			if err := database.Adopt(cmd.Context(), o, pin.Generation); err != nil {
				return err
			}
			adopted, err := database.Inspect(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := process.SetPin(c.Data, args[0], process.Pin{Store: adopted.StoreID, Generation: adopted.Generation}); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "the store %s of %s is adopted, at generation %d; start again what had it open\n", adopted.StoreID, args[0], adopted.Generation)
			return nil
		},
	}
}

// store finds a module's database by the configuration.
func (s *settings) store(module string) (app.Config, database.Options, error) {
	c, _, err := s.load()
	if err != nil {
		return app.Config{}, database.Options{}, err
	}
	o, err := c.Store(module)
	if err != nil {
		return app.Config{}, database.Options{}, usageError{err}
	}
	return c, o, nil
}
