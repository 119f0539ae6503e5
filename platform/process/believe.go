package process

import (
	"context"
	"crypto/ed25519"

	"galleria/platform/identity"
	processv1 "galleria/platform/process/v1"
)

// The keys by which statements of on whose behalf calls are made are believed here:
// those of the module that makes them, which its processes tell the others. A key
// stays good when its process ends: the module's store keeps it, and the statements
// that are about are good for minutes.

// Identities are the keys by which statements are believed in this process.
func (p *Process) Identities() *identity.Keys { return p.identities }

// believe takes the keys of a module that says of itself that it makes statements.
func (p *Process) believe(source, name string, keys []ed25519.PublicKey) {
	for _, d := range p.ordered {
		if d.Name == name && d.Vouches && len(keys) > 0 {
			p.identities.Learn(source+": "+name, keys)
		}
	}
}

// believeMembers takes the keys that a process tells of, as far as its certificate
// lets it serve the modules that they are of.
func (p *Process) believeMembers(ctx context.Context, members []*processv1.Member) {
	from, _ := p.o.Identity.PeerOf(ctx)
	for _, m := range members {
		for _, claimed := range m.GetModules() {
			if !from.MayServe(claimed.GetModule()) {
				continue
			}
			var keys []ed25519.PublicKey
			for _, key := range claimed.GetVouches() {
				keys = append(keys, key)
			}
			p.believe("other processes", claimed.GetModule(), keys)
		}
	}
}

// vouches are the keys of a module that runs here.
func (p *Process) vouches(name string) (keys [][]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if running := p.running[name]; running != nil {
		for _, key := range running.Instance.Vouches {
			keys = append(keys, key)
		}
	}
	return keys
}
