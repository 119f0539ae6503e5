package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"galleria/platform/config"
)

func TestEveryTypeIsReadFromFileEnvironmentAndFlags(t *testing.T) {
	rows := []struct {
		key, file, text string
		got             func(settings) any
		want            any
	}{
		{"data", "/srv", "/srv", func(s settings) any { return s.Data }, "/srv"},
		{"data", "8080", "8080", func(s settings) any { return s.Data }, "8080"},
		{"http.idle", "1h30m", "1h30m", func(s settings) any { return s.HTTP.Idle }, 90 * time.Minute},
		{"http.tls", "true", "true", func(s settings) any { return s.HTTP.TLS }, true},
		{"http.tls", "yes", "1", func(s settings) any { return s.HTTP.TLS }, true},
		{"http.body", "64KiB", "65536", func(s settings) any { return s.HTTP.Body }, config.Bytes(65536)},
		{"http.small", "-128", "-128", func(s settings) any { return s.HTTP.Small }, int8(-128)},
		{"http.count", "65535", "65535", func(s settings) any { return s.HTTP.Count }, uint16(65535)},
		{"http.ratio", "1e-3", "0.001", func(s settings) any { return s.HTTP.Ratio }, 0.001},
		{"http.ports", "[7, 8]", "7, 8", func(s settings) any { return s.HTTP.Ports }, []int{7, 8}},
		{"hosts", `["a,b", c]`, `["a,b", "c"]`, func(s settings) any { return s.Hosts }, []string{"a,b", "c"}},
		{"hosts", "a, b", "a,b", func(s settings) any { return s.Hosts }, []string{"a", "b"}},
		{"hosts", `"[::1]:80"`, "[::1]:80", func(s settings) any { return s.Hosts }, []string{"[::1]:80"}},
		{"hosts", `[]`, ``, func(s settings) any { return len(s.Hosts) }, 0},
		{"level", "high", "high", func(s settings) any { return s.Level }, level(1)},
		{"parts.engine.timeout", "2s", "2s", func(s settings) any { return s.Parts["engine"] }, part{Mode: "local", Timeout: 2 * time.Second}},
		{"labels.team", "blue", "blue", func(s settings) any { return s.Labels }, map[string]string{"zone": "a", "team": "blue"}},
		{"weights.x", "2", "2", func(s settings) any { return s.Weights["x"] }, 2.0},
		{"parts.door.mode", "local", "local", func(s settings) any { return s.Parts["door"].Mode }, "local"},
	}
	for _, row := range rows {
		name := "APP_" + strings.ToUpper(strings.ReplaceAll(row.key, ".", "_"))
		sources := map[string]config.Sources{
			"environment": {Prefix: "APP_", Environ: []string{name + "=" + row.text}},
			"flag":        {Flags: map[string]string{row.key: row.text}},
			"file":        written(t, nested(row.key, row.file)),
		}
		for kind, from := range sources {
			got := standard()
			if _, err := config.Load(&got, from); err != nil {
				t.Errorf("%s from %s: %v", row.key, kind, err)
			} else if !reflect.DeepEqual(row.got(got), row.want) {
				t.Errorf("%s from %s: got %v, want %v", row.key, kind, row.got(got), row.want)
			}
		}
	}
}

// nested writes a.b.c with the value as YAML.
func nested(key, value string) string {
	var b strings.Builder
	words := strings.Split(key, ".")
	for i, word := range words {
		b.WriteString(strings.Repeat("  ", i) + word + ":")
		if i < len(words)-1 {
			b.WriteString("\n")
		}
	}
	return b.String() + " " + value + "\n"
}

func TestTheLaterSourceWins(t *testing.T) {
	from := written(t, "data: f\ndsn: f\nhttp:\n  listen: f\n")
	from.Environ = []string{"APP_DSN=e", "APP_HTTP_LISTEN=e", "OTHER=x"}
	from.Flags = map[string]string{"http.listen": "l"}
	from.FlagNames = map[string]string{"http.listen": "http"}
	got := standard()
	loaded, err := config.Load(&got, from)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][2]string{
		"data": {"f", "app.yaml:1"}, "dsn": {"e", "$APP_DSN"},
		"http.listen": {"l", "--http"}, "http.idle": {"1m", "default"},
	} {
		v := value(t, loaded, key)
		if v.Text != want[0] || v.Origin.String() != want[1] {
			t.Errorf("%s: got %s from %s, want %s from %s", key, v.Text, v.Origin, want[0], want[1])
		}
	}
}

func TestWhatIsSharedIsWhatTheFileHas(t *testing.T) {
	from := written(t, "data: f\nhosts: [f]\n")
	from.Environ = []string{"APP_DATA=e", "APP_DSN=e"}
	from.Flags = map[string]string{"hosts": "l"}
	got := standard()
	loaded, err := config.Load(&got, from)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"data": "f", "dsn": "", "hosts": "f", "http.listen": ":8080"} {
		if text := loaded.Shared(key); text != want {
			t.Errorf("%s: got %q, want %q", key, text, want)
		}
	}
}

func TestAFailedLoadLeavesStructAndMapsUntouched(t *testing.T) {
	from := written(t, "data: x\nparts:\n  engine: {mode: remote, address: y}\n  new: {mode: local}\nlabels: {a: b}\nhosts: [z]\nbad: 1\n")
	got := standard()
	if _, err := config.Load(&got, from); err == nil {
		t.Fatal("want an error")
	}
	if !reflect.DeepEqual(got, standard()) {
		t.Errorf("got %+v, want the defaults", got)
	}
}

func TestAMissingFileIsAMistakeOnlyWhenItIsRequired(t *testing.T) {
	got := standard()
	from := config.Sources{File: path(t, "none.yaml")}
	if _, err := config.Load(&got, from); err != nil {
		t.Errorf("optional file: got %v, want no error", err)
	}
	from.FileRequired = true
	_, err := config.Load(&got, from)
	same(t, "required file", problems(t, err), []string{from.File + ": cannot be read: no such file or directory"})
}

func TestFilesThatSayNothingChangeNothing(t *testing.T) {
	for _, content := range []string{"", "# only a comment\n", "---\n", "http:\nparts:\nlabels:\n", "http: {}\n"} {
		got := standard()
		if _, err := config.Load(&got, written(t, content)); err != nil || !reflect.DeepEqual(got, standard()) {
			t.Errorf("%q: got %+v and error %v, want the defaults", content, got, err)
		}
	}
}

func TestAnchorsAreFollowed(t *testing.T) {
	got := standard()
	_, err := config.Load(&got, written(t, "parts:\n  engine: &far {mode: remote, address: a}\n  wheel: *far\n"))
	if err != nil || got.Parts["wheel"].Address != "a" {
		t.Errorf("got %+v and error %v, want wheel like engine", got.Parts, err)
	}
}

func TestADeclarationThatCannotWorkIsRefused(t *testing.T) {
	type untagged struct{ A string }
	type pointer struct {
		A *int `yaml:"a"`
	}
	type twice struct {
		A string `yaml:"a"`
		B string `yaml:"a"`
	}
	type collision struct {
		A string `yaml:"a_b"`
		B struct {
			C string `yaml:"b"`
		} `yaml:"a"`
	}
	type embedded struct {
		Base `yaml:"base"`
	}
	type endless struct {
		More map[string]endless2 `yaml:"more"`
	}
	rows := []struct {
		into any
		want string
	}{
		{untagged{}, "want a pointer"},
		{&untagged{}, "field A needs a tag"},
		{&pointer{}, "cannot be configured"},
		{&twice{}, "two values have the key a"},
		{&collision{}, "would both be the variable APP_A_B"},
		{&embedded{}, "must be exported and tagged"},
		{&endless{}, "nested too deeply"},
	}
	for _, row := range rows {
		_, err := config.Load(row.into, config.Sources{Prefix: "APP_"})
		want := strings.TrimPrefix(row.want, "want ")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: got %v, want %q", row.into, err, want)
		}
	}
}

type endless2 struct {
	More map[string]endless2 `yaml:"more"`
}
