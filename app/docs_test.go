package app_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"galleria/app"
	"galleria/app/cli"
	"galleria/platform/config"
)

// The pages for people say what to type and where to look. They are believed,
// so what can be checked of them cheaply is.
var pages = []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/security.md"}

// eachPage runs check over every page's text.
func eachPage(t *testing.T, check func(t *testing.T, text string)) {
	t.Helper()
	for _, page := range pages {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", page))
			if err != nil {
				t.Fatal(err)
			}
			check(t, string(text))
		})
	}
}

var (
	fence    = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```")
	indented = regexp.MustCompile(`(?m)^    (\S.*)$`)
	ticked   = regexp.MustCompile("`([^`\n]+)`")
	link     = regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
)

// prose is a page without its fenced blocks.
func prose(text string) string { return fence.ReplaceAllString(text, "") }

// inBackticks are the words and commands of a page's running text.
func inBackticks(text string) []string {
	var all []string
	for _, m := range ticked.FindAllStringSubmatch(prose(text), -1) {
		all = append(all, m[1])
	}
	return all
}

// commands are the lines a page tells to type, and what it calls by name.
func commands(text string) []string {
	all := inBackticks(text)
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		if m[1] == "sh" {
			all = append(all, strings.Split(m[2], "\n")...)
		}
	}
	for _, m := range indented.FindAllStringSubmatch(prose(text), -1) {
		all = append(all, m[1])
	}
	return all
}

// repoPath looks like something in this repository, with a function perhaps:
// app/app.go:Run.
var repoPath = regexp.MustCompile(`^((?:app|modules|platform|migrations|docs|tools|\.ci)(?:/[\w.-]+)*/?|[\w-]+\.(?:go|md|mod))(?::(\w+))?$`)

// notPaths are words that look like one.
var notPaths = []string{"modules"}

func TestDocsNameFilesAndFunctionsThatAreThere(t *testing.T) {
	eachPage(t, func(t *testing.T, text string) {
		for _, word := range inBackticks(text) {
			m := repoPath.FindStringSubmatch(word)
			if m == nil || slices.Contains(notPaths, word) {
				continue
			}
			// A bare name stands for the file of that name in each module.
			if !strings.Contains(m[1], "/") && anyMatch("../modules/orders/"+m[1]) {
				continue
			}
			if !anyMatch(filepath.Join("..", m[1])) {
				t.Errorf("%s is not there", m[1])
			} else if m[2] != "" && !declares(t, filepath.Join("..", m[1]), m[2]) {
				t.Errorf("%s has no function %s", m[1], m[2])
			}
		}
		dir := filepath.Dir(strings.TrimPrefix(t.Name(), "TestDocsNameFilesAndFunctionsThatAreThere/"))
		for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
			if !strings.Contains(m[1], "://") && !anyMatch(filepath.Join("..", dir, m[1])) {
				t.Errorf("a link leads to %s, which is not there", m[1])
			}
		}
	})
}

func anyMatch(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// declares tells whether a file has a function, method or variable of a name.
func declares(t *testing.T, file, name string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|var )` + name + `\b`).Match(text)
}

func TestDocsNameTargetsOfMakeThatAreThere(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`^make ([a-z-]+)`)
	eachPage(t, func(t *testing.T, text string) {
		for _, line := range commands(text) {
			if m := made.FindStringSubmatch(line); m != nil && !bytes.Contains(makefile, []byte("\n"+m[1]+":")) {
				t.Errorf("%q: the Makefile has no target %s", line, m[1])
			}
		}
	})
}

// TestDocsNameTestsThatAreThere: those that a page tells to run, and those it points at.
func TestDocsNameTestsThatAreThere(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	there := map[string]bool{}
	for _, dir := range []string{"../app", "../modules", "../platform"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range declared.FindAllSubmatch(text, -1) {
				there[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile(`^(?:go test (?:-\S+ )*\./app -run '?)?((?:Test|Fuzz|Benchmark)\w+)`)
	eachPage(t, func(t *testing.T, text string) {
		for _, line := range commands(text) {
			if m := named.FindStringSubmatch(line); m != nil && !there[m[1]] {
				t.Errorf("%q: there is no test %s", line, m[1])
			}
		}
	})
}

// TestDocsUseTheCommandLineAsItIs asks the program's own help about each
// command that a page names.
func TestDocsUseTheCommandLineAsItIs(t *testing.T) {
	eachPage(t, func(t *testing.T, text string) {
		for _, line := range commands(text) {
			line, _, _ = strings.Cut(line, "#")
			words := strings.Fields(line)
			if len(words) == 0 || words[0] != "galleria" && words[0] != "bin/galleria" {
				continue
			}
			if problem := misused(words[1:]); problem != "" {
				t.Errorf("%q: %s", line, problem)
			}
		}
	})
}

func TestDocsUseTheCommandLineAsItIsSeesOffenders(t *testing.T) {
	for line, wrong := range map[string]bool{
		"serve --target payments": false, "events resend notifications": false, "--help": false,
		"serv": true, "serve --targets payments": true, "events revive": true, "modules --bare": true,
	} {
		if got := misused(strings.Fields(line)); (got != "") != wrong {
			t.Errorf("galleria %s: got %q, want a problem: %v", line, got, wrong)
		}
	}
}

// misused says what the program would not understand.
func misused(words []string) string {
	var command []string
	text := help(command)
	for len(words) > 0 && strings.Contains(text, "Available Commands:") && !strings.HasPrefix(words[0], "-") {
		if !regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(words[0]) + ` `).MatchString(text) {
			return "there is no command " + words[0]
		}
		command, words = append(command, words[0]), words[1:]
		text = help(command)
	}
	for _, word := range words {
		flag, _, _ := strings.Cut(word, "=")
		if strings.HasPrefix(flag, "--") && !regexp.MustCompile(regexp.QuoteMeta(flag)+`\b`).MatchString(text) {
			return "there is no flag " + flag
		}
	}
	return ""
}

func help(command []string) string {
	var out bytes.Buffer
	cli.Main(append(slices.Clone(command), "--help"), cli.Program{Stdout: &out, Stderr: &out, Stdin: strings.NewReader("")})
	return out.String()
}

func TestDocsShowSettingsThatAreUnderstood(t *testing.T) {
	heredoc := regexp.MustCompile(`(?ms)^cat > galleria\.yaml <<'END'\n(.*?)^END$`)
	eachPage(t, func(t *testing.T, text string) {
		var files []string
		for _, m := range fence.FindAllStringSubmatch(text, -1) {
			if m[1] == "yaml" {
				files = append(files, m[2])
			}
			for _, written := range heredoc.FindAllStringSubmatch(m[2], -1) {
				files = append(files, written[1])
			}
		}
		for _, text := range files {
			file := filepath.Join(t.TempDir(), "galleria.yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := app.Load(config.Sources{File: file, FileRequired: true}); err != nil {
				t.Errorf("%v, in\n%s", err, text)
			}
		}
	})
}

// TestDocsNameMetricsThatAreThere: those to be woken for.
func TestDocsNameMetricsThatAreThere(t *testing.T) {
	var sources []byte
	for _, file := range []string{"../platform/process/collector.go", "../platform/route/collector.go", "edge/metrics.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, text...)
	}
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### What to be woken for")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1)
	if len(rows) < 5 {
		t.Errorf("got %d rows, want the table of metrics", len(rows))
	}
	for _, row := range rows {
		// Those of the edge have the name of its part in them.
		name := strings.Replace(row[1], "galleria_storefront", "", 1)
		if !bytes.Contains(sources, []byte(`"`+name+`"`)) {
			t.Errorf("there is no metric %s", row[1])
		}
	}
}
