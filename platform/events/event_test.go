package events

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"gorm.io/gorm"
)

func TestSubjectHoldsAnyAggregateInOneToken(t *testing.T) {
	t.Parallel()
	for aggregate, want := range map[string]string{
		"01890a5d-ac96": "events.google.StringValue.01890a5d-ac96",
		"mug.blue 12*>": "events.google.StringValue.mug%2Eblue%2012%2A%3E",
		"a%2Eb":         "events.google.StringValue.a%252Eb",
		"Tasse/grün":    "events.google.StringValue.Tasse%2Fgr%C3%BCn",
	} {
		if got := subjectOf(protoreflect.FullName("google.protobuf.StringValue"), aggregate); got != want {
			t.Errorf("subject of %q: got %s, want %s", aggregate, got, want)
		}
	}
}

func TestAppendRefusesWhatTheBrokerWouldRefuse(t *testing.T) {
	t.Parallel()
	db := openDB(t, "publisher", t.TempDir())
	for name, c := range map[string]struct {
		aggregate string
		event     proto.Message
		want      string
	}{
		"no event":             {"a", nil, "no event"},
		"no aggregate":         {"", wrapperspb.String("x"), "1 to 200 bytes"},
		"long aggregate":       {strings.Repeat("a", 201), wrapperspb.String("x"), "1 to 200 bytes"},
		"line break":           {"a\r\nNats-Msg-Id: x", wrapperspb.String("x"), "printable"},
		"broken UTF-8":         {"a\xff", wrapperspb.String("x"), "printable"},
		"an event too large":   {"a", wrapperspb.String(strings.Repeat("x", MaxPayload)), "at most"},
		"an event not in UTF8": {"a", wrapperspb.String("\xff"), "UTF-8"},
	} {
		err := db.Write(t.Context(), func(tx *gorm.DB) error { return Append(tx, time.Now(), c.aggregate, c.event) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
	}
	if got := backlog(t, db); got != 0 {
		t.Errorf("outbox rows: got %d, want 0", got)
	}
}

func TestAppendIsPartOfTheCallersTransaction(t *testing.T) {
	t.Parallel()
	db := openDB(t, "publisher", t.TempDir())
	changed := errors.New("changed my mind")
	err := db.Write(t.Context(), func(tx *gorm.DB) error {
		if err := Append(tx, time.Now(), "a", wrapperspb.String("1")); err != nil {
			return err
		}
		return changed
	})
	if !errors.Is(err, changed) {
		t.Fatalf("got %v, want %v", err, changed)
	}
	if got := backlog(t, db); got != 0 {
		t.Errorf("outbox rows after a rollback: got %d, want 0", got)
	}
}
