package contract_test

import (
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"galleria/platform/contract"
	contractv1 "galleria/platform/contract/v1"
	probev1 "galleria/platform/route/probe/v1"
)

func TestMethodsReadsWhatAContractSaysOfThem(t *testing.T) {
	service, err := contract.Service(probev1.ProbeService_ServiceDesc.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	methods, err := contract.Methods(service)
	if err != nil || len(methods) != 3 {
		t.Fatalf("got %d methods and error %v, want 3", len(methods), err)
	}
	for i, want := range []contract.Method{
		{Name: "/platform.route.probe.v1.ProbeService/Echo", Deadline: 5 * time.Second, P99: time.Millisecond, Repeatable: true},
		{Name: "/platform.route.probe.v1.ProbeService/Hurry", Deadline: 100 * time.Millisecond, Repeatable: true},
		{Name: "/platform.route.probe.v1.ProbeService/Once", Deadline: 5 * time.Second, Mutates: true},
	} {
		got := methods[i]
		if got.Input == nil || got.Output == nil {
			t.Errorf("%s: the types of its messages are missing", got.Name)
		}
		got.Input, got.Output = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestContractsThatCannotBeKeptAreRefused(t *testing.T) {
	promise := func(deadline time.Duration) func(*file) {
		return func(f *file) {
			for _, m := range f.Service[0].Method {
				m.Options = &descriptorpb.MethodOptions{}
				proto.SetExtension(m.Options, contractv1.E_Promise, &contractv1.Promise{Deadline: durationpb.New(deadline)})
			}
		}
	}
	for name, c := range map[string]struct {
		change []func(*file)
		reason string
	}{
		"no promise":       {nil, "/base.v1.Service/Look promises no deadline"},
		"no deadline":      {[]func(*file){promise(0)}, "promises no deadline"},
		"negative":         {[]func(*file){promise(-time.Second)}, "promises no deadline"},
		"streams answers":  {[]func(*file){promise(time.Second), func(f *file) { f.Service[0].Method[0].ServerStreaming = proto.Bool(true) }}, "/base.v1.Service/Look streams; contracts are unary"},
		"streams requests": {[]func(*file){promise(time.Second), func(f *file) { f.Service[0].Method[0].ClientStreaming = proto.Bool(true) }}, "streams; contracts are unary"},
		"not linked in":    {[]func(*file){promise(time.Second)}, "base.v1.In"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := contract.Methods(variant(t, c.change...))
			wantFit(t, name, err, c.reason)
		})
	}
}

func TestServiceFindsServicesOnly(t *testing.T) {
	for name, reason := range map[string]string{"no.such.Service": "not found", "platform.route.probe.v1.EchoRequest": "is no service"} {
		_, err := contract.Service(name)
		wantFit(t, name, err, reason)
	}
}
