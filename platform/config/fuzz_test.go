package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

type fuzzed struct {
	Text  string            `yaml:"text"`
	Pass  string            `yaml:"pass" secret:"true"`
	Wait  time.Duration     `yaml:"wait"`
	Size  Bytes             `yaml:"size"`
	List  []int8            `yaml:"list"`
	Names map[string]string `yaml:"names"`
	Group map[string]struct {
		On    bool           `yaml:"on"`
		Inner map[string]int `yaml:"inner"`
	} `yaml:"group"`
}

// Whatever stands in the file: it loads, or it is refused with a reason and
// changes nothing; and what has loaded can be written down and loaded again.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"", "text: a\n", "wait: 3s\nsize: 1MiB\nlist: [1, 2]\n", "names: {a: b, '': c}\n", "group:\n  a: {on: true, inner: {x: 1}}\n",
		"group: {a: {on: no}}\n", "old: {text: x}\n", "a: &a [*a]\n", "group: &a {b: *a}\n", "<<: x\n", "? {a: b}\n: c\n",
		"text: !!binary aGk=\n", "text: |\n  a\n  b\n", "--- a\n--- b\n", "\xef\xbb\xbftext: a\n", "\xff\xfe", "text: *x\n", "{", "[]", "- ", "!!a", "%YAML 3.0\n---\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		var got fuzzed
		loaded, err := load(&got, Sources{File: "f"}, []byte(content), nil)
		if err != nil {
			var all *Error
			if !errors.As(err, &all) || len(all.Problems) == 0 {
				t.Fatalf("got error %v, want problems of the file", err)
			}
			if got.Text != "" || got.Names != nil || got.Group != nil || got.List != nil {
				t.Fatalf("got %+v after a refusal, want no change", got)
			}
			return
		}
		var out strings.Builder
		if err := loaded.Print(&out, false); err != nil {
			t.Fatal(err)
		}
		again := got
		// Secrets are left out of the example, so the copy keeps its own.
		if _, err := load(&again, Sources{File: "f"}, []byte(Example(&got)), nil); err != nil {
			t.Fatalf("the example does not load: %v\n%s", err, Example(&got))
		}
		for i, v := range loaded.Values() {
			if text := valuesOf(t, &again)[i].Text; text != v.Text {
				t.Fatalf("%s: got %q back, want %q", v.Key, text, v.Text)
			}
		}
	})
}

func valuesOf(t *testing.T, into *fuzzed) []Value {
	t.Helper()
	loaded, err := Load(into, Sources{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Values()
}
