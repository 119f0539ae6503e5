package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// names are a module's name in the forms the templates need.
type names struct {
	// Name is the module's: reviews. Title is it in Go and Protobuf: Reviews.
	Name, Title string
	// Noun is one of what it keeps: review. NounTitle is it as a type: Review.
	Noun, NounTitle string
}

// shape leaves out digits and underscores, which Go, Protobuf and SQL each
// spell in their own way.
var shape = regexp.MustCompile(`^[a-z]{3,30}$`)

// taken are names that mean something to the program, besides its modules.
var taken = map[string]string{
	"all": "a target", "edge": "a target", "operator": "a caller",
	"internal": "a folder Go treats in its own way", "vendor": "a folder Go treats in its own way", "testdata": "a folder Go treats in its own way",
	"main": "a package Go treats in its own way", "init": "a function Go treats in its own way", "documentation": "a package Go treats in its own way",
	"platform": "a folder of contracts and tables", "google": "a folder of contracts", "reason": "an enum of every contract",
	"service": "a package of every module", "store": "a package of every module", "memory": "a type of every module",
	"contract": "a package of the platform", "module": "a package of the platform", "moduletest": "a package of the platform", "route": "a package of the platform",
	"database": "a package of the platform", "migrations": "a package", "context": "a package", "errors": "a package", "testing": "a package",
	"codes": "a package", "access": "a package of the platform", "identity": "a package of the platform", "certs": "a package of the platform", "status": "a package", "gorm": "a package", "grpc": "a package", "fmt": "a package", "sync": "a package", "strings": "a package",
	"text": "a column of its table", "problems": "a variable of the code to be made", "found": "a variable of the code to be made",
	"rows": "a variable of the code to be made", "row": "a type of the code to be made", "err": "a variable of the code to be made", "ctx": "a variable of the code to be made",
}

// reserved are words SQL keeps for itself, in PostgreSQL or in SQLite, that
// could name a table.
var reserved = strings.Fields("abort action add after all alter always analyse analyze and any array as asc asymmetric attach authorization " +
	"autoincrement before begin between binary both by cascade case cast check collate collation column commit concurrently conflict constraint " +
	"create cross current database default deferrable deferred delete desc detach distinct do drop each else end escape except exclude exclusive " +
	"exists explain fail false fetch filter first following for foreign freeze from full generated glob grant group groups having if ignore ilike " +
	"immediate in index indexed initially inner insert instead intersect into is isnull join key last lateral leading left like limit localtime " +
	"localtimestamp match materialized natural no not nothing notnull null nulls of offset on only or order others outer over overlaps partition " +
	"placing plan pragma preceding primary query raise range recursive references regexp reindex release rename replace restrict returning right " +
	"rollback row rows savepoint select set similar some symmetric table tablesample temp temporary then ties to trailing transaction trigger true " +
	"unbounded union unique update user using vacuum values variadic verbose view virtual when where window with without")

func newNames(name string) (names, error) {
	if !shape.MatchString(name) {
		return names{}, fmt.Errorf("%q can't name a module: use 3 to 30 lower-case letters, as in reviews", name)
	}
	noun := singular(name)
	for _, n := range []string{name, noun} {
		if token.IsKeyword(n) || types.Universe.Lookup(n) != nil {
			return names{}, fmt.Errorf("%q can't name a module: %s is a word of Go", name, n)
		}
		if what := taken[n]; what != "" {
			return names{}, fmt.Errorf("%q can't name a module: %s is %s", name, n, what)
		}
	}
	if slices.Contains(reserved, name) {
		return names{}, fmt.Errorf("%q can't name a module: it is a word of SQL, and its table has its name", name)
	}
	return names{Name: name, Title: title(name), Noun: noun, NounTitle: title(noun)}, nil
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// singular guesses; a developer who knows better renames a package and a message.
func singular(plural string) string {
	for _, ending := range []struct{ many, one string }{
		{"ies", "y"}, {"sses", "ss"}, {"xes", "x"}, {"ches", "ch"}, {"shes", "sh"}, {"ss", "ss"}, {"us", "us"}, {"is", "is"}, {"s", ""},
	} {
		if stem, ok := strings.CutSuffix(plural, ending.many); ok && len(stem) > 1 {
			return stem + ending.one
		}
	}
	return plural
}

// free fails when something already has the name.
func (n names) free() error {
	if _, err := os.Stat("bin/tools/buf"); err != nil {
		return errors.New("bin/tools/buf is missing: start this with make new-module NAME=" + n.Name)
	}
	for _, folder := range []string{"modules/" + n.Name, "migrations/" + n.Name} {
		if _, err := os.Stat(folder); err == nil {
			return fmt.Errorf("%s exists already", folder)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, file := range []string{tableFile, configFile} {
		if err := n.freeIn(file); err != nil {
			return err
		}
	}
	return nil
}

// freeIn fails when a file imports another package by the name.
func (n names) freeIn(file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: import %s: %w", file, spec.Path.Value, err)
		}
		if path.Base(imported) == n.Name || spec.Name != nil && spec.Name.Name == n.Name {
			return fmt.Errorf("%q can't name a module: %s imports %s", n.Name, file, imported)
		}
	}
	return nil
}
