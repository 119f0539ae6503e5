package config_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"galleria/platform/config"
)

type editable struct {
	Data  string `yaml:"data"`
	Parts struct {
		Engine placed `yaml:"engine"`
		Wheel  placed `yaml:"wheel"`
	} `yaml:"parts"`
	Log struct {
		Level string `yaml:"level"`
	} `yaml:"log"`
}

type placed struct {
	Mode    string   `yaml:"mode"`
	Address []string `yaml:"address"`
	Canary  struct {
		Weight int           `yaml:"weight"`
		Steps  []int         `yaml:"steps"`
		Every  time.Duration `yaml:"every"`
	} `yaml:"canary"`
	DSN string `yaml:"dsn" secret:"true"`
}

func (p placed) Validate() error {
	if p.Mode == "remote" && len(p.Address) == 0 {
		return config.At("address", "is needed when the mode is remote")
	}
	return nil
}

func set(key string, value any) config.Setting { return config.Setting{Key: key, Value: value} }

// remote are the settings of a part that moves.
var remote = []config.Setting{
	set("parts.engine.mode", "remote"), set("parts.engine.address", []string{"10.0.0.5:7071", "10.0.0.6:7071"}),
}

func edit(t *testing.T, content string, settings ...config.Setting) (string, error) {
	t.Helper()
	err := config.Edit(&editable{}, written(t, content), settings...)
	after, readErr := os.ReadFile("app.yaml")
	if readErr != nil {
		t.Fatal(readErr)
	}
	if left, err := filepath.Glob(".app.yaml*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return string(after), err
}

func TestAnEditChangesTheValuesAndNothingElse(t *testing.T) {
	const addresses = `["10.0.0.5:7071", "10.0.0.6:7071"]`
	rows := []struct{ name, before, after string }{
		{"between braces", `# the car
data: x   # where

parts:
  # moved in May
  engine:   {mode: local, address: "127.0.0.1:7071", dsn: 'a''b{' } # ours
  wheel: {mode: local}
`, `# the car
data: x   # where

parts:
  # moved in May
  engine:   {mode: remote, address: ` + addresses + `, dsn: 'a''b{' } # ours
  wheel: {mode: local}
`},
		{"one key a line", `parts:
  engine:
    mode: "local" # for now
    address: # of both
      - a:1
      # second
      - b:2
    dsn: é "x # y
  wheel: {}
`, `parts:
  engine:
    mode: remote # for now
    address: ` + addresses + ` # of both
    dsn: é "x # y
  wheel: {}
`},
		{"keys that are missing", "parts:\n  engine:\n    # a comment\n    dsn: x # y\n\n  wheel: {mode: a}\nlog:\n  level: b",
			"parts:\n  engine:\n    # a comment\n    dsn: x # y\n    mode: remote\n    address: " + addresses + "\n\n  wheel: {mode: a}\nlog:\n  level: b"},
		{"missing between braces", "parts: {engine: {dsn: x, }, wheel: {mode: a}}\n", "parts: {engine: {dsn: x, mode: remote, address: " + addresses + ", }, wheel: {mode: a}}\n"},
		{"a part that is missing", "parts:\n  wheel:\n    canary:\n      steps:\n        - 1\n        - 2 # last\n\n# the end\n",
			"parts:\n  wheel:\n    canary:\n      steps:\n        - 1\n        - 2 # last\n  engine: {mode: remote, address: " + addresses + "}\n\n# the end\n"},
		{"no parts", "data: x # y\n", "data: x # y\nparts:\n  engine: {mode: remote, address: " + addresses + "}\n"},
		{"no newline at the end", "data: x", "data: x\nparts:\n  engine: {mode: remote, address: " + addresses + "}"},
		{"only comments", "# one\n# two", "# one\n# two\nparts:\n  engine: {mode: remote, address: " + addresses + "}\n"},
		{"empty groups", "parts: # all\n#  wheel: {}\nlog:\n", "parts: # all\n  engine: {mode: remote, address: " + addresses + "}\n#  wheel: {}\nlog:\n"},
		{"a group that is empty", "parts:\n  engine: # ours\n  wheel:\n", "parts:\n  engine: # ours\n    mode: remote\n    address: " + addresses + "\n  wheel:\n"},
		{"empty braces", "parts: {engine: {}}\n", "parts: {engine: {mode: remote, address: " + addresses + "}}\n"},
		{"braces over lines", "parts: {\n  engine: {\n    dsn: x, # }\n    mode: local, # here\n  }, # engine\n}\n",
			"parts: {\n  engine: {\n    dsn: x, # }\n    mode: remote, address: " + addresses + ", # here\n  }, # engine\n}\n"},
		{"lines of another system", "parts:\r\n  engine: {mode: local}\r\n", "parts:\r\n  engine: {mode: remote, address: " + addresses + "}\r\n"},
		{"as it is already", "parts: {engine: {mode: remote, address: [ '10.0.0.5:7071',10.0.0.6:7071 ]}}\n",
			"parts: {engine: {mode: remote, address: " + addresses + "}}\n"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got, err := edit(t, row.before, remote...); err != nil || got != row.after {
				t.Errorf("got error %v and\n%s\nwant\n%s", err, got, row.after)
			}
			// A second time is no change.
			if got, err := edit(t, row.after, remote...); err != nil || got != row.after {
				t.Errorf("again: got error %v and\n%s", err, got)
			}
		})
	}
}

func TestEachKindOfValueIsWrittenSoThatItIsReadAgain(t *testing.T) {
	for _, row := range []struct {
		key   string
		value any
		text  string
	}{
		{"parts.engine.canary.weight", 10, "10"},
		{"parts.engine.canary.steps", []int{1, 10}, "[1, 10]"},
		{"parts.engine.canary.steps", []int{}, "[]"},
		{"parts.engine.canary.every", 90 * time.Second, "1m30s"},
		{"parts.engine.address", []string{"127.0.0.1:7071"}, `"127.0.0.1:7071"`},
		{"parts.engine.address", []string{"[::1]:7071"}, `["[::1]:7071"]`},
		{"parts.engine.address", []string{"a,b", "c"}, `["a,b", c]`},
		{"parts.engine.mode", "true", `"true"`},
		{"parts.engine.mode", "", `""`},
		{"parts.engine.dsn", "a: {b}, 'c' \"d\" # e", `"a: {b}, 'c' \"d\" # e"`},
		{"data", "x\ny", `"x\ny"`},
	} {
		got, err := edit(t, "parts: {engine: {mode: a}}\n", set(row.key, row.value))
		if err != nil || !strings.Contains(got, row.text) {
			t.Errorf("%s: got error %v and %s, want %s in it", row.key, err, got, row.text)
		}
	}
}

func TestAnEditThatCantBeRightIsRefusedAndChangesNothing(t *testing.T) {
	for name, row := range map[string]struct{ content, reason string }{
		"does not parse":          {"parts: [\n", "app.yaml:1: did not find"},
		"has mistakes":            {"prats: {}\n", "app.yaml:1: prats: unknown key"},
		"shared by an anchor":     {"parts:\n  engine: &a {mode: b}\n  wheel: *a\n", "app.yaml:2: parts.engine.mode: is shared by an anchor"},
		"alias":                   {"parts:\n  wheel: &a {mode: b}\n  engine: *a\n", "app.yaml:3: parts.engine.mode: is shared by an anchor"},
		"text over several lines": {"parts:\n  engine:\n    mode: |\n      b\n", "app.yaml:3: parts.engine.mode: is a single value over several lines"},
		"tag":                     {"parts: {engine: {mode: !!str b}}\n", "app.yaml:1: parts.engine.mode: is shared by an anchor, or has a tag"},
		"unusual key":             {"parts: {engine: {? mode : b}}\n", ""},
	} {
		got, err := edit(t, row.content, remote...)
		if row.reason == "" && err == nil {
			continue // or it is done
		}
		if err == nil || !strings.Contains(err.Error(), row.reason) || got != row.content {
			t.Errorf("%s: got error %v and\n%s\nwant %q and no change", name, err, got, row.reason)
		}
	}
	got, err := edit(t, "log: {level: a}\n", set("parts.engine.mode", "remote"))
	if err == nil || !strings.Contains(err.Error(), "parts.engine.address: is needed") || got != "log: {level: a}\n" {
		t.Errorf("an outcome that makes no sense: got error %v and\n%s", err, got)
	}
	for _, s := range []config.Setting{set("parts.seat.mode", "a"), set("parts.engine", "a"), set("parts.engine.mode", nil), set("parts.engine.mode", []string{"a", "b"})} {
		if got, err := edit(t, "log: {level: a}\n", s); err == nil || got != "log: {level: a}\n" {
			t.Errorf("%s = %v: got error %v and\n%s", s.Key, s.Value, err, got)
		}
	}
}

func TestASecretIsNotRepeated(t *testing.T) {
	_, err := edit(t, "parts: {engine: {dsn: &a hunter2}}\n", set("parts.engine.dsn", "hunter3"))
	if err == nil || strings.Contains(err.Error(), "hunter") {
		t.Errorf("got %v, want a refusal without the secret", err)
	}
}

func TestWhereTheFileIsAndWhoMayReadItStays(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real", "one.yaml"), filepath.Join(dir, "app.yaml")
	if err := os.Mkdir(filepath.Dir(real), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := config.Edit(&editable{}, config.Sources{File: link}, remote...); err == nil || !strings.Contains(err.Error(), "which is missing") {
		t.Errorf("a link to nothing: got %v", err)
	}
	if err := os.WriteFile(real, []byte("data: x\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := config.Edit(&editable{}, config.Sources{File: link}, remote...); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != real {
		t.Errorf("the link is %q, %v", to, err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("permissions: got %v, %v", info.Mode(), err)
	}
	fresh := filepath.Join(dir, "new.yaml")
	if err := config.Edit(&editable{}, config.Sources{File: fresh}, remote...); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions of a new file: got %v, %v", info.Mode(), err)
	}
}

// TestEditsAtTheSameTimeAreAllKept, and readers see whole files only.
func TestEditsAtTheSameTimeAreAllKept(t *testing.T) {
	from := written(t, "# begin\nparts: {}\n# end\n")
	const rounds = 20
	var editors, reader sync.WaitGroup
	done := make(chan struct{})
	reader.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			content, err := os.ReadFile("app.yaml")
			if err != nil || !strings.HasPrefix(string(content), "# begin\n") || !strings.HasSuffix(string(content), "# end\n") {
				t.Errorf("a reader saw %v:\n%s", err, content)
				return
			}
		}
	})
	for _, s := range []string{"parts.engine.canary.weight", "parts.wheel.canary.weight"} {
		for range 2 {
			editors.Go(func() {
				for i := range rounds {
					if err := config.Edit(&editable{}, from, set(s, i+1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	editors.Wait()
	close(done)
	reader.Wait()
	var got editable
	if _, err := config.Load(&got, from); err != nil || got.Parts.Engine.Canary.Weight != rounds || got.Parts.Wheel.Canary.Weight != rounds {
		t.Errorf("got %+v, error %v, want both weights %d", got.Parts, err, rounds)
	}
}

const editorVariable = "CONFIG_TEST_EDITOR"

// TestAnEditorThatIsKilledLeavesAWholeFile and no lock.
func TestAnEditorThatIsKilledLeavesAWholeFile(t *testing.T) {
	if file := os.Getenv(editorVariable); file != "" {
		fmt.Println("editing")
		for i := 1; ; i++ {
			weight := i % 100
			err := config.Edit(&editable{}, config.Sources{File: file}, set("parts.engine.canary.weight", weight), set("parts.engine.mode", fmt.Sprint("m", weight)))
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	dir := t.TempDir()
	from := config.Sources{File: filepath.Join(dir, "app.yaml")}
	for i := range 15 {
		child := exec.Command(os.Args[0], "-test.run=^TestAnEditorThatIsKilledLeavesAWholeFile$")
		child.Env = append(os.Environ(), editorVariable+"="+from.File)
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		if line := make([]byte, len("editing")); true {
			if _, err := out.Read(line); err != nil || string(line) != "editing" {
				t.Fatalf("the editor says %q, %v", line, err)
			}
		}
		time.Sleep(time.Duration(i) * time.Millisecond) // a different moment each time
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := child.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the editor ended with %v", err)
		}
		var got editable
		if _, err := config.Load(&got, from); err != nil {
			t.Fatal(err)
		}
		if c := got.Parts.Engine; c.Mode != "" && c.Mode != fmt.Sprint("m", c.Canary.Weight) {
			t.Fatalf("half an edit is in the file: %+v", c)
		}
	}
	if err := config.Edit(&editable{}, from, set("parts.engine.mode", "after")); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// TestAnEmptiedFileIsNotEdited: with one setting in it, it would be taken for whole.
func TestAnEmptiedFileIsNotEdited(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"emptied": "", "blank": "\n \n"} {
		file := filepath.Join(t.TempDir(), "app.yaml")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		c := editable{}
		for what, change := range map[string]func(any, config.Sources, ...config.Setting) error{"edit": config.Edit, "preview": config.Preview} {
			if err := change(&c, config.Sources{File: file}, set("log.level", "debug")); err == nil || !strings.Contains(err.Error(), "is empty") {
				t.Errorf("%s of a file that is %s: got %v, want it refused", what, name, err)
			}
		}
		if now, err := os.ReadFile(file); err != nil || string(now) != content {
			t.Errorf("the file that is %s: got %q and %v, want it as it was", name, now, err)
		}
	}
}
