package cli

import (
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app"
	"galleria/platform/certs"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// identity is what the command line shows to a running process: that it can
// read the data directory, or holds the certificate the configuration names.
func identity(c app.Config) (*certs.Identity, error) {
	switch {
	case c.RPC.Plaintext:
		return certs.Plaintext(), nil
	case c.RPC.Certificate != "":
		return certs.FromFiles(c.RPC.Certificate, c.RPC.Key, c.RPC.Authority)
	}
	authority, err := certs.OpenAuthority(app.AuthorityDir(c))
	if err != nil {
		return nil, err
	}
	return certs.FromAuthority(authority, []string{app.Operator})
}

// running is the process at rpc.listen.
type running struct {
	conn          *grpc.ClientConn
	address, data string
	processv1.ProcessServiceClient
}

func connect(c app.Config) (*running, error) {
	id, err := identity(c)
	if err != nil {
		return nil, err
	}
	conn, err := route.Dial(c.RPC.Listen, id.Client())
	if err != nil {
		return nil, err
	}
	return &running{conn: conn, address: c.RPC.Listen, data: c.Data, ProcessServiceClient: processv1.NewProcessServiceClient(conn)}, nil
}

// answer is an error of a call.
type answer interface {
	error
	GRPCStatus() *status.Status
}

// explain names the process that did not answer, and why.
func (r *running) explain(err error) error {
	if status.Code(err) == codes.Unavailable {
		return fmt.Errorf("no shop answers at %s: %s; is it running, is that its rpc address, and its data directory %s?", r.address, route.Why(err), r.data)
	}
	return fmt.Errorf("the shop at %s: %s", r.address, route.Why(err))
}
