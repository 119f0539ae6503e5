package route

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Mode is the shape of a place.
type Mode string

// The modes.
const (
	// ModeLocal: the implementation in this process.
	ModeLocal Mode = "local"
	// ModeRemote: other processes, one or more copies, over gRPC.
	ModeRemote Mode = "remote"
	// ModeShadow: the first arm answers, and what only reads goes to the
	// second one as well, to compare the answers.
	ModeShadow Mode = "shadow"
	// ModeCanary: a share of the calls goes to the second arm.
	ModeCanary Mode = "canary"
	// ModeHeld: calls wait until the place is known again.
	ModeHeld Mode = "held"
	// ModeLoopback: the local implementation through a real gRPC encode and
	// decode in memory. For tests.
	ModeLoopback Mode = "loopback"
)

// modeNone is the mode of calls that reached no target.
const modeNone Mode = "none"

// modeCompared is the mode of calls whose answers are only compared.
const modeCompared Mode = "compared"

// measured are the modes whose calls are counted, the commonest first.
var measured = [...]Mode{ModeLocal, ModeRemote, ModeShadow, ModeCanary, ModeHeld, ModeLoopback, modeNone, modeCompared}

// Place says where calls to one module go. It is a value: two places that are
// Equal mean the same, wherever they come from. A route interprets it as a small tree,
// whose leaves are local and remote:
//
//	local                            this process
//	remote  ── addresses             other processes, the least loaded one that is well
//	shadow  ─┬─ arms[0]              answers
//	         └─ arms[1]              is asked as well, if the call only reads
//	canary  ─┬─ arms[0]              the rest of the calls
//	         └─ arms[1]              weight percent of them, one key always the same way
//	held                             calls wait: so many, for so long
//
// Every place may follow every other while calls are in flight:
//
//	local <──> remote <──> shadow <──> canary <──> held <──> local …
//
// New calls go to the new place, calls in flight finish where they began, and
// what the new place does not need any more is stopped after that. The zero
// value is nowhere: calls fail with Unavailable.
type Place struct {
	Mode Mode
	// Addresses of a remote place, host:port each. Several are copies of the
	// module on one store.
	Addresses []string
	// Arms of a shadow or canary: two places, each local or remote.
	Arms []Place
	// Weight is how many of a hundred calls a canary's second arm gets, at first
	// if it has steps.
	Weight int
	// Steps are the weights a canary goes through by itself as long as its second
	// arm does well, each for the time of Every. None: the weight stays.
	Steps []int
	Every time.Duration
	// Hold bounds how calls wait in a held place.
	Hold HeldOptions
}

// Local is the place of a module that runs in this process.
func Local() Place { return Place{Mode: ModeLocal} }

// Remote is the place of a module that runs in other processes.
func Remote(addresses ...string) Place { return Place{Mode: ModeRemote, Addresses: addresses} }

// Shadow is a place where primary answers and second is compared with it.
func Shadow(primary, second Place) Place {
	return Place{Mode: ModeShadow, Arms: []Place{primary, second}}
}

// Canary is a place where trial gets weight percent of the calls, and stable
// the others.
func Canary(stable, trial Place, weight int) Place {
	return Place{Mode: ModeCanary, Arms: []Place{stable, trial}, Weight: weight}
}

// Held is a place where calls wait.
func Held() Place { return Place{Mode: ModeHeld} }

// Equal tells whether two places mean the same.
func (p Place) Equal(other Place) bool {
	return p.Mode == other.Mode && p.Weight == other.Weight && p.Every == other.Every && p.Hold == other.Hold &&
		slices.Equal(p.Steps, other.Steps) &&
		slices.Equal(p.Addresses, other.Addresses) &&
		slices.EqualFunc(p.Arms, other.Arms, Place.Equal)
}

// Leaves are the local and remote places in the tree, the first arm's first.
func (p Place) Leaves() []Place {
	if len(p.Arms) == 0 {
		return []Place{p}
	}
	var leaves []Place
	for _, arm := range p.Arms {
		leaves = append(leaves, arm.Leaves()...)
	}
	return leaves
}

// IsHere tells whether the module runs in this process for the place.
func (p Place) IsHere() bool {
	return slices.ContainsFunc(p.Leaves(), func(leaf Place) bool { return leaf.Mode == ModeLocal })
}

// Reached lists the addresses of all remote leaves, each once.
func (p Place) Reached() []string {
	var all []string
	for _, leaf := range p.Leaves() {
		for _, address := range leaf.Addresses {
			if !slices.Contains(all, address) {
				all = append(all, address)
			}
		}
	}
	return all
}

// Check returns what is wrong with the place, if anything.
func (p Place) Check() error {
	switch p.Mode {
	case ModeLocal, ModeHeld:
		if len(p.Addresses)+len(p.Arms) > 0 {
			return fmt.Errorf("%s takes no address", p.Mode)
		}
	case ModeRemote:
		if len(p.Addresses) == 0 {
			return errors.New("remote needs an address")
		}
		for i, address := range p.Addresses {
			if slices.Contains(p.Addresses[:i], address) {
				return fmt.Errorf("the address %s is given twice", address)
			}
		}
	case ModeShadow, ModeCanary:
		return p.checkArms()
	case "":
		return errors.New("no mode is given")
	default:
		return fmt.Errorf("there is no mode %q; there are local, remote, shadow, canary and held", p.Mode)
	}
	return nil
}

func (p Place) checkArms() error {
	if len(p.Arms) != 2 {
		return fmt.Errorf("%s needs two arms, and has %d", p.Mode, len(p.Arms))
	}
	for _, arm := range p.Arms {
		if arm.Mode != ModeLocal && arm.Mode != ModeRemote {
			return fmt.Errorf("an arm of %s is local or remote, not %q", p.Mode, arm.Mode)
		}
		if err := arm.Check(); err != nil {
			return fmt.Errorf("%s: %w", p.Mode, err)
		}
	}
	if p.Arms[0].Equal(p.Arms[1]) {
		return fmt.Errorf("both arms of %s are %s", p.Mode, p.Arms[0])
	}
	last := -1
	for _, weight := range append([]int{p.Weight}, p.Steps...) {
		if weight < 0 || weight > 100 {
			return fmt.Errorf("a weight of %s is %d; it is a percentage", p.Mode, weight)
		}
	}
	for _, step := range p.Steps {
		if step <= last {
			return fmt.Errorf("the steps of %s are %v; each must be more than the one before", p.Mode, p.Steps)
		}
		last = step
	}
	if len(p.Steps) > 0 && p.Every <= 0 {
		return fmt.Errorf("%s has steps, and no time for each", p.Mode)
	}
	return nil
}

// String is the place in words: "remote at 10.0.0.5:7071", "canary: 10 % remote
// at 127.0.0.1:7073, the rest local".
func (p Place) String() string {
	switch p.Mode {
	case "":
		return "nowhere"
	case ModeRemote:
		return "remote at " + strings.Join(p.Addresses, ", ")
	case ModeShadow:
		return fmt.Sprintf("shadow: %s, compared with %s", p.Arms[0], p.Arms[1])
	case ModeCanary:
		return fmt.Sprintf("canary: %d %% %s, the rest %s", p.Weight, p.Arms[1], p.Arms[0])
	}
	return string(p.Mode)
}

// WithSettings is the place in words with the settings that its own words leave out.
func (p Place) WithSettings() string {
	switch {
	case p.Mode == ModeCanary:
		return fmt.Sprintf("%s; steps of %v %%, each for %s", p, p.Steps, p.Every)
	case p.Mode == ModeHeld:
		return fmt.Sprintf("%s: %d calls, each for %s", p, p.Hold.Calls, p.Hold.Within)
	}
	return p.String()
}
