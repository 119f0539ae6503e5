package contract_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"galleria/platform/contract"
	probev1 "galleria/platform/route/probe/v1"
)

func TestRedactedMessagesHaveNoSecretAnywhere(t *testing.T) {
	with := func() *probev1.Everything { return &probev1.Everything{Secret: "hunter2", Text: "to be read"} }
	for place, message := range map[string]*probev1.Everything{
		"a field":            with(),
		"a message":          {Text: "to be read", Self: with()},
		"a list":             {Text: "to be read", Selves: []*probev1.Everything{{}, with()}},
		"a map":              {Text: "to be read", ByNumber: map[int64]*probev1.Everything{7: with()}},
		"a oneof":            {Text: "to be read", Choice: &probev1.Everything_ChosenSelf{ChosenSelf: with()}},
		"a message of later": later(t),
	} {
		t.Run(place, func(t *testing.T) {
			before := proto.CloneOf(message)
			got := prototext.Format(contract.Redacted(message))
			if strings.Contains(got, "hunter2") || !strings.Contains(got, "to be read") {
				t.Errorf("got %s", got)
			}
			if place != "a message of later" && !strings.Contains(got, contract.Secret) {
				t.Errorf("got %s, which does not say that there was a secret", got)
			}
			if !proto.Equal(message, before) {
				t.Error("the message itself was changed")
			}
		})
	}
	if got := contract.Redacted((*probev1.Everything)(nil)).(*probev1.Everything); got != nil {
		t.Errorf("of nothing: got %v", got)
	}
}

// later is a message with a field that this release does not know.
func later(t *testing.T) *probev1.Everything {
	unknown, err := proto.Marshal(&probev1.EchoRequest{Key: "hunter2"}) // field 2, bytes
	if err != nil {
		t.Fatal(err)
	}
	m := &probev1.Everything{Text: "to be read"}
	m.ProtoReflect().SetUnknown(unknown)
	return m
}
