// Newmodule makes a module: its folder, its migration, its row in the table of
// modules, its section of the configuration, and who may call its methods: the staff.
//
//	make new-module NAME=reviews
//
// What it makes is small and whole. It compiles, its suite passes over the
// fake and over the module in every mode, and it shows in `galleria modules`.
// From there on it is yours: nothing is generated a second time.
package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	if len(os.Args) != 2 || os.Args[1] == "" {
		fmt.Fprintln(os.Stderr, "usage: make new-module NAME=reviews")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "new-module:", err)
		os.Exit(1)
	}
}

// run makes a module in the repository that is the current directory. Nothing
// is written before everything that is known to go wrong has been looked for.
func run(name string) error {
	names, err := newNames(name)
	if err != nil {
		return err
	}
	if err := names.free(); err != nil {
		return err
	}
	made, err := render(names)
	if err != nil {
		return err
	}
	changed, err := insert(names)
	if err != nil {
		return err
	}
	for _, f := range append(made, changed...) {
		if err := f.write(); err != nil {
			return err
		}
	}
	if err := command("bin/tools/buf", "generate", "--path", "modules/"+name); err != nil {
		return fmt.Errorf("generate the contract's Go code: %w", err)
	}
	if err := command("go", "test", "./app", "-count=1", "-run=^TestModuleGraph$", "-update"); err != nil {
		return fmt.Errorf("write docs/modules.md: %w", err)
	}
	fmt.Printf("made modules/%s and migrations/%s, and entered it in app/modules.go, app/config.go and app/access_test.go\n", name, name)
	fmt.Printf("read modules/%s/doc.go first; run its suite with: go test ./modules/%s/...\n", name, name)
	return nil
}

// command runs a tool quietly; what it says is part of its error.
func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}
