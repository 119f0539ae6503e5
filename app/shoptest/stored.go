package shoptest

import (
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Stored is all that the shop keeps: the files of its data directory, among them
// SQLite's with their logs, and the rows of all tables that are in PostgreSQL, by
// name.
func (s *Shop) Stored(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(s.Data(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		all[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatalf("read the data directory: %v", err)
	}
	for module, dsn := range s.dsn {
		all["PostgreSQL of "+module] = rowsOf(t, dsn)
	}
	return all
}

// rowsOf is the text of all rows of a module's tables.
func rowsOf(t testing.TB, dsn string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tables []string
	read(t, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()", func(row []any) {
		tables = append(tables, fmt.Sprint(row[0]))
	})
	var text strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&text, "%s\n", table)
		read(t, db, `SELECT * FROM "`+table+`"`, func(row []any) {
			for _, value := range row {
				if raw, ok := value.([]byte); ok {
					value = string(raw)
				}
				fmt.Fprintf(&text, "%v ", value)
			}
		})
	}
	return text.String()
}

func read(t testing.TB, db *sql.DB, query string, do func(row []any)) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		do(row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
