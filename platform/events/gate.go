package events

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// gate stands between a pipe and the server. It introduces the client with a
// credential of its own, and keeps replies out of the stream: the server checks
// under which subject a client publishes, but not where it wants the answer, and
// an answer under "events." would be an event.
//
// What the client sends is read whole and written anew, so that the server sees
// what was checked.
type gate struct {
	net.Conn // the server's end; reading is from the server
	rights   Rights
	grants   *grants
	in       *io.PipeWriter

	inbox, credential string // "": not introduced yet
}

const maxControlLine = 8 << 10

// inboxName is what a client may call its inbox: not guessable and no pattern.
var inboxName = regexp.MustCompile(`^[A-Za-z0-9_-]{32,64}$`)

func newGate(inner net.Conn, r Rights, g *grants) *gate {
	out, in := io.Pipe()
	w := &gate{Conn: inner, rights: r, grants: g, in: in}
	go func() {
		to := bufio.NewWriterSize(inner, 32<<10)
		err := w.pass(bufio.NewReaderSize(out, maxControlLine), to)
		var refused refusal
		if errors.As(err, &refused) {
			g.log.Warn("closed a connection to the broker: what it asked for is not allowed", "process", r.Process, "publishes", r.Publish, "subscribes", r.Subscribe, "why", string(refused))
		}
		g.take(w.credential) // the server may not have asked for it
		out.CloseWithError(io.ErrClosedPipe)
		inner.Close()
	}()
	return w
}

// Write takes what the client sends.
func (w *gate) Write(p []byte) (int, error) { return w.in.Write(p) }

func (w *gate) Close() error {
	w.in.Close()
	return w.Conn.Close()
}

// refusal is why a client's connection is closed.
type refusal string

func (r refusal) Error() string { return string(r) }

// pass copies the client's commands until one is refused or an end is closed.
func (w *gate) pass(from *bufio.Reader, to *bufio.Writer) error {
	for {
		line, err := from.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return refusal("a command of more than 8 KiB")
		}
		if err != nil {
			return err
		}
		op, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		args := strings.Fields(rest)
		switch op = strings.ToUpper(op); {
		case op == "CONNECT" && w.inbox == "":
			err = w.introduce(to, rest)
		case w.inbox == "":
			return refusal("it sent " + strconv.Quote(op) + " before it introduced itself")
		case op == "PUB" && (len(args) == 2 || len(args) == 3), op == "HPUB" && (len(args) == 3 || len(args) == 4):
			err = w.publish(from, to, op, args)
		case op == "SUB" && (len(args) == 2 || len(args) == 3), op == "UNSUB" && (len(args) == 1 || len(args) == 2),
			(op == "PING" || op == "PONG") && len(args) == 0:
			_, err = to.WriteString(strings.Join(append([]string{op}, args...), " ") + "\r\n")
		default:
			return refusal("it sent " + strconv.Quote(op) + ", which is no command of a client")
		}
		if err == nil && from.Buffered() == 0 {
			err = to.Flush()
		}
		if err != nil {
			return err
		}
	}
}

// introduce passes CONNECT on. The client's user is the name of its inbox; what
// it says beside about who it is counts for nothing.
func (w *gate) introduce(to *bufio.Writer, rest string) error {
	var said map[string]any
	if err := json.Unmarshal([]byte(rest), &said); err != nil {
		return refusal("it introduced itself unreadably")
	}
	w.inbox, _ = said["user"].(string)
	if !inboxName.MatchString(w.inbox) {
		return refusal("it names no inbox: an older program?")
	}
	for _, key := range []string{"user", "pass", "jwt", "nkey", "sig"} {
		delete(said, key)
	}
	w.credential = w.grants.add(grant{w.rights, w.inbox})
	said["auth_token"] = w.credential
	said["name"] = w.rights.Process
	data, err := json.Marshal(said)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to, "CONNECT %s\r\n", data)
	return err
}

// publish passes a PUB or HPUB on, whose arguments are the subject, perhaps where
// to reply, and one or two sizes.
func (w *gate) publish(from *bufio.Reader, to *bufio.Writer, op string, args []string) error {
	sizes := 1
	if op == "HPUB" {
		sizes = 2
	}
	if len(args) > sizes+1 && !strings.HasPrefix(args[1], inboxPrefix+w.inbox+".") {
		return refusal("it wants the answer to " + strconv.Quote(args[0]) + " under " + strconv.Quote(args[1]) + ", which is not its inbox")
	}
	size, err := strconv.ParseUint(args[len(args)-1], 10, 31)
	if err != nil || size > natsMaxPayload {
		return refusal("a message of " + strconv.Quote(args[len(args)-1]) + " bytes")
	}
	if _, err := to.WriteString(op + " " + strings.Join(args, " ") + "\r\n"); err != nil {
		return err
	}
	_, err = io.CopyN(to, from, int64(size))
	if err != nil {
		return err
	}
	var end [2]byte
	if _, err := io.ReadFull(from, end[:]); err != nil {
		return err
	}
	if string(end[:]) != "\r\n" {
		return refusal("a message that does not end where it said")
	}
	_, err = to.WriteString("\r\n")
	return err
}
