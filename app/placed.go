package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"galleria/app/moving"
	"galleria/platform/config"
	"galleria/platform/process"
	"galleria/platform/route"
)

// Placed says where a module is served and where its data is.
type Placed struct {
	Mode    string       `yaml:"mode" doc:"local, remote, shadow (what only reads is asked of both, to compare), canary (a share goes to the other) or held (calls wait); applied while the shop runs, as are address, primary, canary and held"`
	Address []string     `yaml:"address" doc:"host:port of the process that serves it, or that shadow and canary compare with; several are copies"`
	Primary []string     `yaml:"primary" doc:"host:port of the process that is the first arm of shadow and canary; several are copies; empty: the main process itself"`
	Canary  CanaryConfig `yaml:"canary"`
	Held    HeldConfig   `yaml:"held"`
	DSN     string       `yaml:"dsn" doc:"PostgreSQL of this module, postgres://…; empty: SQLite in the data directory" secret:"true"`
}

// CanaryConfig is how a canary grows.
type CanaryConfig struct {
	Weight int           `yaml:"weight" doc:"calls of a hundred that a canary gets at first; 0: the first of the steps"`
	Steps  []int         `yaml:"steps" doc:"weights a canary goes through by itself while it does well; none: the weight stays"`
	Every  time.Duration `yaml:"every" doc:"how long a canary keeps each step"`
}

// HeldConfig bounds how calls wait while a module is held.
type HeldConfig struct {
	Calls  int           `yaml:"calls" doc:"calls that may wait at once while the module is held; others fail"`
	Within time.Duration `yaml:"within" doc:"how long each may wait"`
}

func defaultPlaced() Placed {
	return Placed{
		Mode:   string(route.ModeLocal),
		Canary: CanaryConfig{Steps: []int{1, 10, 50, 100}, Every: 30 * time.Second},
		Held:   HeldConfig{Calls: 1000, Within: 2 * time.Second},
	}
}

// place is the place that the section means.
func (p Placed) place() route.Place {
	switch mode := route.Mode(p.Mode); mode {
	case route.ModeRemote:
		return route.Remote(p.Address...)
	case route.ModeShadow:
		return route.Shadow(p.first(), route.Remote(p.Address...))
	case route.ModeCanary:
		weight := p.Canary.Weight
		if weight == 0 {
			weight = p.Canary.Steps[0]
		}
		canary := route.Canary(p.first(), route.Remote(p.Address...), weight)
		canary.Steps, canary.Every = p.Canary.Steps, p.Canary.Every
		return canary
	case route.ModeHeld:
		held := route.Held()
		held.Hold = route.HeldOptions{Calls: p.Held.Calls, Within: p.Held.Within}
		return held
	default:
		return route.Place{Mode: mode}
	}
}

// first is the first arm of a shadow or canary.
func (p Placed) first() route.Place {
	if len(p.Primary) == 0 {
		return route.Local()
	}
	return route.Remote(p.Primary...)
}

// Validate checks what the types can't.
func (p Placed) Validate() error {
	modes := []string{string(route.ModeLocal), string(route.ModeRemote), string(route.ModeShadow), string(route.ModeCanary), string(route.ModeHeld)}
	errs := []error{config.OneOf("mode", p.Mode, modes...)}
	elsewhere := p.Mode == string(route.ModeRemote) || p.Mode == string(route.ModeShadow) || p.Mode == string(route.ModeCanary)
	if elsewhere && len(p.Address) == 0 {
		errs = append(errs, config.At("address", "is needed for mode %s", p.Mode))
	}
	errs = append(errs, checkAddresses("address", p.Address), checkAddresses("primary", p.Primary))
	if p.Mode == string(route.ModeShadow) || p.Mode == string(route.ModeCanary) {
		for _, address := range p.Primary {
			if slices.Contains(p.Address, address) {
				errs = append(errs, config.At("primary", "is %s, and so is address: the two arms of %s are different processes", address, p.Mode))
			}
		}
	}
	if p.Mode == string(route.ModeCanary) && p.Canary.Weight == 0 && len(p.Canary.Steps) == 0 {
		errs = append(errs, config.At("canary.weight", "is needed for mode canary without steps"))
	}
	if dsn := p.DSN; dsn != "" && !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		errs = append(errs, config.At("dsn", "must begin with postgres://"))
	}
	return errors.Join(errs...)
}

func checkAddresses(key string, addresses []string) error {
	var errs []error
	for i, address := range addresses {
		errs = append(errs, config.HostPort(key, address))
		if slices.Contains(addresses[:i], address) {
			errs = append(errs, config.At(key, "names %s twice", address))
		}
	}
	return errors.Join(errs...)
}

// Validate checks what the types can't.
func (c CanaryConfig) Validate() error {
	var errs []error
	if c.Weight < 0 || c.Weight > 100 {
		errs = append(errs, config.At("weight", "is a percentage, 0 to 100, not %d", c.Weight))
	}
	for i, step := range c.Steps {
		switch {
		case step < 1 || step > 100:
			errs = append(errs, config.At("steps", "are percentages, 1 to 100, not %d", step))
		case i > 0 && step <= c.Steps[i-1]:
			errs = append(errs, config.At("steps", "must grow, and %d follows %d", step, c.Steps[i-1]))
		}
	}
	if c.Every <= 0 {
		errs = append(errs, config.At("every", "must be positive"))
	}
	return errors.Join(errs...)
}

// Validate checks what the types can't.
func (h HeldConfig) Validate() error {
	var errs []error
	if h.Calls < 1 {
		errs = append(errs, config.At("calls", "must be positive"))
	}
	if h.Within <= 0 {
		errs = append(errs, config.At("within", "must be positive"))
	}
	return errors.Join(errs...)
}

// Placements are where this process has the modules. The main one goes by their
// modes. One that learns from a peer runs its targets, whatever the modes say: the
// same file serves the process a module moves out of and the one it moves to.
func (c Config) Placements() (map[string]route.Place, error) {
	placements := map[string]route.Place{}
	var errs []error
	for _, row := range Table(c.Modules) {
		name, place := row.Definition.Name, row.Placed.place()
		switch {
		case c.Peer != "" && c.Runs(name):
			placements[name] = route.Local()
		case c.Peer != "":
			// The peer knows.
		case place.IsHere() && !c.Runs(name):
			errs = append(errs, fmt.Errorf("modules.%s: is not among the targets %v, and mode %s needs it here", name, c.Target, place.Mode))
		default:
			placements[name] = place
		}
	}
	return placements, errors.Join(errs...)
}

// Place is where the configuration has a module; false when there is no such
// module.
func (c Config) Place(module string) (route.Place, bool) {
	for _, row := range Table(c.Modules) {
		if row.Definition.Name == module {
			return row.Placed.place(), true
		}
	}
	return route.Place{}, false
}

// CheckPresent refuses to make a configuration file anew that was lost while the shop runs
// by what it said: with this one module in it, it would seem whole, and all others would
// come home. now is where each module is, or is to get to, in words.
func CheckPresent(from config.Sources, moved string, now func(module string) string) error {
	if _, err := os.Stat(from.File); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	c, _, err := Load(from)
	if err != nil {
		return err
	}
	var lost []string
	for _, row := range Table(c.Modules) {
		name := row.Definition.Name
		if is := now(name); name != moved && is != row.Placed.place().String() {
			lost = append(lost, name+" is "+is)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("%s is missing, and the shop goes on by what it said (%s): bring it back, or write one that says where these modules are to be; made anew for %s alone, it would move them",
		from.File, strings.Join(lost, "; "), moved)
}

// places is the configuration file as the console changes it, and the process that goes by
// it.
type places struct {
	from    config.Sources
	process *process.Process
}

// now is where a module is or is to get to.
func (p places) now(module string) string {
	if wish, pending := p.process.Wish(module); pending {
		return wish.Place.String()
	}
	return p.process.Place(module).String()
}

func (p places) Now(module string) (moving.Move, route.Place, error) {
	c, _, err := Load(p.from)
	if err != nil {
		return moving.Move{}, route.Place{}, err
	}
	for _, row := range Table(c.Modules) {
		if row.Definition.Name == module {
			at := row.Placed
			return moving.Move{
				Module: module, Mode: route.Mode(at.Mode), Addresses: at.Address, Primary: at.Primary,
				Weight: at.Canary.Weight, Steps: at.Canary.Steps, Every: at.Canary.Every,
			}, at.place(), nil
		}
	}
	return moving.Move{}, route.Place{}, fmt.Errorf("there is no module %q", module)
}

func (p places) Preview(m moving.Move) (route.Place, error) {
	if err := CheckPresent(p.from, m.Module, p.now); err != nil {
		return route.Place{}, err
	}
	return Preview(p.from, m.Module, m.Settings()...)
}

func (p places) Edit(m moving.Move) error {
	if err := CheckPresent(p.from, m.Module, p.now); err != nil {
		return err
	}
	return Edit(p.from, m.Settings()...)
}

// Edit changes settings in the configuration file; see config.Edit.
func Edit(from config.Sources, settings ...config.Setting) error {
	c := DefaultConfig()
	return config.Edit(&c, prepared(from), settings...)
}

// Preview is where a module would be after an edit of the configuration. It
// changes nothing.
func Preview(from config.Sources, module string, settings ...config.Setting) (route.Place, error) {
	c := DefaultConfig()
	if err := config.Preview(&c, prepared(from), settings...); err != nil {
		return route.Place{}, err
	}
	place, known := c.Place(module)
	if !known {
		return place, fmt.Errorf("there is no module %q", module)
	}
	return place, nil
}
