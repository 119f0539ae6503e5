package process

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"galleria/platform/contract"
	processv1 "galleria/platform/process/v1"
)

// eventContracts are the events of one process, as its release has them.
type eventContracts struct {
	process        string
	sources, hears []string
	files          *protoregistry.Files
}

// eventContracts are those of the modules that run here, or should.
func (p *Process) eventContracts() *processv1.EventContracts {
	own := &processv1.EventContracts{}
	var all []protoreflect.Descriptor
	for _, d := range p.ordered {
		if _, here := p.presence(d.Name); !here {
			continue
		}
		own.Sources = append(own.Sources, d.Source())
		own.Hears = append(own.Hears, d.Heard()...)
		for _, event := range d.Hears {
			all = append(all, event.ProtoReflect().Descriptor())
		}
		contracts := p.routes[d.Name].Service().ParentFile().Package()
		protoregistry.GlobalFiles.RangeFilesByPackage(contracts, func(file protoreflect.FileDescriptor) bool {
			all = append(all, file)
			return true
		})
	}
	own.Files = contract.Files(all...)
	return own
}

func readEventContracts(process string, said *processv1.EventContracts) (*eventContracts, error) {
	set := said.GetFiles()
	if set == nil {
		set = &descriptorpb.FileDescriptorSet{}
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "the event contracts of process %s don't hold together: %v", process, err)
	}
	return &eventContracts{process: process, sources: said.GetSources(), hears: said.GetHears(), files: files}, nil
}

// find is an event as the process has it; nil when it has none of that name.
func (c *eventContracts) find(name string) protoreflect.MessageDescriptor {
	found, err := c.files.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	event, _ := found.(protoreflect.MessageDescriptor)
	return event
}

// reads tells whether a subscriber can read what a publisher writes.
func (c *eventContracts) reads(publisher *eventContracts) error {
	for _, name := range c.hears {
		source, _, _ := strings.Cut(name, ".")
		if !slices.Contains(publisher.sources, source) {
			continue
		}
		theirs, ours := publisher.find(name), c.find(name)
		if theirs == nil || ours == nil {
			continue
		}
		if err := contract.EventCompatible(theirs, ours); err != nil {
			return fmt.Errorf("process %s can't read the event %s as process %s publishes it: %w", c.process, name, publisher.process, err)
		}
	}
	return nil
}

// checkEvents refuses a process whose events do not fit those of this process, or of
// the others that joined it.
func (p *Process) checkEvents(from *source, process string, said *processv1.EventContracts) error {
	joining, err := readEventContracts(process, said)
	if err != nil {
		return err
	}
	here := p.eventContracts()
	own := &eventContracts{process: p.name, sources: here.GetSources(), hears: here.GetHears(), files: protoregistry.GlobalFiles}
	for _, other := range append(p.registry.eventContracts(), own) {
		if other.process == process { // the same one, on a stream before
			continue
		}
		err := joining.reads(other)
		if err == nil {
			err = other.reads(joining)
		}
		if err != nil {
			return status.Errorf(codes.FailedPrecondition, "%v: run the same release in both", err)
		}
	}
	from.events = joining
	return nil
}
