package process

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	"galleria/platform/durable"
	"galleria/platform/route"
)

// Change is one change of a place, as the audit log has it.
type Change struct {
	At     time.Time `json:"at"`
	Module string    `json:"module"`
	// Who ordered it: an operator's account, the configuration, a canary, the peer.
	Who string `json:"who"`
	// From and To are places in words.
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why,omitempty"`
	// Process is the one whose calls go elsewhere since; Beside says that it is not the main
	// one. What an earlier release noted has neither.
	Process string `json:"process,omitempty"`
	Beside  bool   `json:"beside,omitempty"`
}

// Cause is who wants a change of a place, and why.
type Cause struct{ Who, Why string }

// byPeer begins who ordered a change on the word of the peer.
const byPeer = "peer "

// announcedFor is how long an announced cause waits for its change.
const announcedFor = 30 * time.Second

type announcement struct {
	Cause
	until time.Time
}

// Announce says who is about to change a module's place, and why: the file that
// is changed for it has no room for that.
func (p *Process) Announce(name string, c Cause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.announced[name] = announcement{c, p.o.Now().Add(announcedFor)}
}

// causeOf is who ordered the change of a module's place that is made now.
func (p *Process) causeOf(name string, by word) Cause {
	p.mu.Lock()
	defer p.mu.Unlock()
	if by == peers {
		return Cause{Who: byPeer + p.o.Peer}
	}
	a := p.announced[name]
	delete(p.announced, name)
	if a.Who != "" && p.o.Now().Before(a.until) {
		return a.Cause
	}
	return Cause{Who: "configuration"}
}

// soughtFor notes who ordered a move that failed and is tried again.
func (p *Process) soughtFor(name string, c Cause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sought[name] = c
}

// foundForLocked is who ordered a move that has succeeded after it failed.
func (p *Process) foundForLocked(name string) Cause {
	const late = "it could be reached at last"
	c := p.sought[name]
	switch {
	case c.Who == "":
		return Cause{Who: "configuration", Why: late}
	case c.Why == "":
		c.Why = late
	default:
		c.Why += "; " + late
	}
	return c
}

// auditMost bounds the audit log; see durable.Journal.
const auditMost = 1 << 20

func (p *Process) auditLog() durable.Journal {
	return durable.Journal{Name: filepath.Join(p.o.Dir, "places", "audit.jsonl"), Most: auditMost}
}

// audit writes a change to the log. A failure to write is logged, and does not undo the
// change.
func (p *Process) audit(c Change) {
	c.At, c.Process, c.Beside = p.o.Now().UTC(), p.name, p.o.Peer != ""
	line, err := json.Marshal(c)
	if err == nil {
		err = p.auditLog().Add(line)
	}
	if err != nil {
		p.o.Log.Error("a module was moved, and this could not be written to the audit log", "module", c.Module, "error", err)
	}
}

// auditStart notes the modules that a start has put elsewhere than they were last: the
// configuration was changed while no main process ran. Of one that nothing is noted of yet it
// notes where it is, unless that is at home.
func (p *Process) auditStart() {
	if p.o.Peer != "" {
		return
	}
	changes, err := p.Changes("", false)
	if err != nil {
		p.o.Log.Error("earlier changes of places can't be read, so this start's are not noted", "error", err)
		return
	}
	last := map[string]string{}
	for _, c := range changes {
		last[c.Module] = c.To
	}
	for _, d := range p.ordered {
		is, why := p.placeNow(d.Name), "it was changed while no main process ran"
		was, noted := last[d.Name]
		if !noted {
			was, why = route.Local().String(), "nothing is noted of it before this start"
		}
		if _, sought := p.Wish(d.Name); was == is || sought { // what is sought is noted when it is found
			continue
		}
		p.audit(Change{Module: d.Name, Who: "configuration", From: last[d.Name], To: is, Why: why})
	}
}

// Changes are the changes of places there were, the oldest first; of one module, or of
// all. Processes of one data directory share the log: what those beside the main one noted,
// of their own ways to a module, is left out unless others is set.
func (p *Process) Changes(module string, others bool) ([]Change, error) {
	lines, err := p.auditLog().Lines()
	if err != nil {
		return nil, err
	}
	var all []Change
	for _, line := range lines {
		var c Change
		// A line that was cut off by a crash is not one.
		if json.Unmarshal(line, &c) != nil {
			continue
		}
		beside := c.Beside || strings.HasPrefix(c.Who, byPeer)
		if (module == "" || c.Module == module) && (others || !beside) {
			all = append(all, c)
		}
	}
	return all, nil
}
