// Galleria is an online shop in one binary whose modules can each move out and
// become a service, one at a time, while it runs.
package main

import (
	"os"

	"galleria/app/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Program{
		Assemble: assemble,
		Environ:  os.Environ(),
		Stdin:    os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}
