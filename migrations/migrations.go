// Package migrations holds the SQL that makes each module's database, one
// folder per module. The files run unchanged on SQLite and PostgreSQL.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed */*.sql
var files embed.FS

// For is the folder of one module.
func For(module string) fs.FS {
	sub, err := fs.Sub(files, module)
	if err != nil {
		panic(err) // only an invalid path gets here; modules' names are valid
	}
	return sub
}
