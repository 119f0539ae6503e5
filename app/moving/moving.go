// Package moving is what a move of a module is: what an operator asks for, which keys
// of the configuration file say so, what it means for calls, when it is done, and what
// makes sense afterwards. The command line and the console share it.
//
//	Move ──Settings──> galleria.yaml ──(the shop follows the file)──> route.Place
//
// Deliberately not here: who may move modules, and how the file is changed (config.Edit).
package moving

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"galleria/platform/config"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// Modes are those that a module may be moved to.
var Modes = []route.Mode{route.ModeLocal, route.ModeRemote, route.ModeShadow, route.ModeCanary, route.ModeHeld}

// Move is what is asked for. What is left empty stays as it is in the file.
type Move struct {
	Module    string
	Mode      route.Mode
	Addresses []string
	// Primary are the addresses of the first arm of a shadow or canary; "local" alone is
	// the main process.
	Primary []string
	// Weight, Steps and Every are of a canary; steps that are empty and not nil are none.
	Weight int
	Steps  []int
	Every  time.Duration
}

// Home is the primary of a shadow or canary whose first arm is the main process.
var Home = []string{string(route.ModeLocal)}

// Check tells what is wrong with a move by itself.
func (m Move) Check() error {
	if !slices.Contains(Modes, m.Mode) {
		return fmt.Errorf("%q is not one of local, remote, shadow, canary, held", m.Mode)
	}
	if len(m.Addresses) > 0 && (m.Mode == route.ModeLocal || m.Mode == route.ModeHeld) {
		return fmt.Errorf("%s takes no address", m.Mode)
	}
	for _, address := range m.Addresses {
		if err := config.HostPort("address", address); err != nil {
			return err
		}
	}
	if m.Mode != route.ModeCanary && (m.Weight != 0 || m.Steps != nil || m.Every != 0) {
		return errors.New("weight, steps and every are for a canary")
	}
	if m.Mode != route.ModeCanary && m.Mode != route.ModeShadow && m.Primary != nil {
		return errors.New("a primary is for a shadow or a canary")
	}
	return nil
}

// Settings are the keys of the file that say where the module is to be.
func (m Move) Settings() []config.Setting {
	key := "modules." + m.Module + "."
	settings := []config.Setting{{Key: key + "mode", Value: string(m.Mode)}}
	if len(m.Addresses) > 0 {
		settings = append(settings, config.Setting{Key: key + "address", Value: m.Addresses})
	}
	switch {
	case slices.Equal(m.Primary, Home):
		settings = append(settings, config.Setting{Key: key + "primary", Value: []string{}})
	case len(m.Primary) > 0:
		settings = append(settings, config.Setting{Key: key + "primary", Value: m.Primary})
	}
	if m.Weight != 0 {
		settings = append(settings, config.Setting{Key: key + "canary.weight", Value: m.Weight})
	}
	if m.Steps != nil {
		settings = append(settings, config.Setting{Key: key + "canary.steps", Value: m.Steps})
	}
	if m.Every != 0 {
		settings = append(settings, config.Setting{Key: key + "canary.every", Value: m.Every})
	}
	return settings
}

// Against leaves out what the file says already, so that no line of it is written
// anew without need.
func (m Move) Against(file Move) Move {
	if slices.Equal(m.Addresses, file.Addresses) {
		m.Addresses = nil
	}
	if slices.Equal(m.Primary, file.Primary) || len(file.Primary) == 0 && slices.Equal(m.Primary, Home) {
		m.Primary = nil
	}
	if m.Weight == file.Weight {
		m.Weight = 0
	}
	if slices.Equal(m.Steps, file.Steps) {
		m.Steps = nil
	}
	if m.Every == file.Every {
		m.Every = 0
	}
	return m
}

// Consequences says what a place means for calls.
func Consequences(p route.Place) string {
	switch p.Mode {
	case route.ModeLocal:
		return "new calls go to the main process; those in flight finish where they are"
	case route.ModeRemote:
		return "new calls go there; those in flight finish where they are; a module that ran in the main process is stopped there then"
	case route.ModeShadow:
		from := "the main process"
		if first := p.Arms[0]; first.Mode == route.ModeRemote {
			from = strings.Join(first.Addresses, ", ")
		}
		return "callers get the answers of " + from + "; what only reads is asked of the other too, and compared"
	case route.ModeCanary:
		if len(p.Steps) == 0 {
			return "that share of the calls goes there until the weight is changed"
		}
		return fmt.Sprintf("the share grows by the steps %v, each for %s at least, or goes back to none at once", p.Steps, p.Every)
	case route.ModeHeld:
		return fmt.Sprintf("calls wait, %d at once and %s each at most, and fail beyond that", p.Hold.Calls, p.Hold.Within)
	}
	return ""
}

// Step is something that makes sense after a move.
type Step struct {
	// Words say it to a person, Command is what does it on the command line.
	Words, Command string
	// Move is the move that it is; nil: it only looks.
	Move *Move
}

// Next are the steps that make sense when a module is at a place.
func Next(module string, p route.Place) []Step {
	command := "galleria move " + module
	move := func(words string, m Move) Step {
		m.Module = module
		text := command + " " + string(m.Mode)
		if len(m.Addresses) > 0 {
			text += " " + strings.Join(m.Addresses, " ")
		}
		return Step{Words: words, Command: text, Move: &m}
	}
	back := move("Bring it back to the main process", Move{Mode: route.ModeLocal})
	if len(p.Arms) > 0 && p.Arms[0].Mode == route.ModeRemote {
		back = move("Only where the answers come from now", Move{Mode: route.ModeRemote, Addresses: p.Arms[0].Addresses})
	}
	switch p.Mode {
	case route.ModeLocal:
		return []Step{{Words: "Look at the earlier moves", Command: command + " history"}}
	case route.ModeShadow:
		return []Step{
			{Words: "Look at the differences", Command: command + " diff"},
			move("Give it a share of the calls", Move{Mode: route.ModeCanary}), back,
		}
	case route.ModeCanary:
		return []Step{
			{Words: "Look at how it does", Command: "galleria modules"},
			move("Give it all calls", Move{Mode: route.ModeRemote}), back,
		}
	}
	return []Step{back}
}

// Outcome is how far a move has come: done; not done, for a reason; or neither yet.
func Outcome(row *processv1.ModulesResponse_Module, wanted route.Place) (done bool, problem string) {
	switch {
	case row.GetWanted() == wanted.String():
		return false, row.GetWantedProblem()
	case row.GetWanted() != "" || row.GetSettings() != wanted.WithSettings():
		return false, ""
	case wanted.Mode == route.ModeCanary && wanted.Weight > 0 && row.GetWeight() == 0:
		return false, "it went back before (" + row.GetProgress() + "); it begins anew with other steps, or after another place"
	}
	return true, ""
}
