package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"galleria/platform/contract"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// handshakeTimeout bounds how long a process may take to say who it is.
const handshakeTimeout = 3 * time.Second

// shakeHands asks the process at address whether it serves the module as this
// process needs it, and makes the target that calls it.
func (p *Process) shakeHands(ctx context.Context, r *route.Route, address string) (*route.Target, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	storeID, err := p.describe(ctx, r, address)
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", r.Module(), address, err)
	}
	return r.NewRemote(route.RemoteOptions{Address: address, StoreID: storeID, Credentials: p.o.Identity.Client()})
}

func (p *Process) describe(ctx context.Context, r *route.Route, address string) (storeID string, err error) {
	conn, err := route.Dial(address, p.o.Identity.Client())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	said, err := processv1.NewProcessServiceClient(conn).Describe(ctx, &processv1.DescribeRequest{Module: r.Module()}, grpc.WaitForReady(false))
	if err != nil {
		return "", errors.New(status.Convert(err).Message())
	}
	if said.GetModule() != r.Module() {
		return "", fmt.Errorf("it serves module %q there", said.GetModule())
	}
	theirs, err := contract.FromFiles(said.GetContract(), r.Service().FullName())
	if err != nil {
		return "", err
	}
	if err := contract.Compatible(r.Service(), theirs); err != nil {
		return "", fmt.Errorf("its contract does not fit: %w", err)
	}
	if err := p.pins.check(r.Module(), said.GetStoreId()); err != nil {
		return "", err
	}
	return said.GetStoreId(), nil
}
