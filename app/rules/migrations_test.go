package rules

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRuleEveryModuleHasMigrationsNumberedWithoutGaps(t *testing.T) {
	folders := map[string][]string{}
	for _, f := range files(t, "migrations") {
		if path.Ext(f.path) == ".sql" {
			module := path.Base(f.dir())
			folders[module] = append(folders[module], path.Base(f.path))
		}
	}
	all := modules(t)
	for _, module := range all {
		if err := numbered(folders[module]); err != nil {
			t.Errorf("migrations/%s: %v", module, err)
		}
	}
	for folder := range folders {
		if !slices.Contains(all, folder) {
			t.Errorf("migrations/%s belongs to no module: data has one owner", folder)
		}
	}
}

var migrationName = regexp.MustCompile(`^[0-9]{4}_[a-z0-9_]+\.sql$`)

// numbered wants 0001_…, 0002_… of a folder's files.
func numbered(names []string) error {
	if len(names) == 0 {
		return fmt.Errorf("holds no migrations: a module makes its database from here, with 0001_….sql first")
	}
	slices.Sort(names)
	for i, name := range names {
		if !migrationName.MatchString(name) {
			return fmt.Errorf("%s: name it like 0001_what_it_does.sql", name)
		}
		if want := fmt.Sprintf("%04d_", i+1); !strings.HasPrefix(name, want) {
			return fmt.Errorf("got %s, want %s…: a number that is missing or there twice means that two people's migrations were merged; give the later one the next number", name, want)
		}
	}
	return nil
}

func TestRuleMigrationsAreNumberedSeesOffenders(t *testing.T) {
	for _, names := range [][]string{
		nil,
		{"0002_b.sql"},
		{"0001_a.sql", "0003_c.sql"},
		{"0001_a.sql", "0001_b.sql"},
		{"1_a.sql"},
		{"0001-a.sql"},
	} {
		if numbered(names) == nil {
			t.Errorf("numbered(%v): got no error", names)
		}
	}
	if err := numbered([]string{"0002_b.sql", "0001_a.sql"}); err != nil {
		t.Errorf("got %v for 0001 and 0002", err)
	}
}

func TestRuleMigrationsRunOnBothDatabases(t *testing.T) {
	for _, f := range files(t, "migrations") {
		if path.Ext(f.path) != ".sql" {
			continue
		}
		for _, problem := range unportable(f.text) {
			t.Errorf("%s: %s", f.path, problem)
		}
	}
}

// column is a column of CREATE TABLE or ALTER TABLE … ADD COLUMN: a line that
// begins with a name and a type.
var column = regexp.MustCompile(`(?im)^\s*(?:alter\s+table\s+\w+\s+add\s+(?:column\s+)?)?([a-z_][a-z0-9_]*)\s+([a-z]+)\b`)

// notColumns are first words of lines that are no columns.
var notColumns = words("create drop insert update delete alter select primary unique check constraint foreign on and or where from values set with references exclude begin end not null default order group as")

// banned are words one of the databases does not know, or understands in its
// own way, and what to do instead.
var banned = map[string]string{
	"autoincrement": "identifiers are made by platform/id",
	"serial":        "identifiers are made by platform/id",
	"bigserial":     "identifiers are made by platform/id",
	"generated":     "identifiers are made by platform/id, and values in Go",
	"without":       "WITHOUT ROWID is SQLite's alone",
	"strict":        "STRICT is SQLite's alone",
	"pragma":        "PRAGMA is SQLite's alone",
	"jsonb":         "JSON is TEXT",
	"enum":          "write TEXT with a CHECK",
	"extension":     "extensions are PostgreSQL's alone",
	"now":           "the clock is the program's; times come as BIGINT microseconds",
	"glob":          "GLOB is SQLite's alone",
	"ilike":         "ILIKE is PostgreSQL's alone",
	"deferrable":    "a deferred constraint fails at the commit, and with it the neighbours in the batch",
	"deferred":      "a deferred constraint fails at the commit, and with it the neighbours in the batch",
	"using":         "index methods are PostgreSQL's alone",
	"concurrently":  "migrations run in a transaction",
}

// unportable says what in a migration would not run, or not mean the same, on
// SQLite and on PostgreSQL.
func unportable(text string) []string {
	if !strings.Contains(text, "-- +goose Up") {
		return []string{"lacks the line -- +goose Up, without which nothing runs"}
	}
	sql := regexp.MustCompile(`--[^\n]*`).ReplaceAllString(text, "")
	sql = regexp.MustCompile(`'[^']*'`).ReplaceAllString(sql, "''")
	var problems []string
	for _, word := range regexp.MustCompile(`[A-Za-z_]+`).FindAllString(sql, -1) {
		if advice := banned[strings.ToLower(word)]; advice != "" {
			problems = append(problems, fmt.Sprintf("%s: %s", word, advice))
		}
	}
	if strings.ContainsAny(sql, "`[") || strings.Contains(sql, "::") {
		problems = append(problems, "`x`, [x] and x::type are one database's alone")
	}
	for _, m := range column.FindAllStringSubmatch(sql, -1) {
		name, kind := strings.ToLower(m[1]), strings.ToUpper(m[2])
		if notColumns[name] {
			continue
		}
		if !slices.Contains([]string{"TEXT", "BIGINT", "BOOLEAN"}, kind) {
			problems = append(problems, fmt.Sprintf("column %s is %s: TEXT, BIGINT and BOOLEAN mean the same on SQLite and PostgreSQL; times are BIGINT microseconds, JSON is TEXT", name, kind))
		}
	}
	return problems
}

func TestRuleMigrationsRunOnBothDatabasesSeesOffenders(t *testing.T) {
	table := func(column string) string { return "-- +goose Up\nCREATE TABLE x (\n\t" + column + "\n);\n" }
	for text, want := range map[string]int{
		table("id TEXT PRIMARY KEY, -- a SERIAL"):             0,
		table("a BIGINT NOT NULL CHECK (a IN (1, 2)),"):       0,
		table("status TEXT NOT NULL CHECK (status = 'now')"):  0,
		table("id INTEGER PRIMARY KEY AUTOINCREMENT"):         2,
		table("at TIMESTAMP NOT NULL"):                        1,
		table("data JSONB"):                                   2,
		table("data BLOB"):                                    1,
		table("at BIGINT DEFAULT (now())"):                    1,
		"-- +goose Up\nALTER TABLE x ADD COLUMN y REAL;":      1,
		"-- +goose Up\nALTER TABLE x ADD COLUMN y BIGINT;":    0,
		"-- +goose Up\nCREATE INDEX i ON x USING gin (a);":    1,
		"-- +goose Up\nPRAGMA foreign_keys = off;":            1,
		"CREATE TABLE x (a TEXT);":                            1,
		"-- +goose Up\nUPDATE x SET a = b::text WHERE c = 1;": 1,
	} {
		if got := unportable(text); len(got) != want {
			t.Errorf("unportable(%q): got %d problems %q, want %d", text, len(got), got, want)
		}
	}
}

func TestRuleModulesKeepToTheirOwnTables(t *testing.T) {
	// Each module's database is its own; a name that two of them use would
	// make a join across modules look right in review.
	owner := map[string]string{}
	for _, module := range modules(t) {
		for _, table := range tablesOf(t, module) {
			if other := owner[table]; other != "" {
				t.Errorf("migrations/%s makes a table %s, and so does migrations/%s: give it a name that tells whose it is", module, table, other)
			}
			owner[table] = module
		}
	}
}

var createTable = regexp.MustCompile(`(?i)create\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)`)

func tablesOf(t *testing.T, module string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "migrations", module, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range createTable.FindAllStringSubmatch(string(text), -1) {
			tables = append(tables, m[1])
		}
	}
	return tables
}
