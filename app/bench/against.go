package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// rounds is how often each program is measured, in turn with the other: what else
// the machine does meanwhile falls on both.
const rounds = 3

// benchAgainst measures this program and that of an earlier commit in turn, each
// by its own bench, and prints the best figure of each beside the other's.
func benchAgainst(commit, binary string, seconds int) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source := filepath.Join(dir, "source")
	if err := run("git", "worktree", "add", "--quiet", "--detach", source, commit); err != nil {
		return err
	}
	defer run("git", "worktree", "remove", "--force", source)
	earlier := program{filepath.Join(dir, "bench"), filepath.Join(dir, "galleria")}
	for out, pkg := range map[string]string{earlier.bench: "./app/bench", earlier.galleria: "."} {
		if err := run("go", "-C", source, "build", "-o", out, pkg); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if binary, err = filepath.Abs(binary); err != nil {
		return err
	}
	programs := [2]program{earlier, {self, binary}}
	var best [2]map[string]float64
	var order []string
	for round := range rounds {
		for i, p := range programs {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, rounds, []string{commit, "this"}[i])
			for _, part := range []string{"calls", "pages"} {
				text, err := p.measure(part, seconds)
				if err != nil {
					return err
				}
				for _, f := range figures(text) {
					if best[i] == nil {
						best[i] = map[string]float64{}
					}
					if _, known := best[i][f.name]; !known || f.value > best[i][f.name] {
						best[i][f.name] = f.value
					}
					if !slices.Contains(order, f.name) {
						order = append(order, f.name)
					}
				}
			}
		}
	}
	fmt.Printf("\nPer CPU-second, the best of %d rounds in turn; more than 1 is better than at %s\n", rounds, commit)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "what\tat %s\tnow\tnow / then\t\n", commit)
	for _, name := range order {
		then, before := best[0][name]
		now, still := best[1][name]
		if before && still {
			fmt.Fprintf(out, "%s\t%.0f\t%.0f\t%.2f\t\n", name, then, now, now/then)
		}
	}
	return out.Flush()
}

// program is a bench and the galleria that it measures.
type program struct{ bench, galleria string }

func (p program) measure(part string, seconds int) (string, error) {
	var out bytes.Buffer
	command := exec.Command(p.bench, "-only", part, "-galleria", p.galleria, "-seconds", strconv.Itoa(seconds))
	command.Stdout, command.Stderr = &out, os.Stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("%s -only %s: %w", p.bench, part, err)
	}
	return out.String(), nil
}

// figure is a row of a bench's table: how many of it a second of CPU does.
type figure struct {
	name  string
	value float64
}

var columns = regexp.MustCompile(`\s{2,}`)

// figures reads the tables of calls (CPU of one in the fourth column) and of pages
// (how many a CPU-second does, there as well).
func figures(text string) []figure {
	var found []figure
	for _, line := range strings.Split(text, "\n") {
		cells := columns.Split(strings.TrimSpace(line), -1)
		if len(cells) < 6 {
			continue
		}
		// The size of a page is in its name, and is another one at each commit.
		name := columns.ReplaceAllString(strings.Split(cells[0], ",")[0]+", "+cells[1], " ")
		if cost, err := time.ParseDuration(cells[3]); err == nil && cost > 0 {
			found = append(found, figure{name, float64(time.Second) / float64(cost)})
		} else if rate, err := strconv.ParseFloat(cells[3], 64); err == nil {
			found = append(found, figure{name, rate})
		}
	}
	return found
}

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err), errors.New(strings.TrimSpace(string(out))))
	}
	return nil
}
