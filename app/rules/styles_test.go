package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	styled = regexp.MustCompile(`\.([a-zA-Z][\w-]*)`)
	worn   = regexp.MustCompile(`class="([^"]*)"`)
)

// TestRuleClassesHaveStyles: a class that no style sheet knows is a part of a page that
// was written and never looked at.
func TestRuleClassesHaveStyles(t *testing.T) {
	for _, site := range []struct{ pages, styles string }{
		{"app/storefront/internal/page/*.templ", "app/storefront/assets/*.css"},
		{"app/console/internal/view/*.templ", "app/console/assets/*.css"},
	} {
		known := map[string]bool{}
		for _, sheet := range texts(t, site.styles) {
			for _, found := range styled.FindAllStringSubmatch(sheet, -1) {
				known[found[1]] = true
			}
		}
		for file, page := range texts(t, site.pages) {
			for _, found := range worn.FindAllStringSubmatch(page, -1) {
				for _, class := range strings.Fields(found[1]) {
					if !known[class] {
						t.Errorf("%s: no style sheet of %s has the class %s", file, site.styles, class)
					}
				}
			}
		}
	}
}

// texts are files by name; there must be some.
func texts(t *testing.T, pattern string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: got %d files, error %v", pattern, len(files), err)
	}
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = string(text)
	}
	return all
}
