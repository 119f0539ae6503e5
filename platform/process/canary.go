package process

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"galleria/platform/lifecycle"
	"galleria/platform/route"
)

// Progress is how far a canary has come by itself.
//
//	step ──as good as the other arm──> next step … ──> promoted, at 100 %
//	  └──────worse────────────────────────────────> rolled back, at 0 %
//
// Both ends stay until the module gets to another place; a canary after that
// begins anew, and so does one with other steps. It is kept in the data directory, so a
// restart goes on where it was.
type Progress struct {
	// Wanted is the place it belongs to, in words, with its steps. What an earlier release
	// kept has no steps.
	Wanted string `json:"wanted"`
	// Weight is the second arm's share of the calls, in percent, since then.
	Weight int       `json:"weight"`
	Since  time.Time `json:"since"`
	// Ended says that it does not change by itself any more.
	Ended bool `json:"ended"`
	// Cause is why it is where it is, in a sentence.
	Cause string `json:"cause"`
}

// String is the progress for operators.
func (p Progress) String() string {
	return fmt.Sprintf("%d %% since %s: %s", p.Weight, p.Since.Format(time.DateTime), p.Cause)
}

// Progress is how far a module's canary has come; false when its place is none
// that changes by itself.
func (p *Process) Progress(name string) (Progress, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	progress, ok := p.progress[name]
	return progress, ok
}

// beginCanary is where a canary starts: where it was when the process stopped,
// or at its first weight.
func (p *Process) beginCanary(name string, wanted route.Place) Progress {
	var kept Progress
	data, err := os.ReadFile(p.progressFile(name))
	if err == nil {
		err = json.Unmarshal(data, &kept)
	}
	if p.o.Peer == "" && err == nil && (kept.Wanted == wanted.WithSettings() || kept.Wanted == wanted.String()) {
		kept.Wanted = wanted.WithSettings()
		return kept
	}
	return Progress{Wanted: wanted.WithSettings(), Weight: wanted.Weight, Since: p.o.Now(), Cause: "it has just begun"}
}

// keepLocked notes what the next start of the main process is to find of a canary; nil:
// nothing. Call saveProgress once p.mu is free: a disk that is slow must not hold up all
// that needs p.mu. A process beside the main one learns its places anew, and may share the
// directory: what is kept there is not its to change.
func (p *Process) keepLocked(name string, progress *Progress) {
	if p.o.Peer == "" {
		p.unsaved[name] = progress
	}
}

// saveProgress brings to disk what was noted last, and returns when what the caller noted,
// or what came after it, is there. Of two callers the one that waits finds nothing to do, so
// an earlier state never replaces a later one.
func (p *Process) saveProgress(name string) {
	p.saving.Lock()
	defer p.saving.Unlock()
	p.mu.Lock()
	progress, noted := p.unsaved[name]
	delete(p.unsaved, name)
	p.mu.Unlock()
	if !noted {
		return
	}
	if progress == nil {
		if err := os.Remove(p.progressFile(name)); err != nil && !os.IsNotExist(err) {
			p.o.Log.Error("progress of an earlier canary not removed", "module", name, "error", err)
		}
		return
	}
	data, err := json.Marshal(progress)
	if err == nil {
		err = p.writeProgress(p.progressFile(name), data)
	}
	if err != nil {
		p.o.Log.Error("canary's progress not kept", "module", name, "error", err)
	}
}

func (p *Process) progressFile(name string) string {
	return filepath.Join(p.o.Dir, "places", name+".json")
}

// watchCanary weighs a canary anew as its steps and its calls ask for, until the
// route points elsewhere.
func (p *Process) watchCanary(name string, target *route.Target, wanted route.Place) {
	every := min(max(wanted.Every/10, 10*time.Millisecond), time.Second)
	for p.life.Err() == nil && p.routes[name].Target() == target {
		progress, _ := p.Progress(name)
		if progress.Ended {
			return
		}
		if next, changed := step(progress, wanted, target, p.o.Now()); changed {
			p.weigh(name, target, progress, next)
		} else if next.Cause != progress.Cause {
			p.remember(name, target, next)
		}
		lifecycle.Pause(p.life, every)
	}
}

// step is what the calls since the last step make of a canary.
func step(now Progress, wanted route.Place, target *route.Target, at time.Time) (next Progress, changed bool) {
	verdict, why := route.Judge(target.Arms())
	next = now
	next.Cause = why
	over := at.Sub(now.Since) >= wanted.Every
	switch {
	case verdict == route.GoBack:
		next.Weight, next.Ended = 0, true
		next.Cause = "rolled back: " + why
	case verdict == route.GoOn && over && now.Weight == lastStep(wanted):
		next.Ended = true
		next.Cause = "promoted: " + why
	case verdict == route.GoOn && over:
		next.Weight = nextStep(now.Weight, wanted.Steps)
	default:
		if over {
			next.Cause += "; it stays until that is clear"
		}
		return next, false
	}
	next.Since = at
	return next, true
}

func nextStep(weight int, steps []int) int {
	for _, s := range steps {
		if s > weight {
			return s
		}
	}
	return weight
}

// lastStep is the weight a canary is promoted at.
func lastStep(wanted route.Place) int {
	return max(wanted.Weight, wanted.Steps[len(wanted.Steps)-1])
}

// weigh makes a step. It is kept before it holds: a process that dies in between
// goes on with it.
func (p *Process) weigh(name string, target *route.Target, from, to Progress) {
	if !p.remember(name, target, to) {
		return
	}
	if err := target.Weigh(to.Weight); err != nil {
		p.o.Log.Error("canary not weighed", "module", name, "error", err)
		return
	}
	was, is := target.Place(), target.Place()
	was.Weight = from.Weight
	p.audit(Change{Module: name, Who: "canary", From: was.String(), To: is.String(), Why: to.Cause})
	p.o.Log.Info("canary weighed", "module", name, "from", from.Weight, "to", to.Weight, "because", to.Cause)
}

// remember notes progress as long as the canary is where the module is. A step is on disk
// before it is told.
func (p *Process) remember(name string, target *route.Target, progress Progress) bool {
	last, _ := p.Progress(name)
	if progress.Weight != last.Weight || progress.Ended != last.Ended {
		if !p.whileAt(name, target, func() { p.keepLocked(name, &progress) }) {
			return false
		}
		p.saveProgress(name)
	}
	return p.whileAt(name, target, func() { p.progress[name] = progress })
}

// whileAt does something with p.mu held if the module's calls go to target, and tells
// whether they do.
func (p *Process) whileAt(name string, target *route.Target, do func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.routes[name].Target() != target {
		return false
	}
	do()
	return true
}

// beginning is how far the canary of a place begins; nil: the place does not change by
// itself. It is read from disk, so before p.mu is held.
func (p *Process) beginning(name string, place route.Place) *Progress {
	if place.Mode != route.ModeCanary || len(place.Steps) == 0 {
		return nil
	}
	progress := p.beginCanary(name, place)
	return &progress
}

// beganLocked starts what a place does by itself. It is kept from its begin: an end that an
// earlier canary came to is not to come back with its place. Call saveProgress after it.
func (p *Process) beganLocked(name string, target *route.Target, place route.Place, beginning *Progress) {
	delete(p.progress, name)
	p.keepLocked(name, beginning)
	if beginning == nil {
		return
	}
	p.progress[name] = *beginning
	p.tasks.Go(func() { p.watchCanary(name, target, place) })
}

// weightOf is the weight a canary's place has now.
func (p *Process) weightOf(name string, place route.Place) int {
	if len(place.Steps) == 0 {
		return place.Weight
	}
	return p.beginCanary(name, place).Weight
}
