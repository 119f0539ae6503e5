package process

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// What processes ask each other is passed on to the process that can answer.
// Routes that lead in a circle, which they may for a moment while modules
// move, must not make that endless.
const (
	maxHops    = 3
	hopsHeader = "x-process-hops"
)

var errCircle = status.Error(codes.Unavailable, "passed on too often: the processes point to each other; ask again")

func hopsOf(ctx context.Context) int {
	values := metadata.ValueFromIncomingContext(ctx, hopsHeader)
	if len(values) == 0 {
		return 0
	}
	hops, err := strconv.Atoi(values[0])
	if err != nil {
		return maxHops
	}
	return hops
}

func withHops(ctx context.Context, hops int) context.Context {
	return metadata.AppendToOutgoingContext(ctx, hopsHeader, strconv.Itoa(hops))
}
