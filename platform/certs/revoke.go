package certs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// revokedFile has a line per revoked certificate: its number, and for people what
// it was and when it was revoked.
const revokedFile = "revoked"

// Issued is a certificate that was issued for another machine.
type Issued struct {
	// Number is its serial number, in hexadecimal.
	Number string
	// Peer is what it says; its ID is empty when that is nothing that counts.
	Peer    Peer
	Ends    time.Time
	Revoked bool
}

// Describe tells what a certificate that Issue made allows.
func Describe(certificate []byte) (Issued, error) {
	leaf, err := parseCertificate(certificate)
	if err != nil {
		return Issued{}, err
	}
	host := ""
	if len(leaf.URIs) == 1 {
		host = leaf.URIs[0].Host
	}
	p, err := peerOf(leaf, host)
	return Issued{Number: number(leaf), Peer: p, Ends: leaf.NotAfter}, err
}

// Issued lists the certificates that Issue made, those that end first at first.
func (a *Authority) Issued() ([]Issued, error) {
	now, err := a.trust.get()
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(a.issuedDir(), "*.pem"))
	if err != nil {
		return nil, err
	}
	var all []Issued
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		leaf, err := parseCertificate(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p, _ := peerOf(leaf, now.domain)
		all = append(all, Issued{Number: number(leaf), Peer: p, Ends: leaf.NotAfter, Revoked: now.revoked[number(leaf)]})
	}
	slices.SortFunc(all, func(a, b Issued) int { return a.Ends.Compare(b.Ends) })
	return all, nil
}

// ErrNotIssued means that no certificate is called so.
var ErrNotIssued = errors.New("no such certificate was issued here")

// Revoke takes back the certificate with a number, or all that were issued with a
// SPIFFE id. Processes that read the data directory know within two seconds, and
// cut the connections made with it.
func (a *Authority) Revoke(numberOrID string) ([]Issued, error) {
	issued, err := a.Issued()
	if err != nil {
		return nil, err
	}
	var taken []Issued
	path := filepath.Join(a.dir, revokedFile)
	list, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(list) > 0 && list[len(list)-1] != '\n' {
		list = append(list, '\n')
	}
	for _, c := range issued {
		if c.Number != numberOrID && (c.Peer.ID == "" || c.Peer.ID != numberOrID) {
			continue
		}
		if !c.Revoked {
			list = fmt.Appendf(list, "%s %s revoked %s\n", c.Number, c.Peer.ID, time.Now().UTC().Format(time.RFC3339))
			c.Revoked = true
		}
		taken = append(taken, c)
	}
	if len(taken) == 0 {
		return nil, fmt.Errorf("%s: %w", numberOrID, ErrNotIssued)
	}
	return taken, writeFile(path, list, os.Rename)
}

// Revoked is the file of revoked certificates, to be copied to where the data
// directory is not read.
func (a *Authority) Revoked() string { return filepath.Join(a.dir, revokedFile) }

var serialNumber = regexp.MustCompile(`^[0-9a-f]+$`)

func parseRevoked(data []byte) (map[string]bool, error) {
	revoked := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		if !serialNumber.Match(fields[0]) {
			return nil, fmt.Errorf("%q is no number of a revoked certificate", fields[0])
		}
		revoked[string(fields[0])] = true
	}
	return revoked, lines.Err()
}

// makeRevoked begins the list: with the file there from the beginning, one that is
// missing is a mistake.
func makeRevoked(dir string) error {
	file, err := os.OpenFile(filepath.Join(dir, revokedFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}
