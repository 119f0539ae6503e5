package process

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/route"
)

// Command is a call by which an operator has changed something, as Options.Commanded is
// told of it.
type Command struct {
	// By is who gave it, as the operator's own program says: the account at the computer.
	// The certificate shows only that it was an operator.
	By string
	// Line is the command as it was typed; empty: it was another program than the command
	// line.
	Line string
	// Method is the full name of the method, with what was asked and answered.
	Method            string
	Request, Response any
}

// These end with -bin, as gRPC wants of what may have any letters.
const (
	byHeader   = "x-command-by-bin"
	lineHeader = "x-command-line-bin"
)

// longestLine bounds what is sent of a command.
const longestLine = 1000

// WithCommand says with all calls of a context by which command they are made, and by whom.
func WithCommand(ctx context.Context, by, line string) context.Context {
	if len(line) > longestLine {
		for line = line[:longestLine]; !utf8.ValidString(line); line = line[:len(line)-1] {
		}
		line += "…"
	}
	return metadata.AppendToOutgoingContext(ctx, byHeader, by, lineHeader, line)
}

// commanded tells of a call that an operator made of this process, and that went well.
func (p *Process) commanded(ctx context.Context, method string, request, response any) {
	if p.o.Commanded == nil {
		return
	}
	c := Command{Method: method, Request: request, Response: response}
	md, _ := metadata.FromIncomingContext(ctx)
	c.sayBy(md)
	if c.By == "" {
		from, _ := p.o.Identity.PeerOf(ctx)
		c.By = "operator with the certificate " + from.ID
	}
	p.o.Commanded(ctx, c)
}

func (c *Command) sayBy(md metadata.MD) {
	for key, text := range map[string]*string{byHeader: &c.By, lineHeader: &c.Line} {
		if said := md.Get(key); len(said) > 0 {
			*text = said[0]
		}
	}
}

// CommandOf is a call of a module that a command makes by itself, with a context of
// WithCommand; false: its method changes nothing.
func CommandOf(ctx context.Context, method string, request, response any) (Command, bool) {
	c := Command{Method: method, Request: request, Response: response}
	md, _ := metadata.FromOutgoingContext(ctx)
	c.sayBy(md)
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	desc, err := contract.Service(service)
	if err != nil {
		return c, false
	}
	methods, err := contract.Methods(desc)
	return c, err == nil && slices.ContainsFunc(methods, func(m contract.Method) bool { return m.Name == method && m.Mutates })
}

// watched is a server that tells of the calls by which operators change something.
type watched struct {
	grpc.ServiceRegistrar
	process *Process
	changes map[string]bool // by full name of the method
}

// watching makes one for the contract of a route.
func (p *Process) watching(r *route.Route) (grpc.ServiceRegistrar, error) {
	methods, err := contract.Methods(r.Service())
	if err != nil {
		return nil, err
	}
	w := watched{p.server, p, map[string]bool{}}
	for _, m := range methods {
		w.changes[m.Name] = m.Mutates
	}
	return w, nil
}

// RegisterService implements grpc.ServiceRegistrar.
func (w watched) RegisterService(desc *grpc.ServiceDesc, server any) {
	for i, m := range desc.Methods {
		name := "/" + desc.ServiceName + "/" + m.MethodName
		if !w.changes[name] {
			continue
		}
		desc.Methods[i].Handler = func(server any, ctx context.Context, decode func(any) error, around grpc.UnaryServerInterceptor) (any, error) {
			if route.CallerOf(ctx) != certs.Operator {
				return m.Handler(server, ctx, decode, around)
			}
			var request any
			response, err := m.Handler(server, ctx, func(in any) error { request = in; return decode(in) }, around)
			if err == nil {
				w.process.commanded(ctx, name, request, response)
			}
			return response, err
		}
	}
	w.ServiceRegistrar.RegisterService(desc, server)
}
