package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// processName is the server's name in every certificate.
	processName = "process.internal"
	// moduleDomain is what follows a module's name in the name of its servers.
	moduleDomain = ".module.internal"

	processPath = "/process/"
	mainPath    = "/main"
)

// All stands for every caller, or every module, in Rights.
const All = "*"

// Operator is the caller whose certificate may look into every process.
const Operator = "operator"

// Rights are what a certificate allows its process.
type Rights struct {
	// Speaks are the callers it may speak for.
	Speaks []string
	// Serves are the modules it may serve.
	Serves []string
}

// Everything is for the process that others learn from.
var Everything = Rights{Speaks: []string{All}, Serves: []string{All}}

// rightName is what both a segment of a SPIFFE id and a label of a DNS name carry
// unchanged.
var rightName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (r Rights) check() error {
	for _, name := range slices.Concat(r.Speaks, r.Serves) {
		if name != All && !rightName.MatchString(name) {
			return fmt.Errorf("%q is no name of a caller or module: want lower-case letters, digits and hyphens", name)
		}
	}
	return nil
}

func (r Rights) sorted() Rights {
	sorted := func(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
	return Rights{Speaks: sorted(r.Speaks), Serves: sorted(r.Serves)}
}

func (r Rights) id(domain string) *url.URL {
	id := &url.URL{Scheme: "spiffe", Host: domain}
	switch {
	case slices.Contains(r.Speaks, All):
		id.Path = mainPath
	default:
		id.Path = strings.TrimSuffix(processPath+strings.Join(r.Speaks, "/"), "/")
	}
	return id
}

func (r Rights) serverNames() []string {
	names := []string{processName}
	for _, module := range r.Serves {
		names = append(names, serverName(module))
	}
	return names
}

// serverName is what a client expects of a server of the module.
func serverName(module string) string { return module + moduleDomain }

// Peer is the process at the other end of a connection.
type Peer struct {
	// ID is its SPIFFE id.
	ID string
	// Speaks and Serves as in Rights.
	Speaks, Serves []string
	// Operator says that it may speak for the operator.
	Operator bool
	// Since is when the connection was made; zero: not known.
	Since time.Time
}

// plaintextPeer may do all: there is nothing to tell processes by.
var plaintextPeer = Peer{ID: "plaintext", Speaks: []string{All}, Serves: []string{All}, Operator: true}

// MaySpeakFor tells whether it may call as caller.
func (p Peer) MaySpeakFor(caller string) bool { return allows(p.Speaks, caller) }

// MayServe tells whether it may answer calls to module.
func (p Peer) MayServe(module string) bool { return allows(p.Serves, module) }

func allows(names []string, name string) bool {
	return name != "" && (slices.Contains(names, name) || slices.Contains(names, All))
}

var errNoID = errors.New("its certificate has no SPIFFE id, so it is of an earlier release: run its process with this release, or issue its certificate again")

// peerOf reads what a certificate allows in a trust domain.
func peerOf(leaf *x509.Certificate, domain string) (Peer, error) {
	if len(leaf.URIs) != 1 || leaf.URIs[0].Scheme != "spiffe" {
		return Peer{}, errNoID
	}
	id := leaf.URIs[0]
	p := Peer{ID: id.String()}
	callers, named := strings.CutPrefix(id.Path, processPath)
	switch {
	case id.Host != domain:
		return Peer{}, fmt.Errorf("its certificate is for %s, which is not in the trust domain %s", id, domain)
	case id.Path == mainPath:
		p.Speaks = []string{All}
	case named:
		p.Speaks = strings.Split(callers, "/")
	case id.Path+"/" != processPath: // speaks for no caller
		return Peer{}, fmt.Errorf("its certificate is for %s, which is no process", id)
	}
	for _, name := range leaf.DNSNames {
		if module, ok := strings.CutSuffix(name, moduleDomain); ok {
			p.Serves = append(p.Serves, module)
		}
	}
	p.Operator = p.MaySpeakFor(Operator)
	return p, nil
}
