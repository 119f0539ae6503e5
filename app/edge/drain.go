package edge

import (
	"io"
	"net/http"
)

// drainLimit is how much of a refused body is read and thrown away.
const drainLimit = 64 << 20

// Drain reads what is left of a body that no handler reads, so that a client that sends
// all of it before it listens hears why: with bytes unread, the connection
// would be reset under the answer. The server's ReadTimeout bounds the time.
// Who waits for "100 Continue" has sent nothing and need not.
func Drain(r *http.Request, body io.Reader) {
	if body == nil || r.ContentLength > drainLimit || r.Header.Get("Expect") != "" {
		return
	}
	// An error means that the client has left.
	_, _ = io.CopyN(io.Discard, body, drainLimit)
}
