package process

import (
	"context"
	"fmt"
	"io"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"galleria/platform/certs"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// Client connects to a running process to ask it about itself, as a command
// line does. It fails at once when nobody answers at address, or not to this
// identity. Close the connection after use.
func Client(ctx context.Context, address string, identity *certs.Identity) (processv1.ProcessServiceClient, io.Closer, error) {
	if err := checkPlaintext(identity, address); err != nil {
		return nil, nil, err
	}
	conn, err := route.Dial(address, identity.Client())
	if err != nil {
		return nil, nil, fmt.Errorf("process at %s: %w", address, err)
	}
	if _, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}); err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("process at %s: %s", address, status.Convert(err).Message())
	}
	return processv1.NewProcessServiceClient(conn), conn, nil
}
