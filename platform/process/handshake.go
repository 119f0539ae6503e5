package process

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
	"galleria/platform/module"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// handshakeTimeout bounds how long a process may take to say who it is.
const handshakeTimeout = 3 * time.Second

// errAway marks a handshake that nobody answered, as opposed to one refused.
var errAway = errors.New("it does not answer")

// shakeHands asks the process at address whether it serves the module as this
// process needs it, and makes the target that calls it. Of several addresses
// each must fit that answers, and one must answer.
func (p *Process) shakeHands(ctx context.Context, d module.Definition, address string) (*route.Target, error) {
	storeID, met := "", false
	var away []error
	for one := range strings.SplitSeq(address, ",") {
		one = strings.TrimSpace(one)
		id, err := p.describe(ctx, d, one)
		switch {
		case err == nil:
			storeID, met = id, true // the same for all: it is the pinned one
		case errors.Is(err, errAway):
			away = append(away, fmt.Errorf("%s at %s: %w", d.Name, one, err))
		default:
			return nil, fmt.Errorf("%s at %s: %w", d.Name, one, err)
		}
	}
	if !met {
		return nil, errors.Join(away...)
	}
	return p.routes[d.Name].NewRemote(route.RemoteOptions{Address: address, StoreID: storeID, Credentials: p.o.Identity.Client()})
}

func (p *Process) describe(ctx context.Context, d module.Definition, address string) (storeID string, err error) {
	said, err := p.askToDescribe(ctx, d.Name, address)
	if err != nil {
		return "", err
	}
	if said.GetModule() != d.Name {
		return "", fmt.Errorf("it serves module %q there", said.GetModule())
	}
	if said.GetProcess() == p.name {
		return "", errors.New("that is this process itself")
	}
	ours := p.routes[d.Name].Service()
	theirs, err := contract.FromFiles(said.GetContract(), ours.FullName())
	if err != nil {
		return "", err
	}
	if err := contract.Compatible(ours, theirs); err != nil {
		return "", fmt.Errorf("its contract does not fit: %w", err)
	}
	if d.Migrations != nil && said.GetStoreId() == "" {
		return "", errors.New("it shows no store")
	}
	if err := p.pins.check(d.Name, said.GetStoreId()); err != nil {
		return "", err
	}
	return said.GetStoreId(), nil
}

func (p *Process) askToDescribe(ctx context.Context, name, address string) (*processv1.DescribeResponse, error) {
	conn, err := route.Dial(address, p.o.Identity.Client())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	said, err := processv1.NewProcessServiceClient(conn).Describe(ctx, &processv1.DescribeRequest{Module: name})
	switch status.Code(err) {
	case codes.OK:
		return said, nil
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return nil, fmt.Errorf("%w: %s", errAway, route.Why(err))
	}
	return nil, errors.New(status.Convert(err).Message())
}
