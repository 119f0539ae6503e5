package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the repository, seen from this package's folder.
const root = "../.."

// file is a text file of the repository.
type file struct {
	// path is relative to the repository, with slashes.
	path string
	text string
}

func (f file) dir() string         { return path.Dir(f.path) }
func (f file) isTest() bool        { return strings.HasSuffix(f.path, "_test.go") }
func (f file) isGo() bool          { return strings.HasSuffix(f.path, ".go") }
func (f file) under(d string) bool { return strings.HasPrefix(f.path, d+"/") }

// generated tells by the line every generator writes.
func (f file) generated() bool {
	head, _, _ := strings.Cut(f.text, "\npackage ")
	return strings.Contains(head, "// Code generated ") && strings.Contains(head, " DO NOT EDIT.")
}

// parse reads a Go file with its comments.
func (f file) parse(t *testing.T) (*token.FileSet, *ast.File) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, f.path, f.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("read %s: %v", f.path, err)
	}
	return set, parsed
}

// imports lists what a Go file imports.
func (f file) imports(t *testing.T) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), f.path, f.text, parser.ImportsOnly)
	if err != nil {
		t.Fatalf("read %s: %v", f.path, err)
	}
	var all []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("read %s: import %s: %v", f.path, spec.Path.Value, err)
		}
		all = append(all, name)
	}
	return all
}

// files reads the text files of these folders, or all; what was built and
// what a running shop wrote is no part of the repository.
func files(t *testing.T, folders ...string) []file {
	t.Helper()
	if len(folders) == 0 {
		folders = []string{"."}
	}
	var all []file
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			relative = filepath.ToSlash(relative)
			if slices.Contains([]string{".git", "bin", "data"}, relative) {
				if entry.IsDir() {
					return filepath.SkipDir
				}
				return nil // in a linked worktree .git is a file
			}
			if !entry.Type().IsRegular() || relative == "galleria" || !slices.Contains(textual, path.Ext(relative)) {
				return nil
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			all = append(all, file{path: relative, text: string(text)})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no files in %v: the rule would look at nothing", folders)
	}
	return all
}

// textual are the extensions of files the rules read; "" are scripts.
var textual = []string{"", ".go", ".proto", ".sql", ".templ", ".tmpl", ".md", ".yaml", ".yml", ".mod", ".css", ".js", ".html", ".txt", ".csv", ".svg"}

// goFiles are the hand-written Go files among all.
func goFiles(all []file) []file {
	return slices.DeleteFunc(slices.Clone(all), func(f file) bool { return !f.isGo() })
}

// modules are the names of the folders in modules/.
func modules(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "modules"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		t.Fatal("no modules: the rule would look at nothing")
	}
	return names
}

// words makes a set of a text's words.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}
