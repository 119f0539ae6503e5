package certs

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
)

// revokedFile has a line per revoked certificate: its number, and what it was.
const revokedFile = "revoked"

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
			return nil, fmt.Errorf("%q is no number of a certificate, of %s", fields[0], revokedFile)
		}
		revoked[string(fields[0])] = true
	}
	return revoked, lines.Err()
}
