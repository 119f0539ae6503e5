package protocopy

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"galleria/platform/protocopy/protocopytest"
	probev1 "galleria/platform/route/probe/v1"
)

const limit = 16 << 20

var everythings = For(&probev1.Everything{})

func TestMessagesOfOurOwnAreUnderstood(t *testing.T) {
	for _, inner := range everythings.known {
		if inner.foreign {
			t.Errorf("%s is encoded and decoded instead of copied", inner.name)
		}
	}
}

func TestCopyIsEqualAndSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := anyEverything(t, 3)
		before := proto.CloneOf(original)
		copied := anyEverything(t, 2) // what was there before must be gone
		if err := everythings.Copy(copied, original, limit); err != nil {
			t.Fatalf("copy: %v", err)
		}
		if !proto.Equal(copied, original) {
			t.Fatalf("got %v, want %v", copied, original)
		}
		scramble(copied)
		if !proto.Equal(original, before) {
			t.Fatalf("changing the copy changed the original: got %v, want %v", original, before)
		}
	})
}

// A caller that appends to an empty list must not write into the room it was cut from.
func TestCopyDoesNotShareTheRoomBehindEmptyLists(t *testing.T) {
	behind := []*probev1.Everything{{Text: "the owner's"}}
	copied := &probev1.Everything{}
	if err := everythings.Copy(copied, &probev1.Everything{Selves: behind[:0]}, limit); err != nil {
		t.Fatal(err)
	}
	copied.Selves = append(copied.Selves, &probev1.Everything{Text: "the receiver's"})
	if got := behind[0].GetText(); got != "the owner's" {
		t.Errorf("appending to the copy made the original's %q", got)
	}
}

// What decoding would make of a message, copying makes of it too, in all that a
// reader can see of it.
func TestCopyIsWhatEncodingAndDecodingMakes(t *testing.T) {
	for name, c := range map[string]*Copier{"copied": everythings, "foreign": {
		name: everythings.name, message: everythings.message, pointer: everythings.pointer, foreign: true,
	}} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			original := anyEverything(t, 3)
			encoded, err := proto.Marshal(original)
			if err != nil {
				t.Fatal(err)
			}
			want, got := &probev1.Everything{}, anyEverything(t, 2)
			if err := proto.Unmarshal(encoded, want); err != nil {
				t.Fatal(err)
			}
			if err := c.Copy(got, original, limit); err != nil {
				t.Fatal(err)
			}
			if d := protocopytest.Difference(got, want); d != "" {
				t.Fatal(d)
			}
			if got, want := got.ProtoReflect().GetUnknown(), want.ProtoReflect().GetUnknown(); string(got) != string(want) {
				t.Fatalf("got unknown fields %x, want %x", got, want)
			}
		}))
	}
}

// Messages nested just as deep as decoding takes them, and one level deeper, with
// each way in which a message can be inside another at the innermost.
func TestCopyNestsAsDeepAsDecoding(t *testing.T) {
	for name, message := range map[string]*probev1.Everything{
		"nothing": {}, "a field": {Self: &probev1.Everything{}}, "a list": {Selves: []*probev1.Everything{{}}},
		"a map": {ByNumber: map[int64]*probev1.Everything{1: {}}}, "a oneof": {Choice: &probev1.Everything_ChosenSelf{ChosenSelf: &probev1.Everything{}}},
		"a map of texts": {Words: map[string]string{"a": "b"}}, "a nil in a list": {Selves: []*probev1.Everything{nil}},
		"a nil in a map": {ByNumber: map[int64]*probev1.Everything{1: nil}}, "a nil in a oneof": {Choice: &probev1.Everything_ChosenSelf{}},
	} {
		t.Run(name, func(t *testing.T) {
			const most = 20 // instead of MaxDepth, which takes the race detector a minute
			refused := 0
			for levels := 1; levels < most+2; levels++ {
				encoded, err := proto.Marshal(message)
				if err != nil {
					t.Fatal(err)
				}
				into := &probev1.Everything{}
				want := proto.UnmarshalOptions{RecursionLimit: most}.Unmarshal(encoded, into)
				_, got := everythings.copy(reflect.ValueOf(into).UnsafePointer(), reflect.ValueOf(message).UnsafePointer(), false, most)
				if (got == nil) != (want == nil) {
					t.Fatalf("%d levels: got %v, decoding says %v", levels, got, want)
				} else if got != nil {
					refused++
				}
				message = &probev1.Everything{Self: message}
			}
			if refused == 0 || refused > 4 {
				t.Errorf("%d were too deep: the case is wrong", refused)
			}
		})
	}
}

// A message of another syntax: its texts need not be UTF-8.
func TestCopyLeavesOtherSyntaxesToEncoding(t *testing.T) {
	c := For(&descriptorpb.FieldDescriptorProto{})
	got := &descriptorpb.FieldDescriptorProto{}
	if err := c.Copy(got, &descriptorpb.FieldDescriptorProto{Name: proto.String("caf\xe9")}, limit); err != nil || got.GetName() != "caf\xe9" {
		t.Errorf("got %v and %v", got, err)
	}
	if !c.foreign {
		t.Error("it was copied by offsets")
	}
}

// A oneof whose wrapper is a nil pointer is unset for encoding, and a trap for
// its reader.
func TestCopyTakesANilOneofForUnset(t *testing.T) {
	copied := &probev1.Everything{}
	err := everythings.Copy(copied, &probev1.Everything{Choice: (*probev1.Everything_ChosenText)(nil)}, limit)
	if err != nil || copied.GetChoice() != nil {
		t.Errorf("got %v, %v, want an unset oneof", copied.GetChoice(), err)
	}
}

// A module may answer one message to a caller here and to one far away at once.
// The race detector is what fails this test.
func TestCopyReadsOnlyWhatEncodingReads(t *testing.T) {
	shared := &probev1.Everything{Text: "read by both", Self: &probev1.Everything{Text: "and this"}}
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			if _, err := proto.Marshal(shared); err != nil {
				t.Error(err)
			}
		}
	})
	for range 100 {
		if err := everythings.Copy(&probev1.Everything{}, shared, limit); err != nil {
			t.Error(err)
		}
	}
	both.Wait()
}

// Every length there is a way through the function for, and a bad byte at each
// place of it.
func TestTextIsUTF8WhenTheLibrarySaysSo(t *testing.T) {
	for length := range 40 {
		plain := strings.Repeat("a", length)
		if !isUTF8(plain) {
			t.Errorf("%d letters: got false, want true", length)
		}
		for at := range length {
			if bad := plain[:at] + "\xff" + plain[at+1:]; isUTF8(bad) {
				t.Errorf("%q: got true, want false", bad)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 20, 40).Draw(t, "text")
		cut := text[:rapid.IntRange(0, len(text)).Draw(t, "cut")]
		if got, want := isUTF8(cut), utf8.ValidString(cut); got != want {
			t.Errorf("%q: got %t, want %t", cut, got, want)
		}
	})
}

func TestCopyRefusesTextThatIsNotUTF8WhereverItStands(t *testing.T) {
	bad := "caf\xe9"
	places := map[string]*probev1.Everything{
		"a field":            {Text: bad},
		"a nested message":   {Self: &probev1.Everything{Text: bad}},
		"a list":             {Texts: []string{"fine", bad}},
		"a list of messages": {Selves: []*probev1.Everything{{}, {Text: bad}}},
		"a map's key":        {Words: map[string]string{bad: ""}},
		"a map's value":      {Words: map[string]string{"": bad}},
		"a map's message":    {ByNumber: map[int64]*probev1.Everything{1: {Text: bad}}},
		"a oneof":            {Choice: &probev1.Everything_ChosenText{ChosenText: bad}},
		"a oneof's message":  {Choice: &probev1.Everything_ChosenSelf{ChosenSelf: &probev1.Everything{Text: bad}}},
		"an optional field":  {MaybeText: &bad},
	}
	for place, message := range places {
		t.Run(place, func(t *testing.T) {
			if _, err := proto.Marshal(message); err == nil {
				t.Fatal("protobuf encodes it: the case is wrong")
			}
			if err := everythings.Copy(&probev1.Everything{}, message, limit); err == nil {
				t.Error("copied; gRPC would have refused to send it")
			}
		})
	}
}

func TestCopyRefusesMessagesTooLargeToSend(t *testing.T) {
	fits := &probev1.Everything{Blob: make([]byte, limit-64)}
	if err := everythings.Copy(&probev1.Everything{}, fits, limit); err != nil {
		t.Errorf("a message of %d bytes: got %v, want none", proto.Size(fits), err)
	}
	var tooLarge *TooLargeError
	large := &probev1.Everything{Blobs: [][]byte{make([]byte, limit/2), make([]byte, limit/2)}}
	if err := everythings.Copy(&probev1.Everything{}, large, limit); !errors.As(err, &tooLarge) || tooLarge.Size != proto.Size(large) {
		t.Errorf("a message of %d bytes: got %v", proto.Size(large), err)
	}
}

func anyEverything(t *rapid.T, depth int) *probev1.Everything {
	text := rapid.StringN(0, 8, 16)
	blob := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOfN(rapid.Byte(), 0, 8))
	e := &probev1.Everything{
		Text: text.Draw(t, "text"), Blob: blob.Draw(t, "blob"), Small: rapid.Int32().Draw(t, "small"),
		Large: rapid.Int64().Draw(t, "large"), Real: rapid.Float64Range(0, 1e9).Draw(t, "real"), Yes: rapid.Bool().Draw(t, "yes"),
		Reason: probev1.Reason(rapid.IntRange(0, 2).Draw(t, "reason")),
		Texts:  rapid.SliceOfN(text, 0, 3).Draw(t, "texts"), Blobs: rapid.SliceOfN(blob, 0, 3).Draw(t, "blobs"),
		Numbers: rapid.SliceOfN(rapid.Int64(), 0, 3).Draw(t, "numbers"),
		Words:   rapid.MapOfN(text, text, 0, 3).Draw(t, "words"), Named: rapid.MapOfN(text, blob, 0, 3).Draw(t, "named"),
	}
	if rapid.Bool().Draw(t, "optional") {
		e.MaybeText, e.MaybeNumber = proto.String(text.Draw(t, "maybe")), proto.Int64(rapid.Int64().Draw(t, "maybe"))
		e.MaybeBlob = blob.Draw(t, "maybe")
	}
	if rapid.Bool().Draw(t, "times") {
		e.At, e.Took = &timestamppb.Timestamp{Seconds: rapid.Int64().Draw(t, "at")}, &durationpb.Duration{Nanos: rapid.Int32().Draw(t, "lasts")}
	}
	if depth == 0 {
		return e
	}
	if rapid.Bool().Draw(t, "nested") {
		e.Self = anyEverything(t, depth-1)
		e.ByNumber = map[int64]*probev1.Everything{7: anyEverything(t, 0)}
	}
	switch rapid.IntRange(0, 4).Draw(t, "empties") {
	case 1:
		e.Selves, e.ByNumber = []*probev1.Everything{nil}, map[int64]*probev1.Everything{8: nil}
	case 2:
		e.Selves, e.ByNumber = []*probev1.Everything{}, map[int64]*probev1.Everything{}
	case 3:
		e.ProtoReflect().SetUnknown([]byte{0xa0, 0x3f, 0x01})
	case 4:
		e.ProtoReflect().SetUnknown([]byte{})
	}
	for range rapid.IntRange(0, 3).Draw(t, "selves") {
		e.Selves = append(e.Selves, anyEverything(t, 0))
	}
	switch rapid.IntRange(0, 5).Draw(t, "choice") {
	case 1:
		e.Choice = &probev1.Everything_ChosenText{ChosenText: text.Draw(t, "chosen")}
	case 2:
		e.Choice = &probev1.Everything_ChosenSelf{ChosenSelf: anyEverything(t, depth-1)}
	case 3:
		e.Choice = &probev1.Everything_ChosenBlob{ChosenBlob: blob.Draw(t, "chosen")}
	case 4:
		e.Choice = &probev1.Everything_ChosenNumber{ChosenNumber: 4}
	case 5:
		e.Choice = &probev1.Everything_ChosenSelf{}
	}
	return e
}

// scramble changes everything reachable from a message in place.
func scramble(message proto.Message) {
	m := message.ProtoReflect()
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			m.Mutable(field).Map().Range(func(key protoreflect.MapKey, inner protoreflect.Value) bool {
				if field.MapValue().Message() != nil {
					scramble(inner.Message().Interface())
				}
				return true
			})
			m.Mutable(field).Map().Clear(firstKey(value.Map()))
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				scramble(value.List().Get(i).Message().Interface())
			}
		case field.IsList() && field.Kind() == protoreflect.BytesKind:
			for i := range value.List().Len() {
				flip(value.List().Get(i).Bytes())
			}
		case field.IsList():
			list := m.Mutable(field).List()
			list.Set(0, list.NewElement())
		case field.Message() != nil:
			scramble(value.Message().Interface())
		case field.Kind() == protoreflect.BytesKind:
			flip(value.Bytes())
		}
		return true
	})
	m.SetUnknown(append(m.GetUnknown(), 0xa0, 0x06, 0x01))
}

func firstKey(m protoreflect.Map) (first protoreflect.MapKey) {
	m.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		first = key
		return false
	})
	return first
}

func flip(bytes []byte) {
	for i := range bytes {
		bytes[i] ^= 0xff
	}
}
