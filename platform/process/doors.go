package process

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	grpcpeer "google.golang.org/grpc/peer"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"

	"galleria/platform/certs"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// guest is whom a door is open to.
type guest struct {
	who      string // in words, for those who are refused
	welcomes func(certs.Peer) bool
}

var (
	toProcesses = guest{"processes of the installation", func(certs.Peer) bool { return true }}
	toServers   = guest{"processes that may serve a module", func(p certs.Peer) bool { return len(p.Serves) > 0 }}
	// toOperators is also to processes that may speak for all: they pass on
	// what their operator asked.
	toOperators = guest{"operators", func(p certs.Peer) bool { return p.Operator }}
)

// doors are the methods of a process, besides the contracts of its modules, and
// whom each is open to. A method that is not here is refused to all.
var doors = map[string]guest{
	processv1.ProcessService_Describe_FullMethodName:           toProcesses,
	processv1.ProcessService_Join_FullMethodName:               toProcesses,
	processv1.ProcessService_Tunnel_FullMethodName:             toServers,
	processv1.ProcessService_Processes_FullMethodName:          toOperators,
	processv1.ProcessService_Modules_FullMethodName:            toOperators,
	processv1.ProcessService_Measure_FullMethodName:            toOperators,
	processv1.ProcessService_Announce_FullMethodName:           toOperators,
	processv1.ProcessService_ListChanges_FullMethodName:        toOperators,
	processv1.ProcessService_Compare_FullMethodName:            toOperators,
	processv1.ProcessService_Dismiss_FullMethodName:            toOperators,
	processv1.ProcessService_ListDeadLetters_FullMethodName:    toOperators,
	processv1.ProcessService_ResendDeadLetters_FullMethodName:  toOperators,
	processv1.ProcessService_DiscardDeadLetters_FullMethodName: toOperators,
	processv1.ProcessService_FindTraces_FullMethodName:         toOperators,
	processv1.ProcessService_FindLines_FullMethodName:          toOperators,

	healthv1.Health_Check_FullMethodName: toProcesses,
	healthv1.Health_List_FullMethodName:  toProcesses,
	healthv1.Health_Watch_FullMethodName: toProcesses,

	reflectionv1.ServerReflection_ServerReflectionInfo_FullMethodName:      toOperators,
	reflectionv1alpha.ServerReflection_ServerReflectionInfo_FullMethodName: toOperators,
}

// mayOperate tells whether the doors of other processes that are open to operators are open
// to this one. Without that others refuse it, and log it.
func (p *Process) mayOperate() bool {
	own, err := p.o.Identity.Own()
	return err == nil && own.Operator
}

// enter lets a call in through a door, or says why not.
func (p *Process) enter(ctx context.Context, method string) error {
	door, known := doors[method]
	from, err := p.o.Identity.CheckPeer(ctx)
	switch {
	case err != nil:
	case !known:
		// What a client of another release gets that asks for more than there is.
		err = status.Errorf(codes.Unimplemented, "this process has no method %s: it is of another release than the one that asks", method)
	case !door.welcomes(from):
		err = status.Errorf(codes.PermissionDenied, "%s is for %s, and the certificate of %s speaks for %v and serves %v",
			method, door.who, from.ID, from.Speaks, from.Serves)
	default:
		return nil
	}
	return p.refused(ctx, method, "", err)
}

// admission lets in the callers of a contract that declare the need, when their
// connection entitles them to the name.
func (p *Process) admission(callers []string) route.Admit {
	return func(ctx context.Context, caller, callee string) error {
		err := p.o.Identity.CheckCaller(ctx, caller)
		if err == nil && !slices.Contains(callers, caller) {
			err = status.Errorf(codes.PermissionDenied, "%q does not declare that it needs %s; who does: %v", caller, callee, callers)
			p.undeclared.note(caller, callee)
		}
		if err == nil {
			return nil
		}
		method, _ := grpc.Method(ctx)
		return p.refused(ctx, method, caller, err)
	}
}

// refused logs a refusal, with who asked for what. One that comes again and again is
// counted, and logged once a minute.
func (p *Process) refused(ctx context.Context, method, caller string, err error) error {
	known, _ := p.o.Identity.PeerOf(ctx)
	address, host := "", "" // the port is another one with each connection
	if from, ok := grpcpeer.FromContext(ctx); ok {
		address, host = from.Addr.String(), addrOf(from.Addr).String()
	}
	because := status.Convert(err).Message()
	if repeats, ok := p.refusals.shouldLog(known.ID, host, method, caller, because); ok {
		p.o.Log.WarnContext(ctx, "refused at the door", "process", known.ID, "address", address,
			"method", method, "caller", caller, "because", because, "repeats_not_logged", repeats)
	}
	return err
}

// enterCall is the door of methods that are answered once. Those of contracts do
// not pass it: admission is theirs.
func (p *Process) enterCall(ctx context.Context, in any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	p.guests.Add(1)
	defer p.guests.Add(-1)
	if err := p.enter(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	out, err := handle(ctx, in)
	if err == nil && doors[info.FullMethod].who == toOperators.who {
		p.commanded(ctx, info.FullMethod, in, out)
	}
	return out, err
}

// enterStream is the door of streams, and of methods that are not there.
func (p *Process) enterStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	p.guests.Add(1)
	defer p.guests.Add(-1)
	if err := p.enter(stream.Context(), info.FullMethod); err != nil {
		return err
	}
	return p.endStream(server, stream, handle)
}

// doorkeeper logs which connections are not made, for want of a certificate that
// is trusted.
type doorkeeper struct {
	credentials.TransportCredentials
	process *Process
}

func (d doorkeeper) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := d.TransportCredentials.ServerHandshake(raw)
	// One that says nothing only looked whether the port is open.
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return conn, info, err
	}
	if repeats, ok := d.process.refusals.shouldLog(addrOf(raw.RemoteAddr()).String(), err.Error()); ok {
		d.process.o.Log.Warn("refused at the door", "address", raw.RemoteAddr().String(), "because", err, "repeats_not_logged", repeats)
	}
	return conn, info, err
}
