package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"galleria/platform/config"
)

// settings has every kind of value there is.
type settings struct {
	Base    `yaml:",inline"`
	HTTP    listener           `yaml:"http"`
	Parts   map[string]part    `yaml:"parts" doc:"what this process is made of"`
	Labels  map[string]string  `yaml:"labels"`
	Weights map[string]float64 `yaml:"weights"`
	Hosts   []string           `yaml:"hosts"`
	Level   level              `yaml:"level"`
	ignored int                //lint:ignore U1000 unexported fields are no keys, which needs one to be there
	Skipped chan int           `yaml:"-"`
}

// Base is embedded, so its keys are at the top.
type Base struct {
	Data string `yaml:"data" doc:"where everything is kept"`
	DSN  string `yaml:"dsn"`
}

type listener struct {
	Listen string        `yaml:"listen" doc:"address"`
	Idle   time.Duration `yaml:"idle" doc:"close a silent connection\nafter this"`
	TLS    bool          `yaml:"tls"`
	Body   config.Bytes  `yaml:"body"`
	Key    string        `yaml:"key" secret:"true"`
	Small  int8          `yaml:"small"`
	Count  uint16        `yaml:"count"`
	Ratio  float64       `yaml:"ratio"`
	Ports  []int         `yaml:"ports"`
}

type part struct {
	Mode    string        `yaml:"mode" doc:"local or remote"`
	Address string        `yaml:"address"`
	Timeout time.Duration `yaml:"timeout"`
}

func (p part) Validate() error {
	findings := []error{config.OneOf("mode", p.Mode, "local", "remote")}
	if p.Mode == "remote" && p.Address == "" {
		findings = append(findings, config.At("address", "is needed when the mode is remote"))
	}
	return errors.Join(findings...)
}

// level is a type that reads its own text.
type level int

func (l *level) UnmarshalText(text []byte) error {
	switch string(text) {
	case "low":
		*l = 0
	case "high":
		*l = 1
	default:
		return errors.New(`"` + string(text) + `" is not low or high`)
	}
	return nil
}

func (l level) MarshalText() ([]byte, error) { return []byte([]string{"low", "high"}[l]), nil }

func standard() settings {
	return settings{
		Base:   Base{Data: "./data"},
		HTTP:   listener{Listen: ":8080", Idle: time.Minute, Body: 1 << 20, Small: 1, Count: 2, Ratio: 0.5, Ports: []int{1, 2}},
		Parts:  map[string]part{"engine": {Mode: "local", Timeout: time.Second}, "wheel": {Mode: "local"}},
		Labels: map[string]string{"zone": "a"},
		Hosts:  []string{"one", "two"},
	}
}

// written is a file with the content, in a directory of its own, which the
// test enters so that messages name it shortly.
func written(t *testing.T, content string) config.Sources {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("app.yaml", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Sources{File: "app.yaml", Prefix: "APP_"}
}

// problems are the lines of the error, or fails if there is none.
func problems(t *testing.T, err error) []string {
	t.Helper()
	var all *config.Error
	if !errors.As(err, &all) {
		t.Fatalf("got error %v, want a *config.Error", err)
	}
	return strings.Split(all.Error(), "\n")
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\ngot\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func value(t *testing.T, l *config.Loaded, key string) config.Value {
	t.Helper()
	for _, v := range l.Values() {
		if v.Key == key {
			return v
		}
	}
	t.Fatalf("there is no value %s", key)
	return config.Value{}
}

func path(t *testing.T, name string) string { return filepath.Join(t.TempDir(), name) }
