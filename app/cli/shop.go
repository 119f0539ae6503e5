package cli

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"

	"galleria/app/shopinfo"
	catalogv1 "galleria/modules/catalog/v1"
	pricingv1 "galleria/modules/pricing/v1"
	settingsv1 "galleria/modules/settings/v1"
	"galleria/platform/contract"
	"galleria/platform/route"
)

func newSettings(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "settings",
		Short: "Show and change what the shop says of itself: name, texts, logo, legal pages, countries, currencies",
		Long: `Settings are what the staff change in the console, at /console/settings, while the shop
runs: its name and texts, its logo, the texts that the law wants, the countries it sends to,
and the currencies it sells in. What is empty is as the program has it. The settings of the program itself are shown by
"galleria config".`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSettingsShow(s), newSettingsSet(s))
	return cmd
}

// withSettings calls use with the settings of the running shop.
func (s *settings) withSettings(cmd *cobra.Command, use func(settingsv1.SettingsServiceClient) error) error {
	shop, err := s.shop()
	if err != nil {
		return err
	}
	defer shop.conn.Close()
	err = use(settingsv1.NewSettingsServiceClient(asOperator{shop.conn}))
	if err == nil {
		warnOfUnpriced(cmd, shop.currency, func(string) grpc.ClientConnInterface { return asOperator{shop.conn} })
	}
	if wrong := contract.Violations(err); len(wrong) > 0 {
		var all []string
		for _, v := range wrong {
			all = append(all, strings.TrimPrefix(v.Field, "settings.")+" "+v.Message)
		}
		return errors.New(strings.Join(all, "; "))
	}
	if errors.As(err, new(answer)) {
		return shop.explainOf(cmd.Context(), err)
	}
	return err
}

// warnOfUnpriced says on standard error in which of the shop's currencies nothing can be
// bought; configured is the one of the configuration.
func warnOfUnpriced(cmd *cobra.Command, configured string, connect func(module string) grpc.ClientConnInterface) {
	got, err := settingsv1.NewSettingsServiceClient(connect("settings")).GetSettings(cmd.Context(), &settingsv1.GetSettingsRequest{})
	var found []shopinfo.Unpriced
	if err == nil {
		currencies := shopinfo.Of(got.GetSettings(), 0, configured).Currencies
		found, err = shopinfo.FindUnpriced(cmd.Context(), currencies, pricingv1.NewPricingServiceClient(connect("pricing")), catalogv1.NewCatalogServiceClient(connect("catalog")))
	}
	if err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "galleria: it can't be said whether there are prices in each currency: %s\n", route.Why(err))
	}
	for _, u := range found {
		fmt.Fprintf(cmd.ErrOrStderr(), "galleria: %v\n", u)
	}
}

// shopFile is the settings as they are printed and read, as JSON or YAML. What a file
// leaves out stays as it is.
type shopFile struct {
	Version    *int64    `json:"version" yaml:"version"`
	ChangedAt  *string   `json:"changed_at,omitempty" yaml:"changed_at"`
	Name       *string   `json:"name" yaml:"name"`
	Headline   *string   `json:"headline" yaml:"headline"`
	Welcome    *string   `json:"welcome" yaml:"welcome"`
	About      *string   `json:"about" yaml:"about"`
	Imprint    *string   `json:"imprint" yaml:"imprint"`
	Terms      *string   `json:"terms" yaml:"terms"`
	Privacy    *string   `json:"privacy" yaml:"privacy"`
	Withdrawal *string   `json:"withdrawal" yaml:"withdrawal"`
	Logo       *string   `json:"logo" yaml:"logo"` // base64
	Countries  *[]string `json:"countries" yaml:"countries"`
	Currencies *[]string `json:"currencies" yaml:"currencies"`
}

// texts pairs the texts of a file with those of settings.
func (f *shopFile) texts(s *settingsv1.Settings) []struct{ of, in **string } {
	at := func(text *string) **string { return &text }
	return []struct{ of, in **string }{
		{&f.Name, at(&s.Name)}, {&f.Headline, at(&s.Headline)}, {&f.Welcome, at(&s.Welcome)}, {&f.About, at(&s.About)},
		{&f.Imprint, at(&s.Imprint)}, {&f.Terms, at(&s.Terms)}, {&f.Privacy, at(&s.Privacy)}, {&f.Withdrawal, at(&s.Withdrawal)},
	}
}

func shopFileOf(got *settingsv1.GetSettingsResponse) shopFile {
	s, version, logo := got.GetSettings(), got.GetVersion(), base64.StdEncoding.EncodeToString(got.GetSettings().GetLogo())
	countries, currencies := append([]string{}, s.GetCountries()...), append([]string{}, s.GetCurrencies()...)
	f := shopFile{Version: &version, Logo: &logo, Countries: &countries, Currencies: &currencies}
	for _, t := range f.texts(s) {
		*t.of = *t.in
	}
	if at := got.GetChangedAt(); at != nil {
		changed := at.AsTime().Format(time.RFC3339)
		f.ChangedAt = &changed
	}
	return f
}

// into puts what the file says into settings.
func (f *shopFile) into(s *settingsv1.Settings) error {
	for _, t := range f.texts(s) {
		if *t.of != nil {
			**t.in = **t.of
		}
	}
	if f.Countries != nil {
		s.Countries = *f.Countries
	}
	if f.Currencies != nil {
		s.Currencies = *f.Currencies
	}
	if f.Logo != nil {
		logo, err := base64.StdEncoding.DecodeString(*f.Logo)
		if err != nil {
			return fmt.Errorf("the logo must be a picture in base64: %w", err)
		}
		s.Logo = logo
	}
	return nil
}

func newSettingsShow(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the settings, and their version",
		Long: `Show prints what was set, the beginning of long texts. With --json it prints all of it, in
the form that "galleria settings set" reads.`,
		Example: `  galleria settings show --json > shop.json`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withSettings(cmd, func(settings settingsv1.SettingsServiceClient) error {
				got, err := settings.GetSettings(cmd.Context(), &settingsv1.GetSettingsRequest{})
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), shopFileOf(got))
				}
				return printSettings(cmd.OutOrStdout(), got)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one object")
	return cmd
}

func printSettings(to io.Writer, got *settingsv1.GetSettingsResponse) error {
	begins := func(text string) string {
		const most = 60
		text = oneLine(text)
		if short := []rune(text); len(short) > most {
			return string(short[:most]) + " …"
		}
		return cmp.Or(text, "-")
	}
	s, logo := got.GetSettings(), ""
	if n := len(s.GetLogo()); n > 0 {
		logo = fmt.Sprintf("%d bytes", n)
	}
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "version\t%d\nchanged\t%s\n", got.GetVersion(), localStamp(got.GetChangedAt()))
	for _, row := range [][2]string{
		{"name", s.GetName()}, {"headline", s.GetHeadline()}, {"welcome", s.GetWelcome()}, {"about", s.GetAbout()},
		{"imprint", s.GetImprint()}, {"terms", s.GetTerms()}, {"privacy", s.GetPrivacy()}, {"withdrawal", s.GetWithdrawal()},
		{"logo", logo}, {"countries", cmp.Or(strings.Join(s.GetCountries(), " "), "everywhere")},
		{"currencies", cmp.Or(strings.Join(s.GetCurrencies(), " "), "that of the configuration")},
	} {
		fmt.Fprintf(out, "%s\t%s\n", row[0], begins(row[1]))
	}
	return out.Flush()
}

func newSettingsSet(s *settings) *cobra.Command {
	var name, headline, welcome, about string
	var countries, currencies []string
	var seen int64
	cmd := &cobra.Command{
		Use:   "set [FILE]",
		Short: "Change settings, by a file or by flags",
		Long: `Set changes what a file of YAML or JSON says, or - for standard input, and what flags say;
all else stays as it is. An empty text stands for what the program has.

The version in the file, or that of --seen, is the one that the change was made from. When
another change was saved meanwhile, nothing is changed. Without a version, the change is
made to the settings as they are now.`,
		Example: `  galleria settings set --name "Löwe & Söhne" --countries AT,DE
  galleria settings show --json > shop.json && edit shop.json && galleria settings set shop.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return exactly(1, "one file, or none")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			file := shopFile{}
			if len(args) > 0 {
				if err := readFile(args[0], s.program.Stdin, &file); err != nil {
					return err
				}
			}
			for flag, set := range map[string]func(){
				"name": func() { file.Name = &name }, "headline": func() { file.Headline = &headline },
				"welcome": func() { file.Welcome = &welcome }, "about": func() { file.About = &about },
				"countries": func() { file.Countries = &countries }, "currencies": func() { file.Currencies = &currencies }, "seen": func() { file.Version = &seen },
			} {
				if cmd.Flags().Changed(flag) {
					set()
				}
			}
			if version := file.Version; file == (shopFile{Version: version, ChangedAt: file.ChangedAt}) {
				return usageError{fmt.Errorf("%s wants a file or flags that say what to change; see %s --help", cmd.CommandPath(), cmd.CommandPath())}
			}
			return s.withSettings(cmd, func(settings settingsv1.SettingsServiceClient) error { return changeSettings(cmd, settings, file) })
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what the shop is called")
	cmd.Flags().StringVar(&headline, "headline", "", "headline of the home page")
	cmd.Flags().StringVar(&welcome, "welcome", "", "what stands below it")
	cmd.Flags().StringVar(&about, "about", "", "what the shop is, at the foot of pages")
	cmd.Flags().StringSliceVar(&countries, "countries", nil, `where it sends to: codes with commas between; "": everywhere`)
	cmd.Flags().StringSliceVar(&currencies, "currencies", nil, `what it sells in: codes with commas between, the shop's own first; "": the one of the configuration`)
	cmd.Flags().Int64Var(&seen, "seen", 0, "the version that the change was made from (default: that of the file, or the present one)")
	return cmd
}

// readFile reads a file of YAML or JSON, or - for standard input, into what it is of.
func readFile(path string, stdin io.Reader, into any) error {
	var text []byte
	var err error
	if path == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text)) // JSON is YAML, too
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func changeSettings(cmd *cobra.Command, settings settingsv1.SettingsServiceClient, file shopFile) error {
	got, err := settings.GetSettings(cmd.Context(), &settingsv1.GetSettingsRequest{})
	if err != nil {
		return err
	}
	seen := got.GetVersion()
	if file.Version != nil {
		seen = *file.Version
	}
	to := got.GetSettings()
	if err := file.into(to); err != nil {
		return err
	}
	done, err := settings.ChangeSettings(cmd.Context(), &settingsv1.ChangeSettingsRequest{Settings: to, SeenVersion: seen})
	if contract.Is(err, settingsv1.Reason_REASON_CHANGED_MEANWHILE) {
		return fmt.Errorf("nothing was changed: the settings are not in version %d any more; look at them with \"galleria settings show\", and change those", seen)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "the settings are in version %d\n", done.GetVersion())
	return err
}
