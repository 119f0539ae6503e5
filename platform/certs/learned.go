package certs

import (
	"fmt"
	"maps"
	"slices"
)

// maxLearned bounds how many revoked certificates another process may name.
const maxLearned = 100_000

// Revoked lists the numbers of the certificates that were revoked, as far as this
// process knows, in order.
func (i *Identity) Revoked() []string {
	if i.plaintext {
		return nil
	}
	now, err := i.trusted()
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(now.revoked))
}

// LearnRevoked adds certificates that a process says were revoked; ask only one that
// may do everything. Their connections are cut by Watch. What was revoked once stays
// so until this process ends: a list that has become shorter takes nothing away.
func (i *Identity) LearnRevoked(numbers []string) error {
	if i.plaintext {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	learned := maps.Clone(i.learned)
	if learned == nil {
		learned = map[string]bool{}
	}
	for _, n := range numbers {
		if !serialNumber.MatchString(n) {
			return fmt.Errorf("%q is no number of a revoked certificate", n)
		}
		learned[n] = true
	}
	switch {
	case len(learned) == len(i.learned):
		return nil
	case len(learned) > maxLearned:
		return fmt.Errorf("%d revoked certificates are more than the %d that are remembered", len(learned), maxLearned)
	}
	i.learned, i.merged, i.mergedFrom = learned, nil, nil
	return nil
}

// trusted is what the files say, and what was learned beside them. It stays the same
// value until one of them changes.
func (i *Identity) trusted() (*trust, error) {
	files, err := i.trust.get()
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.learned) == 0 {
		return files, nil
	}
	if i.mergedFrom != files {
		merged := *files
		merged.revoked = maps.Clone(files.revoked)
		maps.Copy(merged.revoked, i.learned)
		i.merged, i.mergedFrom = &merged, files
	}
	return i.merged, nil
}
