package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"

	pricingv1 "galleria/modules/pricing/v1"
	"galleria/platform/contract"
)

func newTariffs(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tariffs",
		Short: "Show and change what delivery costs, zones and taxes",
		Long: `Tariffs are the shop's own country, taxes, zones, and ways to send goods with their prices.
They are those of the configuration file (modules.pricing) until they are changed, here or
in the console; then the file does not matter for them until reset. Quotes go by a change at
once, in other processes within modules.pricing.poll.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTariffsShow(p, s), newTariffsSet(p, s), newTariffsReset(p, s))
	return cmd
}

// withTariffs calls use with pricing, of the running shop or run here meanwhile, and then
// says in which of the shop's currencies nothing can be bought.
func withTariffs(cmd *cobra.Command, p Program, s *settings, use func(pricingv1.PricingServiceClient) error) error {
	c, _, err := s.load()
	if err != nil {
		return err
	}
	return withModules(cmd.Context(), c, s.address(c), p.Stderr, func(connect func(module string) grpc.ClientConnInterface) error {
		if err := use(pricingv1.NewPricingServiceClient(connect("pricing"))); err != nil {
			return err
		}
		warnOfUnpriced(cmd, c.Currency, connect)
		return nil
	})
}

// tariffFile is tariffs as they are printed and read, in the words of the configuration.
// What a file leaves out stays as it is.
type tariffFile struct {
	Version string `json:"version" yaml:"version"`
	// Changed: they were changed in the shop; else they are the configuration's.
	Changed   bool                    `json:"changed" yaml:"changed"`
	ChangedAt string                  `json:"changed_at,omitempty" yaml:"changed_at,omitempty"`
	Country   string                  `json:"country" yaml:"country"`
	Taxes     map[string]string       `json:"taxes" yaml:"taxes"`
	Zones     map[string][]string     `json:"zones" yaml:"zones"`
	Delivery  map[string]tariffOption `json:"delivery" yaml:"delivery"`
}

type tariffOption struct {
	Name  string   `json:"name" yaml:"name"`
	Days  []string `json:"days" yaml:"days"`
	Rates []string `json:"rates" yaml:"rates"`
}

func tariffFileOf(got *pricingv1.GetTariffsResponse) tariffFile {
	t := got.GetTariffs()
	f := tariffFile{
		Version: got.GetVersion(), Changed: got.GetChanged(), ChangedAt: inRFC3339(got.GetChangedAt()), Country: t.GetCountry(), Taxes: t.GetTaxes(),
		Zones: map[string][]string{}, Delivery: map[string]tariffOption{},
	}
	for name, zone := range t.GetZones() {
		f.Zones[name] = zone.GetCountries()
	}
	for id, o := range t.GetDelivery() {
		f.Delivery[id] = tariffOption{o.GetName(), o.GetDays(), o.GetRates()}
	}
	return f
}

// into puts what the file says into tariffs, each section as a whole.
func (f tariffFile) into(t *pricingv1.Tariffs) {
	if f.Country != "" {
		t.Country = f.Country
	}
	if f.Taxes != nil {
		t.Taxes = f.Taxes
	}
	if f.Zones != nil {
		t.Zones = map[string]*pricingv1.Tariffs_Zone{}
		for name, countries := range f.Zones {
			t.Zones[name] = &pricingv1.Tariffs_Zone{Countries: countries}
		}
	}
	if f.Delivery != nil {
		t.Delivery = map[string]*pricingv1.Tariffs_Option{}
		for id, o := range f.Delivery {
			t.Delivery[id] = &pricingv1.Tariffs_Option{Name: o.Name, Days: o.Days, Rates: o.Rates}
		}
	}
}

func newTariffsShow(p Program, s *settings) *cobra.Command {
	var configured, asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the tariffs that hold, as YAML",
		Long: `Show prints the tariffs in the words of the configuration file, with their version, as
"galleria tariffs set" reads them. Country, taxes, zones and delivery can be put into the
file below modules.pricing.`,
		Example: `  galleria tariffs show > tariffs.yaml`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withTariffs(cmd, p, s, func(pricing pricingv1.PricingServiceClient) error {
				got, err := pricing.GetTariffs(cmd.Context(), &pricingv1.GetTariffsRequest{})
				if err != nil {
					return err
				}
				if configured && got.GetChanged() {
					got = &pricingv1.GetTariffsResponse{Tariffs: got.GetConfigured()}
				}
				file := tariffFileOf(got)
				if asJSON {
					return printJSON(cmd.OutOrStdout(), file)
				}
				out := yaml.NewEncoder(cmd.OutOrStdout())
				out.SetIndent(2)
				return errors.Join(out.Encode(file), out.Close())
			})
		},
	}
	cmd.Flags().BoolVar(&configured, "configured", false, "show what the configuration says instead")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object of JSON")
	return cmd
}

func newTariffsSet(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set FILE",
		Short: "Change the tariffs by a file",
		Long: `Set changes what a file of YAML or JSON says, or - for standard input. Of country, taxes,
zones and delivery each that the file has is replaced as a whole; what it leaves out stays.

The version in the file is the one that the change was made from: when another change was
saved meanwhile, nothing is changed. Without a version, the change is made to the tariffs as
they are now.`,
		Example: `  galleria tariffs show > tariffs.yaml && edit tariffs.yaml && galleria tariffs set tariffs.yaml`,
		Args:    exactly(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := tariffFile{}
			if err := readFile(args[0], s.program.Stdin, &file); err != nil {
				return err
			}
			return withTariffs(cmd, p, s, func(pricing pricingv1.PricingServiceClient) error { return changeTariffs(cmd, pricing, file) })
		},
	}
	return cmd
}

func changeTariffs(cmd *cobra.Command, pricing pricingv1.PricingServiceClient, file tariffFile) error {
	got, err := pricing.GetTariffs(cmd.Context(), &pricingv1.GetTariffsRequest{})
	if err != nil {
		return err
	}
	seen, to := got.GetVersion(), got.GetTariffs()
	if file.Version != "" {
		seen = file.Version
	}
	file.into(to)
	done, err := pricing.ChangeTariffs(cmd.Context(), &pricingv1.ChangeTariffsRequest{Tariffs: to, SeenVersion: seen})
	switch wrong := contract.Violations(err); {
	case contract.Is(err, pricingv1.Reason_REASON_CHANGED_MEANWHILE):
		return fmt.Errorf("nothing was changed: the tariffs are not in version %s any more; look at them with \"galleria tariffs show\", and change those", seen)
	case len(wrong) > 0:
		var all []string
		for _, v := range wrong {
			all = append(all, strings.TrimPrefix(v.Field, "tariffs.")+" "+v.Message)
		}
		return fmt.Errorf("nothing was changed: %s", strings.Join(all, "; "))
	case err != nil:
		return err
	case done.GetVersion() == got.GetVersion():
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "nothing was different: the tariffs stay in version %s\n", done.GetVersion())
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "the tariffs are in version %s\n", done.GetVersion())
	return err
}

func newTariffsReset(p Program, s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Return to the tariffs of the configuration",
		Long: `Reset forgets what was changed here and in the console, so that the configuration file holds
again, now and after it is changed. See both with "galleria tariffs show", with --configured
and without.`,
		Example: `  galleria tariffs reset`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withTariffs(cmd, p, s, func(pricing pricingv1.PricingServiceClient) error {
				got, err := pricing.GetTariffs(cmd.Context(), &pricingv1.GetTariffsRequest{})
				if err != nil {
					return err
				}
				done, err := pricing.ResetTariffs(cmd.Context(), &pricingv1.ResetTariffsRequest{SeenVersion: got.GetVersion()})
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "the configuration holds, in version %s\n", done.GetVersion())
				return err
			})
		},
	}
	return cmd
}
