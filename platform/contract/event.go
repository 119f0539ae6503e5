package contract

import (
	"errors"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// EventCompatible tells whether a subscriber built on one version of an event can
// read what a publisher built on another one writes, and every reason why not.
//
// Events are JSON, read by name, and what the subscriber does not know it leaves
// out: fields and enum values the publisher adds are no hindrance, nor are those
// it does not have yet, which read as absent. But a field that both know must mean
// the same to both, and one that was renamed is gone to those who read by name.
func EventCompatible(publisher, subscriber protoreflect.MessageDescriptor) error {
	if publisher.FullName() != subscriber.FullName() {
		return errors.New("is event " + string(publisher.FullName()) + ", not " + string(subscriber.FullName()))
	}
	c := eventComparison{seen: map[protoreflect.FullName]bool{}}
	c.messages(publisher, subscriber)
	return errors.Join(c.faults...)
}

type eventComparison struct {
	comparison
	seen map[protoreflect.FullName]bool
}

func (c *eventComparison) messages(theirs, ours protoreflect.MessageDescriptor) {
	if c.seen[ours.FullName()] {
		return
	}
	c.seen[ours.FullName()] = true
	for i := range ours.Fields().Len() {
		field := ours.Fields().Get(i)
		other := theirs.Fields().ByJSONName(field.JSONName())
		if other == nil {
			if renamed := theirs.Fields().ByNumber(field.Number()); renamed != nil {
				c.fault("%s: field %d is named %s there", field.FullName(), field.Number(), renamed.Name())
			}
			continue
		}
		c.field(other, field)
	}
}

func (c *eventComparison) field(theirs, ours protoreflect.FieldDescriptor) {
	switch {
	case ours.Number() != theirs.Number():
		c.fault("%s: has number %d there, not %d", ours.FullName(), theirs.Number(), ours.Number())
	case !c.alike(ours, theirs):
	case ours.Message() != nil:
		c.messages(theirs.Message(), ours.Message())
	case ours.Enum() != nil:
		c.values(theirs, ours)
	}
}

// values compares the enum values both name: JSON carries the names.
func (c *eventComparison) values(theirs, ours protoreflect.FieldDescriptor) {
	for i := range ours.Enum().Values().Len() {
		value := ours.Enum().Values().Get(i)
		if other := theirs.Enum().Values().ByNumber(value.Number()); other != nil && other.Name() != value.Name() {
			c.fault("%s: value %d is named %s there, not %s", ours.FullName(), value.Number(), other.Name(), value.Name())
		}
	}
}
