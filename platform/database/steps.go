package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

var (
	stepName   = regexp.MustCompile(`^(\d+)_[^/]*\.sql$`)
	annotation = regexp.MustCompile(`(?m)^[ \t]*--[ \t]*\+goose[ \t]+(.*?)[ \t\r]*$`)
)

// steps reads the migrations of a folder. A file is sent to the database in one
// piece, which both drivers take, so of goose's annotations it may have Up and Down
// alone. goose's own reader looks for the end of each statement and takes a buffer
// of 4 MB to look at a line: most of the time of opening a new database.
func steps(files fs.FS) ([]*goose.Migration, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, e := range entries {
		found := stepName.FindStringSubmatch(e.Name())
		if found == nil {
			continue
		}
		version, err := strconv.ParseInt(found[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		up, down, err := directions(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		all = append(all, goose.NewGoMigration(version, run(e.Name(), up), run(e.Name(), down)))
	}
	return all, nil
}

// directions cuts a file at its annotations.
func directions(text string) (up, down string, err error) {
	found := annotation.FindAllStringSubmatchIndex(text, -1)
	var names []string
	for _, at := range found {
		names = append(names, text[at[2]:at[3]])
	}
	switch strings.Join(names, " ") {
	case "Up":
		return text[found[0][1]:], "", nil
	case "Up Down":
		return text[found[0][1]:found[1][0]], text[found[1][1]:], nil
	}
	return "", "", errors.New(`want the line "-- +goose Up", and after its statements "-- +goose Down" or the end; other annotations are not known`)
}

// run sends statements to the database, in the transaction that notes the version.
func run(file, statements string) *goose.GoFunc {
	return &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, statements); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return nil
	}}
}
