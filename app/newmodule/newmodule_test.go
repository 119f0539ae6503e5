package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestNewModule makes a module in a copy of the repository and asks of it what
// is asked of every other one.
func TestNewModule(t *testing.T) {
	copied := copyRepository(t)
	newmodule := filepath.Join(t.TempDir(), "newmodule")
	in(t, copied, "go", "build", "-o", newmodule, "./app/newmodule")

	in(t, copied, newmodule, "reviews")

	in(t, copied, "go", "build", "./...")
	in(t, copied, "go", "vet", "./modules/reviews/...", "./app")
	if unformatted := in(t, copied, "gofmt", "-l", "app", "modules/reviews"); unformatted != "" {
		t.Errorf("not formatted: %s", unformatted)
	}
	in(t, copied, "bin/tools/buf", "lint")
	// The suite in every mode, and the rules and the table with one module more.
	in(t, copied, "go", "test", "-shuffle=on", "-skip=^TestRulePlatform", "./modules/reviews/...", "./app/rules")
	in(t, copied, "go", "test", "-shuffle=on", "-run=^(TestRule|TestModuleGraph|TestEveryMethodIsRefused|TestWhatIsNoText)", "./app")

	page, err := os.ReadFile(filepath.Join(copied, "docs/modules.md"))
	if err != nil || !strings.Contains(string(page), "| [reviews](../modules/reviews/doc.go) | [reviews.v1.ReviewsService](../modules/reviews/v1) | 2 |") {
		t.Errorf("docs/modules.md does not show the module (%v):\n%s", err, page)
	}
	if got := fails(t, copied, newmodule, "reviews"); got != "new-module: modules/reviews exists already\n" {
		t.Errorf("the same name again: got %q", got)
	}
	itShowsInARunningShop(t, copied)
	theSuiteTellsWhatIsBroken(t, copied)
}

// itShowsInARunningShop asks a shop with the module for its table.
func itShowsInARunningShop(t *testing.T, copied string) {
	t.Helper()
	data := t.TempDir()
	in(t, copied, "go", "build", "-buildvcs=false", "-o", "bin/galleria", ".")
	shop := exec.Command("bin/galleria", "serve", "--data", data, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rpc", "127.0.0.1:0")
	shop.Dir, shop.Stderr = copied, t.Output()
	said, err := shop.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shop.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		shop.Process.Signal(syscall.SIGTERM) // fails only if it has ended, which Wait tells
		if err := shop.Wait(); err != nil {
			t.Errorf("the shop with a new module ended with %v", err)
		}
	}()
	address := ""
	for lines := bufio.NewScanner(said); address == "" && lines.Scan(); {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "rpc "); ok {
			address = strings.TrimSpace(rest)
		}
	}
	var shown struct {
		Modules []struct {
			Module  string
			Healthy bool
		}
	}
	table := in(t, copied, "bin/galleria", "modules", "--json", "--data", data, "--rpc", address)
	if err := json.Unmarshal([]byte(table), &shown); err != nil {
		t.Fatalf("the table of modules: %v\n%s", err, table)
	}
	for _, row := range shown.Modules {
		if row.Module == "reviews" && row.Healthy {
			return
		}
	}
	t.Errorf("got the table %+v, want reviews in it, healthy", shown)
}

// theSuiteTellsWhatIsBroken breaks what was made, to see that its suite tells.
func theSuiteTellsWhatIsBroken(t *testing.T, copied string) {
	t.Helper()
	for _, broken := range []struct{ file, old, new, failing string }{
		{"internal/store/store.go", "DO UPDATE SET text = excluded.text", "DO NOTHING", "SetReview/replaces_what_was_there"},
		{"internal/service/service.go", "if !found {", "if !found && false {", "GetReview/what_was_never_set_is_not_found"},
		{"internal/service/convert.go", "path + p.Field", "p.Field", "SetReview/names_every_bad_field"},
		{"internal/service/access.go", "return access.Role(ctx, reviewsv1.Reason_REASON_NOT_ALLOWED, identity.Operator)", "_, _, _ = access.Role, reviewsv1.Reason_REASON_NOT_ALLOWED, identity.Operator; return nil", "REASON_NOT_ALLOWED"},
		{"reviewstest/suite.go", `"SetReview": setCases(w),`, "", "SetReview has no case"},
	} {
		path := filepath.Join(copied, "modules/reviews", broken.file)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(whole), broken.old) != 1 {
			t.Fatalf("%s does not hold %q once", broken.file, broken.old)
		}
		write(t, path, strings.Replace(string(whole), broken.old, broken.new, 1))
		// vet would complain of setCases, which nothing uses then.
		if got := fails(t, copied, "go", "test", "-vet=off", "-run=^TestContract$/^local$", "./modules/reviews"); !strings.Contains(got, broken.failing) {
			t.Errorf("with %s broken: want %q to fail, got\n%s", broken.file, broken.failing, got)
		}
		write(t, path, string(whole))
	}
}

func TestNamesThatCantBeAreRefusedInOneLine(t *testing.T) {
	for name, want := range map[string]string{
		"":           "3 to 30 lower-case letters",
		"Reviews":    "3 to 30 lower-case letters",
		"gift_cards": "3 to 30 lower-case letters",
		"b2b":        "3 to 30 lower-case letters",
		"../reviews": "3 to 30 lower-case letters",
		"ab":         "3 to 30 lower-case letters",
		"func":       "func is a word of Go",
		"types":      "type is a word of Go",
		"errors":     "errors is a package",
		"strings":    "strings is a package",
		"edge":       "edge is a target",
		"internal":   "internal is a folder",
		"reasons":    "reason is an enum",
		"stores":     "store is a package",
		"order":      "is a word of SQL",
		"groups":     "is a word of SQL",
	} {
		_, err := newNames(name)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got error %v, want one line with %q", name, err, want)
		}
	}
}

func TestNamesHaveTheirForms(t *testing.T) {
	for name, want := range map[string]names{
		"reviews":    {"reviews", "Reviews", "review", "Review"},
		"categories": {"categories", "Categories", "category", "Category"},
		"addresses":  {"addresses", "Addresses", "address", "Address"},
		"boxes":      {"boxes", "Boxes", "box", "Box"},
		"shipping":   {"shipping", "Shipping", "shipping", "Shipping"},
		"bonus":      {"bonus", "Bonus", "bonus", "Bonus"},
	} {
		if got, err := newNames(name); err != nil || got != want {
			t.Errorf("%s: got %+v and error %v, want %+v", name, got, err, want)
		}
	}
}

func TestNamesInUseAreRefused(t *testing.T) {
	t.Chdir("../..")
	for name, want := range map[string]string{
		"orders":  "modules/orders exists already",
		"config":  "app/config.go imports galleria/platform/config",
		"process": "app/config.go imports galleria/platform/process",
	} {
		if err := (names{Name: name}).free(); err == nil || err.Error() != want && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", name, err, want)
		}
	}
}

func TestFilesWithoutAPlaceForModulesAreRefused(t *testing.T) {
	i := insertion{file: "app/modules.go", above: "// here"}
	if _, err := i.into("package app\n", "x\n"); err == nil || !strings.Contains(err.Error(), `lacks the line "// here"`) {
		t.Errorf("got error %v, want one that names the line", err)
	}
	if got, err := i.into("a\n\t// here\nb\n", "x\n"); err != nil || got != "a\nx\n\t// here\nb\n" {
		t.Errorf("got %q and error %v", got, err)
	}
}

// copyRepository copies what git has or would have of the repository, and the
// tools that are built.
func copyRepository(t *testing.T) string {
	t.Helper()
	const root = "../.."
	copied := t.TempDir()
	list := strings.Split(strings.TrimSuffix(in(t, root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00")
	for _, name := range append(list, "bin/tools/buf", "bin/tools/protoc-gen-go", "bin/tools/protoc-gen-go-grpc") {
		err := copyFile(filepath.Join(root, name), filepath.Join(copied, name))
		if os.IsNotExist(err) && !strings.HasPrefix(name, "bin/") {
			continue // git has it, and it was just deleted
		}
		if err != nil {
			t.Fatalf("copy the repository (make test builds the tools): %v", err)
		}
	}
	return copied
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// in runs a command in a folder and returns its output; it must work.
func in(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	out, err := output(folder, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// fails runs a command that must fail, and returns what it says.
func fails(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	out, err := output(folder, name, args...)
	if err == nil {
		t.Fatalf("%s %s: got no failure\n%s", name, strings.Join(args, " "), out)
	}
	return out
}

func output(folder, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	return string(out), err
}
