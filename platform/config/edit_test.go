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
	Data    string `yaml:"data"`
	Modules struct {
		Cart   placed `yaml:"cart"`
		Orders placed `yaml:"orders"`
	} `yaml:"modules"`
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

// remote are the settings of a module that moves.
var remote = []config.Setting{
	set("modules.cart.mode", "remote"), set("modules.cart.address", []string{"10.0.0.5:7071", "10.0.0.6:7071"}),
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
		{"between braces", `# the shop
data: x   # where

modules:
  # moved in May
  cart:   {mode: local, address: "127.0.0.1:7071", dsn: 'a''b{' } # ours
  orders: {mode: local}
`, `# the shop
data: x   # where

modules:
  # moved in May
  cart:   {mode: remote, address: ` + addresses + `, dsn: 'a''b{' } # ours
  orders: {mode: local}
`},
		{"one key a line", `modules:
  cart:
    mode: "local" # for now
    address: # of both
      - a:1
      # second
      - b:2
    dsn: é "x # y
  orders: {}
`, `modules:
  cart:
    mode: remote # for now
    address: ` + addresses + ` # of both
    dsn: é "x # y
  orders: {}
`},
		{"keys that are missing", "modules:\n  cart:\n    # a comment\n    dsn: x # y\n\n  orders: {mode: a}\nlog:\n  level: b",
			"modules:\n  cart:\n    # a comment\n    dsn: x # y\n    mode: remote\n    address: " + addresses + "\n\n  orders: {mode: a}\nlog:\n  level: b"},
		{"missing between braces", "modules: {cart: {dsn: x, }, orders: {mode: a}}\n", "modules: {cart: {dsn: x, mode: remote, address: " + addresses + ", }, orders: {mode: a}}\n"},
		{"a module that is missing", "modules:\n  orders:\n    canary:\n      steps:\n        - 1\n        - 2 # last\n\n# the end\n",
			"modules:\n  orders:\n    canary:\n      steps:\n        - 1\n        - 2 # last\n  cart: {mode: remote, address: " + addresses + "}\n\n# the end\n"},
		{"no modules", "data: x # y\n", "data: x # y\nmodules:\n  cart: {mode: remote, address: " + addresses + "}\n"},
		{"no newline at the end", "data: x", "data: x\nmodules:\n  cart: {mode: remote, address: " + addresses + "}"},
		{"nothing", "", "modules:\n  cart: {mode: remote, address: " + addresses + "}\n"},
		{"only comments", "# one\n# two", "# one\n# two\nmodules:\n  cart: {mode: remote, address: " + addresses + "}\n"},
		{"empty groups", "modules: # all\n#  orders: {}\nlog:\n", "modules: # all\n  cart: {mode: remote, address: " + addresses + "}\n#  orders: {}\nlog:\n"},
		{"a group that is empty", "modules:\n  cart: # ours\n  orders:\n", "modules:\n  cart: # ours\n    mode: remote\n    address: " + addresses + "\n  orders:\n"},
		{"empty braces", "modules: {cart: {}}\n", "modules: {cart: {mode: remote, address: " + addresses + "}}\n"},
		{"braces over lines", "modules: {\n  cart: {\n    dsn: x, # }\n    mode: local, # here\n  }, # cart\n}\n",
			"modules: {\n  cart: {\n    dsn: x, # }\n    mode: remote, address: " + addresses + ", # here\n  }, # cart\n}\n"},
		{"lines of another system", "modules:\r\n  cart: {mode: local}\r\n", "modules:\r\n  cart: {mode: remote, address: " + addresses + "}\r\n"},
		{"as it is already", "modules: {cart: {mode: remote, address: [ '10.0.0.5:7071',10.0.0.6:7071 ]}}\n",
			"modules: {cart: {mode: remote, address: " + addresses + "}}\n"},
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
		{"modules.cart.canary.weight", 10, "10"},
		{"modules.cart.canary.steps", []int{1, 10}, "[1, 10]"},
		{"modules.cart.canary.steps", []int{}, "[]"},
		{"modules.cart.canary.every", 90 * time.Second, "1m30s"},
		{"modules.cart.address", []string{"127.0.0.1:7071"}, `"127.0.0.1:7071"`},
		{"modules.cart.address", []string{"[::1]:7071"}, `["[::1]:7071"]`},
		{"modules.cart.address", []string{"a,b", "c"}, `["a,b", c]`},
		{"modules.cart.mode", "true", `"true"`},
		{"modules.cart.mode", "", `""`},
		{"modules.cart.dsn", "a: {b}, 'c' \"d\" # e", `"a: {b}, 'c' \"d\" # e"`},
		{"data", "x\ny", `"x\ny"`},
	} {
		got, err := edit(t, "modules: {cart: {mode: a}}\n", set(row.key, row.value))
		if err != nil || !strings.Contains(got, row.text) {
			t.Errorf("%s: got error %v and %s, want %s in it", row.key, err, got, row.text)
		}
	}
}

func TestAnEditThatCantBeRightIsRefusedAndChangesNothing(t *testing.T) {
	for name, row := range map[string]struct{ content, reason string }{
		"does not parse":          {"modules: [\n", "app.yaml:1: did not find"},
		"has mistakes":            {"modles: {}\n", "app.yaml:1: modles: unknown key"},
		"shared by an anchor":     {"modules:\n  cart: &a {mode: b}\n  orders: *a\n", "app.yaml:2: modules.cart.mode: is shared by an anchor"},
		"alias":                   {"modules:\n  orders: &a {mode: b}\n  cart: *a\n", "app.yaml:3: modules.cart.mode: is shared by an anchor"},
		"text over several lines": {"modules:\n  cart:\n    mode: |\n      b\n", "app.yaml:3: modules.cart.mode: is a single value over several lines"},
		"tag":                     {"modules: {cart: {mode: !!str b}}\n", "app.yaml:1: modules.cart.mode: is shared by an anchor, or has a tag"},
		"unusual key":             {"modules: {cart: {? mode : b}}\n", ""},
	} {
		got, err := edit(t, row.content, remote...)
		if row.reason == "" && err == nil {
			continue // or it is done
		}
		if err == nil || !strings.Contains(err.Error(), row.reason) || got != row.content {
			t.Errorf("%s: got error %v and\n%s\nwant %q and no change", name, err, got, row.reason)
		}
	}
	got, err := edit(t, "log: {level: a}\n", set("modules.cart.mode", "remote"))
	if err == nil || !strings.Contains(err.Error(), "modules.cart.address: is needed") || got != "log: {level: a}\n" {
		t.Errorf("an outcome that makes no sense: got error %v and\n%s", err, got)
	}
	for _, s := range []config.Setting{set("modules.basket.mode", "a"), set("modules.cart", "a"), set("modules.cart.mode", nil), set("modules.cart.mode", []string{"a", "b"})} {
		if got, err := edit(t, "log: {level: a}\n", s); err == nil || got != "log: {level: a}\n" {
			t.Errorf("%s = %v: got error %v and\n%s", s.Key, s.Value, err, got)
		}
	}
}

func TestASecretIsNotRepeated(t *testing.T) {
	_, err := edit(t, "modules: {cart: {dsn: &a hunter2}}\n", set("modules.cart.dsn", "hunter3"))
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
	from := written(t, "# begin\nmodules: {}\n# end\n")
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
	for _, s := range []string{"modules.cart.canary.weight", "modules.orders.canary.weight"} {
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
	if _, err := config.Load(&got, from); err != nil || got.Modules.Cart.Canary.Weight != rounds || got.Modules.Orders.Canary.Weight != rounds {
		t.Errorf("got %+v, error %v, want both weights %d", got.Modules, err, rounds)
	}
}

const editorVariable = "CONFIG_TEST_EDITOR"

// TestAnEditorThatIsKilledLeavesAWholeFile and no lock.
func TestAnEditorThatIsKilledLeavesAWholeFile(t *testing.T) {
	if file := os.Getenv(editorVariable); file != "" {
		fmt.Println("editing")
		for i := 1; ; i++ {
			weight := i % 100
			err := config.Edit(&editable{}, config.Sources{File: file}, set("modules.cart.canary.weight", weight), set("modules.cart.mode", fmt.Sprint("m", weight)))
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
		if c := got.Modules.Cart; c.Mode != "" && c.Mode != fmt.Sprint("m", c.Canary.Weight) {
			t.Fatalf("half an edit is in the file: %+v", c)
		}
	}
	if err := config.Edit(&editable{}, from, set("modules.cart.mode", "after")); err != nil {
		t.Errorf("after all that: %v", err)
	}
}
