package certs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Rotation is how far the replacement of the authority has got:
//
//	Settled ── BeginRotation ──► Begun ── SwitchRotation ──► Switched ── EndRotation ──► Settled
//
// Settled: one authority signs and is trusted. Begun: the new one is trusted, and
// signs nothing yet, so that processes elsewhere can be told of it. Switched: the
// new one signs, and the old one is still trusted.
type Rotation string

// The steps of a rotation.
const (
	Settled  Rotation = "settled"
	Begun    Rotation = "begun"
	Switched Rotation = "switched"
)

// trustedFile has what processes trust, without keys: for those elsewhere.
const trustedFile = "trusted.pem"

// Rotation tells how far it has got, and when the authority that signs ends.
func (a *Authority) Rotation() (Rotation, time.Time, error) {
	now, err := a.current()
	if err != nil {
		return "", time.Time{}, err
	}
	return now.rotation(), now.all[0].cert.NotAfter, nil
}

func (s *authorities) rotation() Rotation {
	switch {
	case len(s.all) == 1:
		return Settled
	case s.last().key != nil:
		return Begun
	}
	return Switched
}

// BeginRotation makes a new authority in the same trust domain.
func (a *Authority) BeginRotation() (trusted string, err error) {
	return a.rotate(Settled, func(now *authorities) (*authorities, error) {
		made, err := newAuthority(domain(now.all[0].cert))
		return &authorities{all: []authority{now.all[0], made}}, err
	})
}

// SwitchRotation lets the new authority sign. Certificates of the old one are good
// until the end; its key is forgotten.
func (a *Authority) SwitchRotation() (trusted string, err error) {
	return a.rotate(Begun, func(now *authorities) (*authorities, error) {
		old := now.all[0]
		old.key = nil
		return &authorities{all: []authority{now.all[1], old}}, nil
	})
}

// EndRotation drops the old authority: its certificates are good no more.
// Processes that read the directory have shown their new ones to all others when
// their connections are renewed, so until then it is refused, unless at once is
// set, which cuts those connections.
func (a *Authority) EndRotation(atOnce bool) (trusted string, err error) {
	return a.rotate(Switched, func(now *authorities) (*authorities, error) {
		info, err := os.Stat(filepath.Join(a.dir, authorityFile))
		if err != nil {
			return nil, err
		}
		if safe := info.ModTime().Add(ConnectionAge * 3 / 2); !atOnce && time.Now().Before(safe) {
			return nil, fmt.Errorf("connections from before the switch may last until %s; wait until then, or cut them at once", safe.Format(time.TimeOnly))
		}
		return &authorities{all: now.all[:1]}, nil
	})
}

func (a *Authority) rotate(from Rotation, step func(*authorities) (*authorities, error)) (trusted string, err error) {
	now, err := a.current()
	if err != nil {
		return "", err
	}
	if is := now.rotation(); is != from {
		return "", fmt.Errorf("the rotation of the authority is %s, not %s", is, from)
	}
	next, err := step(now)
	if err != nil {
		return "", fmt.Errorf("rotate the authority: %w", err)
	}
	data, err := next.encode()
	if err != nil {
		return "", err
	}
	trusted = filepath.Join(a.dir, trustedFile)
	return trusted, errors.Join(
		writeFile(filepath.Join(a.dir, authorityFile), data, os.Rename),
		writeFile(trusted, next.trusted(), os.Rename),
	)
}
