package events

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"

	"github.com/nats-io/nats-server/v2/server"

	"galleria/platform/id"
)

// Rights are what the process at the far end of a pipe may do: publish the events
// of its modules and receive those that these subscribe to, and nothing else.
type Rights struct {
	Process   string   // who that is, for the log
	Publish   []string // the first segments of the Protobuf packages of its events
	Subscribe []string // the subscribers it may run
}

// inboxPrefix begins the subjects under which a client gets answers. What follows
// is known to the client and the broker only.
const inboxPrefix = "_INBOX."

// permissions are what a client with these rights needs. What a subscriber hears
// is in its consumer, which the broker makes.
func (r Rights) permissions(inbox string) *server.Permissions {
	publish := []string{mendRequests}
	for _, source := range r.Publish {
		publish = append(publish, subjectRoot+"."+source+".>")
	}
	for _, m := range r.Subscribe {
		publish = append(publish,
			consumerRequests+m,
			"$JS.API.CONSUMER.INFO."+StreamName+"."+m,
			"$JS.API.CONSUMER.MSG.NEXT."+StreamName+"."+m,
			// Exactly so long: with more parts it could acknowledge for another.
			"$JS.ACK."+StreamName+"."+m+".*.*.*.*.*",
		)
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: publish},
		Subscribe: &server.SubjectPermission{Allow: []string{inboxPrefix + inbox + ".>"}},
	}
}

// grants are the pipes that were opened and whose clients did not introduce
// themselves yet, by the credential that the pipe's gate shows for them.
type grants struct {
	log *slog.Logger

	mu   sync.Mutex
	open map[string]grant
}

type grant struct {
	rights Rights
	inbox  string
}

func (g *grants) add(given grant) (credential string) {
	credential = id.Secret()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = map[string]grant{}
	}
	g.open[credential] = given
	return credential
}

// take gives a credential's grant, once.
func (g *grants) take(credential string) (grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	given, ok := g.open[credential]
	delete(g.open, credential)
	return given, ok
}

// Check is the server's question whether a client may connect, and as what.
func (b *Broker) Check(c server.ClientAuthentication) bool {
	token := c.GetOpts().Token
	if token == b.secret {
		c.RegisterUser(&server.User{Username: "in-process"})
		return true
	}
	given, ok := b.grants.take(token)
	if ok {
		c.RegisterUser(&server.User{Username: given.rights.Process, Permissions: given.rights.permissions(given.inbox)})
	}
	return ok
}

// Pipe opens a connection that speaks the NATS client protocol, for a tunnel to
// copy to and from another process, which passes its end to Connect as Dialer.
// What the client may do is bound to the pipe: r are its rights, whatever it says.
func (b *Broker) Pipe(r Rights) (net.Conn, error) {
	for _, name := range slices.Concat(r.Publish, r.Subscribe) {
		if !subscriberName.MatchString(name) {
			return nil, fmt.Errorf("events: open a pipe for %s: %q is no module's name", r.Process, name)
		}
	}
	inner, err := b.InProcessConn()
	if err != nil {
		return nil, err
	}
	r.Publish, r.Subscribe = slices.Clone(r.Publish), slices.Clone(r.Subscribe)
	return newGate(inner, r, &b.grants), nil
}
