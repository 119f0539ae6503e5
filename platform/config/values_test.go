package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"galleria/platform/config"
)

func TestValuesAreInOrderOfDeclaration(t *testing.T) {
	got := standard()
	loaded, err := config.Load(&got, written(t, "parts:\n  door: {mode: local}\nhosts: [z, '']\n"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, v := range loaded.Values() {
		lines = append(lines, fmt.Sprintf("%s=%s (%s) %s", v.Key, v.Text, v.Default, v.Origin))
	}
	same(t, "values", lines, []string{
		"data=./data (./data) default",
		"dsn= () default",
		"http.listen=:8080 (:8080) default",
		"http.idle=1m (1m) default",
		"http.tls=false (false) default",
		"http.body=1MiB (1MiB) default",
		"http.key= () default",
		"http.small=1 (1) default",
		"http.count=2 (2) default",
		"http.ratio=0.5 (0.5) default",
		"http.ports=1,2 (1,2) default",
		"parts.door.mode=local () app.yaml:2",
		"parts.door.address= () default",
		"parts.door.timeout=0s (0s) default",
		"parts.engine.mode=local (local) default",
		"parts.engine.address= () default",
		"parts.engine.timeout=1s (1s) default",
		"parts.wheel.mode=local (local) default",
		"parts.wheel.address= () default",
		"parts.wheel.timeout=0s (0s) default",
		"labels.zone=a (a) default",
		`hosts=["z", ""] (one,two) app.yaml:3`,
		"level=low (low) default",
	})
}

func TestSecretsAndPasswordsAreHidden(t *testing.T) {
	rows := []struct{ text, want string }{
		{"postgres://me:hunter2@db/x", "postgres://me:••••••@db/x"},
		{"postgres://me:hun@ter/2?@db/x", "postgres://me:••••••@db/x"},
		{"postgres://db/x?sslpassword=hunter2&a=b", "postgres://db/x?sslpassword=••••••&a=b"},
		{"host=db password='hun ter2' dbname=x", "host=db password=•••••• dbname=x"},
		{"http://localhost:8080/a", "http://localhost:8080/a"},
		{"postgres://me@db/x", "postgres://me@db/x"},
	}
	for _, row := range rows {
		got := standard()
		got.DSN = row.text
		loaded, err := config.Load(&got, config.Sources{Flags: map[string]string{"http.key": "hunter2"}})
		if err != nil {
			t.Fatal(err)
		}
		if v := value(t, loaded, "dsn"); v.Text != row.want || v.Default != row.want {
			t.Errorf("%s: got %s (default %s), want %s", row.text, v.Text, v.Default, row.want)
		}
		if v := value(t, loaded, "http.key"); v.Text != "••••••" || !v.Secret || !v.Differs {
			t.Errorf("secret: got %+v, want it masked and different", v)
		}
		if text := config.Example(&got); strings.Contains(text, "hun") {
			t.Errorf("example shows a secret:\n%s", text)
		}
	}
}

func TestPrintAlignsAndCanLeaveOutDefaults(t *testing.T) {
	got := standard()
	loaded, err := config.Load(&got, config.Sources{Flags: map[string]string{"data": "two\nlines", "http.key": "s", "level": "low"}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := loaded.Print(&b, true); err != nil {
		t.Fatal(err)
	}
	same(t, "different only", strings.Split(b.String(), "\n"), []string{
		`KEY       FROM        VALUE`,
		`data      --data      "two\nlines"  (default ./data)`,
		`http.key  --http.key  ••••••  (default "")`,
		``,
	})
	b.Reset()
	_ = loaded.Print(&b, false)
	if n := strings.Count(b.String(), "\n"); n != len(loaded.Values())+1 {
		t.Errorf("all: got %d lines, want %d", n, len(loaded.Values())+1)
	}
}

func TestTheExampleLoadsToTheDefaults(t *testing.T) {
	odd := standard()
	odd.Data = "null"
	odd.DSN = "a: b # c\nd"
	odd.Labels = map[string]string{"yes": "true", "8080": "~", "a b": "", "x.y": "*z", "*q": "&"}
	odd.Hosts = []string{"a,b", "", "]", "\"", "  "}
	for _, want := range []settings{standard(), odd} {
		text := config.Example(&want)
		got := want
		loaded, err := config.Load(&got, written(t, text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v from\n%s", got, want, text)
		}
		for _, v := range loaded.Values() {
			if v.Differs {
				t.Errorf("%s: got %q, want the default %q", v.Key, v.Text, v.Default)
			}
		}
	}
}

func TestTheExampleDocuments(t *testing.T) {
	var into struct {
		A string `yaml:"a" doc:"the first"`
		G struct {
			B []string `yaml:"b"`
			K string   `yaml:"k" doc:"a key" secret:"true"`
		} `yaml:"g" doc:"a group\nof two"`
		P map[string]part `yaml:"p" doc:"parts"`
	}
	into.G.K = "hunter2"
	same(t, "example", strings.Split(config.Example(&into), "\n"), []string{
		`# the first`,
		`a: ""`,
		``,
		`# a group`,
		`# of two`,
		`g:`,
		`  b: []`,
		`  # a key`,
		`  # k: "••••••"`,
		``,
		`# parts`,
		`p: {}`,
		`#   <name>:`,
		`#     # local or remote`,
		`#     mode: ""`,
		`#     address: ""`,
		`#     timeout: 0s`,
		``,
	})
}
