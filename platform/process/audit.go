package process

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"galleria/platform/durable"
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
}

// Cause is who wants a change of a place, and why.
type Cause struct{ Who, Why string }

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
		return Cause{Who: "peer " + p.o.Peer}
	}
	a := p.announced[name]
	delete(p.announced, name)
	if a.Who != "" && p.o.Now().Before(a.until) {
		return a.Cause
	}
	return Cause{Who: "configuration"}
}

// Bounds of the audit log: what is older than auditMost bytes is in one older
// file, and what is older than that is dropped.
const auditMost = 1 << 20

func (p *Process) auditFile() string { return filepath.Join(p.o.Dir, "places", "audit.jsonl") }

// audit writes a change to the log. That it can't is no reason to undo it.
func (p *Process) audit(c Change) {
	c.At = p.o.Now().UTC()
	line, err := json.Marshal(c)
	if err == nil {
		if info, e := os.Stat(p.auditFile()); e == nil && info.Size() > auditMost {
			err = os.Rename(p.auditFile(), p.auditFile()+".1")
		}
		err = errors.Join(err, durable.Append(p.auditFile(), append(line, '\n')))
	}
	if err != nil {
		p.o.Log.Error("change of a place not in the audit log", "module", c.Module, "error", err)
	}
}

// Changes are the changes of places there were, the oldest first; of one module,
// or of all.
func (p *Process) Changes(module string) ([]Change, error) {
	var all []Change
	for _, name := range []string{p.auditFile() + ".1", p.auditFile()} {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			var c Change
			// A line that was cut off by a crash is not one.
			if json.Unmarshal(lines.Bytes(), &c) == nil && (module == "" || c.Module == module) {
				all = append(all, c)
			}
		}
	}
	return all, nil
}
