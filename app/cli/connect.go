package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/app"
	"galleria/platform/certs"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// running is a process of the running shop.
type running struct {
	conn          *grpc.ClientConn
	address, data string
	currency      string // of the configuration
	processv1.ProcessServiceClient
}

// shop finds the one the settings speak of. Close its conn.
func (s *settings) shop() (*running, error) {
	c, _, err := s.load()
	if err != nil {
		return nil, err
	}
	return connect(c, s.address(c))
}

// address is where the running shop is asked: where --rpc says, or else at its
// main process.
func (s *settings) address(c app.Config) string { return cmp.Or(s.flags["rpc.listen"], c.Main) }

// connect shows the shop that it is asked by its operator: a person who can
// read the data directory, or holds the certificate the configuration names.
func connect(c app.Config, address string) (*running, error) {
	id, err := app.IdentityFor(c, certs.Rights{Speaks: []string{app.Operator}})
	if err != nil {
		return nil, err
	}
	conn, err := route.Dial(address, id.Client())
	if err != nil {
		return nil, err
	}
	return &running{conn: conn, address: address, data: c.Data, currency: c.Currency, ProcessServiceClient: processv1.NewProcessServiceClient(conn)}, nil
}

// answer is an error of a call.
type answer interface {
	error
	GRPCStatus() *status.Status
}

// explainOf is explain for a question about one module: when the shop answers and the
// module does not, it is the module that is away.
func (r *running) explainOf(ctx context.Context, err error) error {
	if status.Code(err) != codes.Unavailable {
		return r.explain(err)
	}
	if _, away := r.Processes(ctx, &processv1.ProcessesRequest{}); away != nil {
		return r.explain(err)
	}
	return errors.New(status.Convert(err).Message()) // the shop's, which names both
}

// explain names the process that did not answer, and why.
func (r *running) explain(err error) error {
	if status.Code(err) == codes.Unavailable {
		return fmt.Errorf("no shop answers at %s: %s; is it running, is that its rpc address, and its data directory %s?", r.address, route.Why(err), r.data)
	}
	return fmt.Errorf("the shop at %s: %s", r.address, route.Why(err))
}
