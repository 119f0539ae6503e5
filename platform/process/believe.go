package process

import (
	"bytes"
	"crypto/ed25519"
	"slices"

	"galleria/platform/identity"
	processv1 "galleria/platform/process/v1"
)

// The keys by which statements of on whose behalf calls are made are believed here:
// those that the module that makes them tells just now, in this process or in others
// that answer and whose certificates let them serve it. A key that none of them tells
// any more is not believed any more. While none of them tells any key, because the
// module is on its way from one process to another or its process died, those that
// were told last stay good: the module's store keeps them, and the statements that are
// about are good for minutes.

// Identities are the keys by which statements are believed in this process.
func (p *Process) Identities() *identity.Keys { return p.identities }

// believe takes the keys that are told just now.
func (p *Process) believe() {
	p.believing.Lock() // so that what was told later is not replaced by what was told before
	defer p.believing.Unlock()
	for _, d := range p.ordered {
		if !d.Vouches {
			continue
		}
		keys := slices.Concat(p.vouches(d.Name), p.registry.vouches(d.Name)) // what is told stays the module's
		// In order and once each: Learn forgets which statements were good when keys change.
		slices.SortFunc(keys, func(a, b ed25519.PublicKey) int { return bytes.Compare(a, b) })
		keys = slices.CompactFunc(keys, func(a, b ed25519.PublicKey) bool { return a.Equal(b) })
		if len(keys) > 0 {
			p.identities.Learn(d.Name, keys)
		}
	}
}

// vouches are the keys of a module that runs here, or is about to.
func (p *Process) vouches(name string) []ed25519.PublicKey {
	p.mu.Lock()
	running := p.running[name]
	if running == nil {
		running = p.spare[name]
	}
	p.mu.Unlock()
	if running == nil || running.Instance.Vouches == nil {
		return nil
	}
	return running.Instance.Vouches()
}

// vouches are the keys that processes that answer tell of a module.
func (r *registry) vouches(name string) (keys []ed25519.PublicKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries {
		if e.state != processv1.Member_STATE_ANSWERING || e.by.mayServe == nil || !e.by.mayServe(name) {
			continue
		}
		for _, claimed := range e.said.GetModules() {
			if claimed.GetModule() != name {
				continue
			}
			for _, key := range claimed.GetVouches() {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
