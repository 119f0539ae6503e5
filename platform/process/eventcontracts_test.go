package process

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"galleria/platform/contract"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

const noted = "platform.route.probe.v1.Noted"

// otherEvents are those of a process whose release has the event Noted otherwise.
func otherEvents(change func(noted *descriptorpb.DescriptorProto)) *descriptorpb.FileDescriptorSet {
	files := contract.Files((&probev1.Noted{}).ProtoReflect().Descriptor())
	for _, file := range files.GetFile() {
		for _, m := range file.GetMessageType() {
			if file.GetPackage()+"."+m.GetName() == noted {
				change(m)
			}
		}
	}
	return files
}

func renamed(m *descriptorpb.DescriptorProto) {
	m.Field[0].Name, m.Field[0].JsonName = proto.String("words"), proto.String("words")
}

func extended(m *descriptorpb.DescriptorProto) {
	m.Field = append(m.Field, &descriptorpb.FieldDescriptorProto{
		Name: proto.String("extra"), JsonName: proto.String("extra"), Number: proto.Int32(9),
		Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	})
}

// TestAProcessWhoseEventsDoNotFitIsRefused by the process that publishes or hears
// them, and by one that both join.
func TestAProcessWhoseEventsDoNotFitIsRefused(t *testing.T) {
	h := newHouse(t)
	nowhere := route.Held()
	for name, c := range map[string]struct {
		main places
		// first, if it is set, joins before the other one.
		first   *processv1.EventContracts
		joining *processv1.EventContracts
		fits    bool
	}{
		"a subscriber of the publisher here":  {main: places{"alpha": here, "beta": nowhere}, joining: &processv1.EventContracts{Hears: []string{noted}, Files: otherEvents(renamed)}},
		"a publisher for the subscriber here": {main: places{"beta": here, "alpha": nowhere}, joining: &processv1.EventContracts{Sources: []string{"platform"}, Files: otherEvents(renamed)}},
		"one that says more":                  {main: places{"beta": here, "alpha": nowhere}, joining: &processv1.EventContracts{Sources: []string{"platform"}, Files: otherEvents(extended)}, fits: true},
		"one that knows less":                 {main: places{"alpha": here, "beta": nowhere}, joining: &processv1.EventContracts{Hears: []string{noted}, Files: otherEvents(func(m *descriptorpb.DescriptorProto) { m.Field = nil })}, fits: true},
		"two beside the main process": {
			main:    places{"alpha": nowhere, "beta": nowhere},
			first:   &processv1.EventContracts{Sources: []string{"platform"}, Files: otherEvents(renamed)},
			joining: &processv1.EventContracts{Hears: []string{noted}, Files: otherEvents(extended)},
		},
		"two of the same release": {
			main:    places{"alpha": nowhere, "beta": nowhere},
			first:   &processv1.EventContracts{Sources: []string{"platform"}, Files: otherEvents(renamed)},
			joining: &processv1.EventContracts{Hears: []string{noted}, Files: otherEvents(renamed)},
			fits:    true,
		},
		"one without events": {main: nil, joining: nil, fits: true},
	} {
		t.Run(name, func(t *testing.T) {
			main := h.start(name, c.main, func(o *Options) { o.NoEvents = true })
			if c.first != nil {
				_, _, err := introducedAs(t, h.foreignPeer(main, "alpha"), &processv1.JoinRequest{Self: &processv1.Member{Process: "first"}, Events: c.first})
				if err != nil {
					t.Fatal(err)
				}
			}
			_, _, err := introducedAs(t, h.foreignPeer(main, "beta"), &processv1.JoinRequest{Self: &processv1.Member{Process: "joining"}, Events: c.joining})
			if c.fits {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if status.Code(err) != codes.FailedPrecondition {
				t.Errorf("got %v, want FailedPrecondition", err)
			}
			wantError(t, err, "can't read the event "+noted, "joining", "field 1 is named", "run the same release in both")
		})
	}

	// What a process says of itself is what its modules hear and publish.
	main := h.start("main", nil)
	other := h.start("other", places{"beta": here}, peerOf(main))
	said := other.eventContracts()
	if len(said.GetHears()) != 1 || said.GetHears()[0] != noted || len(said.GetSources()) != 1 {
		t.Errorf("got %v and %v, want what beta hears and publishes", said.GetHears(), said.GetSources())
	}
	if read, err := readEventContracts("other", said); err != nil || read.find(noted) == nil {
		t.Errorf("got error %v, want the event among the files", err)
	}
}
