package route

import (
	"strconv"
	"strings"

	"google.golang.org/grpc/status"
)

// failures are the commonest ways in which a process is not reached: what the
// transport says of each, and what a person wants to read.
var failures = []struct{ sign, words string }{
	{"connection refused", "nobody listens there (connection refused)"},
	{"produced zero addresses", "there is no such host"},
	{"signed by unknown authority", "its certificate is of an authority that is not trusted here"},
	{"remote error: tls", "it does not trust the certificate shown to it"},
	{"does not look like a TLS handshake", "what listens there does not speak TLS"},
	{"error reading server preface", "what listens there speaks another protocol, or wants TLS"},
	{"context deadline exceeded", "it did not answer in time"},
}

// Why says in plain words, on one line and without the wording of gRPC, why a
// call to another process failed. Where it was to go is the caller's to say.
func Why(err error) string {
	text := status.Convert(err).Message()
	for _, f := range failures {
		if strings.Contains(text, f.sign) {
			return f.words
		}
	}
	// The transport quotes what it knows.
	if _, rest, found := strings.Cut(text, "desc = "); found {
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			text, _ = strconv.Unquote(quoted)
		}
	}
	text = strings.TrimPrefix(text, "transport: ")
	return strings.Join(strings.Fields(text), " ")
}
