package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"galleria/platform/config"
)

func TestAllMistakesAreReportedAtOnceWithTheirPlace(t *testing.T) {
	from := written(t, `data: [a]
http:
  listne: x
  idle: 60
  small: 128
  count: -1
  ratio: many
  tls: maybe
  body: huge
  ports: [1, x, {}]
  listen:
  listen: y
parts:
  engine: {mode: remot}
  wheel: {mode: remote}
hosts: {one: two}
level: middle
labels: [a]
listen_on: z
<<: {data: x}
? [a]
: b
`)
	from.Environ = []string{"APP_HTTP_LISTN=x", "APP_LEVEL=middle", "APP_PARTS_SEAT_MODE=none"}
	from.Flags = map[string]string{"http": "x", "http.idel": "3s", "weights.a": "b"}
	got := standard()
	_, err := config.Load(&got, from)
	same(t, "problems", problems(t, err), []string{
		`app.yaml:1: data: is a list; a single value is expected`,
		`app.yaml:3: http.listne: unknown key; did you mean http.listen?`,
		`app.yaml:4: http.idle: "60" is not a duration such as 30s, 5m or 1h30m`,
		`app.yaml:5: http.small: 128 is not in the range -128 to 127`,
		`app.yaml:6: http.count: -1 cannot be negative`,
		`app.yaml:7: http.ratio: "many" is not a number`,
		`app.yaml:8: http.tls: "maybe" is not true or false`,
		`app.yaml:9: http.body: "huge" is not a size such as 512, 64KiB or 10MiB`,
		`app.yaml:10: http.ports: "x" is not a whole number`,
		`app.yaml:10: http.ports: is a group of keys; a single value is expected`,
		`app.yaml:11: http.listen: has no value; write "" for an empty text, or leave the line out`,
		`app.yaml:12: http.listen: is given twice; first on line 11`,
		`app.yaml:14: parts.engine.mode: "remot" is not one of local, remote`,
		`app.yaml:15: parts.wheel.address: is needed when the mode is remote`,
		`app.yaml:16: hosts: is a group of keys; a list such as [a, b] is expected`,
		`app.yaml:17: level: "middle" is not low or high`,
		`app.yaml:18: labels: is a list; keys below it are expected`,
		`app.yaml:19: listen_on: unknown key`,
		`app.yaml:20: merging with << is not supported; anchors for whole values are`,
		`app.yaml:21: has a list as a key; a word is expected`,
		`$APP_HTTP_LISTN: unknown variable; did you mean APP_HTTP_LISTEN?`,
		`$APP_LEVEL: level: "middle" is not low or high`,
		`--http: http: unknown key`,
		`--http.idel: http.idel: unknown key; did you mean http.idle?`,
		`--weights.a: weights.a: "b" is not a number`,
		`$APP_PARTS_SEAT_MODE: parts.seat.mode: "none" is not one of local, remote`,
	})
}

func TestASyntaxErrorHasItsLineAndDoesNotHideOtherSources(t *testing.T) {
	rows := []struct{ content, want string }{
		{"data: x\nhttp: [\n", "app.yaml:2: did not find expected node content"},
		{"data: \"x\n", "app.yaml:2: found unexpected end of stream"},
		{"- a\n", "app.yaml:1: is a list; lines such as key: value are expected"},
		{"words\n", "app.yaml:1: is a single value; lines such as key: value are expected"},
		{"data: x\n---\ndata: y\n", "app.yaml:2: a second document begins here; only one is read"},
		{"http:\n  key: *hunter2\n", "app.yaml: refers to an unknown anchor; a text that begins with * needs quotes"},
	}
	for _, row := range rows {
		from := written(t, row.content)
		from.Environ = []string{"APP_HTTP_TLS=maybe", "APP_PARTS_ENGINE_MODE=x"}
		got := standard()
		_, err := config.Load(&got, from)
		same(t, row.content, problems(t, err), []string{row.want, `$APP_HTTP_TLS: http.tls: "maybe" is not true or false`})
	}
}

func TestSuggestionsNameWhatWasProbablyMeant(t *testing.T) {
	rows := []struct{ content, want string }{
		{"dtaa: x\n", "unknown key; did you mean data?"},
		{"idle: 3s\n", "unknown key; did you mean http.idle?"},
		{"htpp: {listen: x}\n", "unknown key; did you mean http?"},
		{"parts:\n  engine: {adress: x}\n", "unknown key; did you mean parts.engine.address?"},
		{"something: x\n", "unknown key"},
		{"mode: x\n", "unknown key"}, // several places have it
	}
	for _, row := range rows {
		got := standard()
		_, err := config.Load(&got, written(t, row.content))
		if line := problems(t, err)[0]; !strings.HasSuffix(line, ": "+row.want) {
			t.Errorf("%q: got %q, want %q at the end", row.content, line, row.want)
		}
	}
}

type pair struct {
	Low   int             `yaml:"low"`
	High  int             `yaml:"high"`
	Pass  string          `yaml:"pass" secret:"true"`
	URL   string          `yaml:"url"`
	Named map[string]part `yaml:"named"`
}

// Validate has a pointer receiver, unlike the others in these tests.
func (p *pair) Validate() error {
	if p.Low == 0 {
		return nil
	}
	return errors.Join(
		errors.New("low and high do not fit together"),
		fmt.Errorf("checking: %w", config.At("high", "must be above %d", p.Low)),
		config.At("pass", "%q is too short, %s is", p.Pass, p.Pass),
		config.At("url", "cannot reach %s", p.URL),
		config.At("named.other", "is missing"),
	)
}

func TestAValidatorsFindingsArePlacedWhereTheValueCameFrom(t *testing.T) {
	from := written(t, "in:\n  low: 3\n  url: nats://me:hunter3@h\n  named:\n    a: {mode: local}\n")
	from.Environ = []string{"APP_IN_HIGH=2"}
	from.Flags = map[string]string{"in.pass": "hunter2"}
	var got struct {
		In pair `yaml:"in"`
	}
	_, err := config.Load(&got, from)
	same(t, "problems", problems(t, err), []string{
		`app.yaml:1: in: low and high do not fit together`,
		`app.yaml:3: in.url: cannot reach nats://me:••••••@h`,
		`app.yaml:4: in.named.other: is missing`,
		`$APP_IN_HIGH: in.high: checking: high: must be above 3`,
		`--in.pass: in.pass: "••••••" is too short, •••••• is`,
	})
}

func TestADefaultThatIsNotValidIsReportedAsSuch(t *testing.T) {
	got := standard()
	got.Parts["engine"] = part{Mode: "none"}
	_, err := config.Load(&got, config.Sources{})
	same(t, "problems", problems(t, err), []string{`default: parts.engine.mode: "none" is not one of local, remote`})
}

func TestAKeyThatIsMissingIsReportedWhereItIsMissing(t *testing.T) {
	got := standard()
	_, err := config.Load(&got, config.Sources{Prefix: "APP_", Environ: []string{"APP_PARTS_DOOR_ADDRESS=x"}})
	same(t, "problems", problems(t, err), []string{`$APP_PARTS_DOOR_ADDRESS: parts.door.mode: "" is not one of local, remote`})
}

func TestAValueThatCouldNotBeReadIsNotJudgedAsWell(t *testing.T) {
	got := standard()
	_, err := config.Load(&got, written(t, "parts:\n  door:\n    mode: [local]\n"))
	same(t, "problems", problems(t, err), []string{`app.yaml:3: parts.door.mode: is a list; a single value is expected`})
}

type Checked struct {
	N int `yaml:"n"`
}

func (c Checked) Validate() error { return config.At("n", "is never right") }

func TestAnInlinedValidatorReportsOnce(t *testing.T) {
	var promoted struct {
		Checked `yaml:",inline"`
	}
	var named struct {
		C Checked `yaml:",inline"`
	}
	for _, into := range []any{&promoted, &named} {
		_, err := config.Load(into, config.Sources{})
		same(t, "problems", problems(t, err), []string{"default: n: is never right"})
	}
}

func TestASecretIsNotRepeatedInMessages(t *testing.T) {
	var got struct {
		Pin int `yaml:"pin" secret:"true"`
	}
	_, err := config.Load(&got, written(t, "pin: hunter2\n"))
	same(t, "problems", problems(t, err), []string{`app.yaml:1: pin: "••••••" is not a whole number`})
}
