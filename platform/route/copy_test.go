package route

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	probev1 "galleria/platform/route/probe/v1"
)

func TestCopyIsEqualAndSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := anyEverything(t, 3)
		before := proto.CloneOf(original)
		copied := anyEverything(t, 2) // what was there before must be gone
		if err := copierOf(reflect.TypeFor[probev1.Everything]()).copyMessage(copied, original); err != nil {
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

// Whoever appends to an empty list must not write into the room it was cut from.
func TestCopyDoesNotShareTheRoomBehindEmptyLists(t *testing.T) {
	behind := []*probev1.Everything{{Text: "the owner's"}}
	copied := &probev1.Everything{}
	if err := copierOf(reflect.TypeFor[probev1.Everything]()).copyMessage(copied, &probev1.Everything{Selves: behind[:0]}); err != nil {
		t.Fatal(err)
	}
	copied.Selves = append(copied.Selves, &probev1.Everything{Text: "the receiver's"})
	if got := behind[0].GetText(); got != "the owner's" {
		t.Errorf("appending to the copy made the original's %q", got)
	}
}

// What decoding would make of a message, copying makes of it too.
func TestCopyIsWhatEncodingAndDecodingMakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := anyEverything(t, 3)
		encoded, err := proto.Marshal(original)
		if err != nil {
			t.Fatal(err)
		}
		want := &probev1.Everything{}
		if err := proto.Unmarshal(encoded, want); err != nil {
			t.Fatal(err)
		}
		got := &probev1.Everything{}
		if err := copierOf(reflect.TypeFor[probev1.Everything]()).copyMessage(got, original); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// A oneof whose wrapper is a nil pointer is unset for encoding, and a trap for
// whoever looks into it.
func TestCopyTakesANilOneofForUnset(t *testing.T) {
	copied := &probev1.Everything{}
	err := copierOf(reflect.TypeFor[probev1.Everything]()).copyMessage(copied, &probev1.Everything{Choice: (*probev1.Everything_ChosenText)(nil)})
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
		if err := copierOf(reflect.TypeFor[probev1.Everything]()).copyMessage(&probev1.Everything{}, shared); err != nil {
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
			if err := copierOf(reflect.TypeFor[probev1.Everything]()).copyMessage(&probev1.Everything{}, message); err == nil {
				t.Error("copied; gRPC would have refused to send it")
			}
		})
	}
}

func TestCopyRefusesMessagesTooLargeToSend(t *testing.T) {
	c := copierOf(reflect.TypeFor[probev1.Everything]())
	fits := &probev1.Everything{Blob: make([]byte, MaxMessageBytes-64)}
	if err := c.copyMessage(&probev1.Everything{}, fits); err != nil {
		t.Errorf("a message of %d bytes: got %v, want none", proto.Size(fits), err)
	}
	large := &probev1.Everything{Blobs: [][]byte{make([]byte, MaxMessageBytes/2), make([]byte, MaxMessageBytes/2)}}
	if err := c.copyMessage(&probev1.Everything{}, large); err == nil {
		t.Errorf("a message of %d bytes was copied", proto.Size(large))
	}
}

func anyEverything(t *rapid.T, depth int) *probev1.Everything {
	text := rapid.StringN(0, 8, 16)
	blob := rapid.SliceOfN(rapid.Byte(), 0, 8)
	e := &probev1.Everything{
		Text: text.Draw(t, "text"), Blob: blob.Draw(t, "blob"), Small: rapid.Int32().Draw(t, "small"),
		Large: rapid.Int64().Draw(t, "large"), Real: rapid.Float64Range(0, 1e9).Draw(t, "real"), Yes: rapid.Bool().Draw(t, "yes"),
		Reason: probev1.Reason(rapid.IntRange(0, 2).Draw(t, "reason")),
		Texts:  rapid.SliceOfN(text, 0, 3).Draw(t, "texts"), Blobs: rapid.SliceOfN(blob, 0, 3).Draw(t, "blobs"),
		Numbers: rapid.SliceOfN(rapid.Int64(), 0, 3).Draw(t, "numbers"),
		Words:   rapid.MapOfN(text, text, 0, 3).Draw(t, "words"),
	}
	if rapid.Bool().Draw(t, "optional") {
		e.MaybeText, e.MaybeNumber = proto.String(text.Draw(t, "maybe")), proto.Int64(rapid.Int64().Draw(t, "maybe"))
		e.MaybeBlob = append([]byte{}, blob.Draw(t, "maybe")...)
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
	for range rapid.IntRange(0, 3).Draw(t, "selves") {
		e.Selves = append(e.Selves, anyEverything(t, 0))
	}
	switch rapid.IntRange(0, 4).Draw(t, "choice") {
	case 1:
		e.Choice = &probev1.Everything_ChosenText{ChosenText: text.Draw(t, "chosen")}
	case 2:
		e.Choice = &probev1.Everything_ChosenSelf{ChosenSelf: anyEverything(t, depth-1)}
	case 3:
		e.Choice = &probev1.Everything_ChosenBlob{ChosenBlob: blob.Draw(t, "chosen")}
	case 4:
		e.Choice = &probev1.Everything_ChosenNumber{ChosenNumber: 4}
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
