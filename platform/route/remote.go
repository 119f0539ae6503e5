package route

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/health" // clients watch the health of what they call
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
)

// RemoteOptions describe an implementation in another process.
type RemoteOptions struct {
	// Address is host:port, or several of them with commas between, which
	// then share the calls. A host name is resolved, and again when it fails.
	Address string
	// StoreID is what the handshake showed; may be empty.
	StoreID string
	// Credentials secure the connection. Required; ask for plaintext by
	// insecure.NewCredentials.
	Credentials credentials.TransportCredentials
	// Dial options beyond these, such as a dialer for tests.
	Dial []grpc.DialOption
}

// NewRemote makes a target that calls another process. It does not wait for
// the connection; who needs certainty shakes hands first.
func (r *Route) NewRemote(o RemoteOptions) (*Target, error) {
	conn, err := Dial(o.Address, o.Credentials, append([]grpc.DialOption{grpc.WithDefaultServiceConfig(r.serviceConfig())}, o.Dial...)...)
	if err != nil {
		return nil, fmt.Errorf("route to %s: %w", r.module, err)
	}
	return newTarget(ModeRemote, o.Address, o.StoreID, &remote{module: r.module, conn: conn, breaker: newBreaker()}), nil
}

// Dial opens a connection to another process of the system with the settings
// all of them share.
func Dial(address string, creds credentials.TransportCredentials, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	target, builder := resolvable(address)
	options = append([]grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithResolvers(builder),
		// A process that comes back is found again within a second.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: 3 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: KeepaliveTime, Timeout: 5 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessageBytes), grpc.MaxCallSendMsgSize(MaxMessageBytes)),
	}, options...)
	return grpc.NewClient(target, options...)
}

// KeepaliveTime is how long a connection may be silent before the other side
// is asked whether it still lives; servers must allow it.
const KeepaliveTime = 20 * time.Second

// resolvable lets several fixed addresses share calls; a single one is left to
// the DNS resolver, which knows host names and numbers.
func resolvable(address string) (target string, builder resolver.Builder) {
	fixed := manual.NewBuilderWithScheme("addresses")
	addresses := strings.Split(address, ",")
	if len(addresses) == 1 {
		return "dns:///" + address, fixed
	}
	state := resolver.State{}
	for _, a := range addresses {
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: strings.TrimSpace(a)}}})
	}
	fixed.InitialState(state)
	return "addresses:///" + address, fixed
}

// serviceConfig asks grpc-go for what it already has: round-robin, health
// checks, and retries of repeatable methods within a budget.
func (r *Route) serviceConfig() string {
	type name struct {
		Service string `json:"service"`
		Method  string `json:"method"`
	}
	repeatable := []name{}
	for _, m := range r.methods {
		if m.Repeatable {
			_, short, _ := strings.Cut(m.Name[1:], "/")
			repeatable = append(repeatable, name{Service: r.desc.ServiceName, Method: short})
		}
	}
	config := map[string]any{
		"loadBalancingConfig": []any{map[string]any{"round_robin": map[string]any{}}},
		"healthCheckConfig":   map[string]any{"serviceName": r.desc.ServiceName},
		// Ten failures use the budget up; ten successes earn one retry.
		"retryThrottling": map[string]any{"maxTokens": 20, "tokenRatio": 0.1},
	}
	if len(repeatable) > 0 {
		config["methodConfig"] = []any{map[string]any{
			"name": repeatable,
			"retryPolicy": map[string]any{
				"maxAttempts": 3, "initialBackoff": "0.05s", "maxBackoff": "0.5s", "backoffMultiplier": 2,
				"retryableStatusCodes": []string{"UNAVAILABLE"},
			},
		}}
	}
	text, err := json.Marshal(config)
	if err != nil {
		panic(err) // strings, numbers and maps of them always marshal
	}
	return string(text)
}

type remote struct {
	module  string
	conn    *grpc.ClientConn
	breaker *breaker
}

func (r *remote) close() error { return r.conn.Close() }

func (r *remote) healthy() error {
	if r.breaker.refuses() {
		return errors.New("calls fail; it is tried again shortly")
	}
	switch state := r.conn.GetState(); state {
	case connectivity.TransientFailure, connectivity.Shutdown:
		return errors.New("cannot be reached")
	case connectivity.Idle:
		r.conn.Connect()
	}
	return nil
}

func (r *remote) carry(ctx context.Context, c call) (ended time.Duration, err error) {
	probe, ok := r.breaker.enter()
	if !ok {
		return ticks(), status.Errorf(codes.Unavailable, "module %s does not answer", r.module)
	}
	said := silent
	defer func() { r.breaker.leave(probe, said) }()
	began := ticks()
	limited, cancel := context.WithTimeout(ctx, c.method.Deadline)
	defer cancel()
	err = r.conn.Invoke(outgoing(limited, c), c.method.Name, c.request, c.reply, c.options...)
	ended = ticks()
	said = judge(ctx, err, ended-began, c.method.Deadline)
	if err != nil {
		// Rebuilt, so that the error is of the same kind as a local one.
		err = status.ErrorProto(status.Convert(err).Proto())
	}
	return ended, err
}

// judge is what a call that took so long says about the process it went to.
// ctx is its caller's.
func judge(ctx context.Context, err error, took, promised time.Duration) verdict {
	switch code := status.Code(err); {
	case code == codes.Canceled && ctx.Err() != nil:
		return silent
	case code == codes.DeadlineExceeded && over(ctx) && took < promised*9/10:
		// Not quite the promised time counts as all of it: a call that is
		// passed on comes with what is left of its first caller's.
		return silent
	case outage(err):
		return fails
	}
	return answers
}

// over tells whether the caller's own time has run out. Its context may say so
// a moment later than the answer of the other process.
func over(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// outage tells a module that does not answer from one that answers with an
// error of its own, which carries a reason.
func outage(err error) bool {
	switch status.Code(err) {
	case codes.DeadlineExceeded:
		return true
	case codes.Unavailable:
		_, answered := contract.Info(err)
		return !answered
	}
	return false
}
