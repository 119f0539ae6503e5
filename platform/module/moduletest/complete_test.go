package moduletest

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	probev1 "galleria/platform/route/probe/v1"
)

func TestAMethodWithoutACaseIsFound(t *testing.T) {
	some := map[string]func(*testing.T){"does something": func(*testing.T) {}}
	for name, c := range map[string]struct {
		cases Cases
		want  []string
	}{
		"all have cases":        {Cases{"Echo": some, "Hurry": some, "Once": some}, nil},
		"one is not named":      {Cases{"Echo": some, "Hurry": some}, []string{"Once has no case"}},
		"one has an empty list": {Cases{"Echo": some, "Hurry": {}, "Once": some}, []string{"Hurry has no case"}},
		"none have":             {nil, []string{"Echo has no case", "Hurry has no case", "Once has no case"}},
		"a misspelt method":     {Cases{"Ehco": some, "Hurry": some, "Once": some}, []string{"Echo has no case", "there are cases for Ehco"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.cases.problems(&probev1.ProbeService_ServiceDesc)
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAllCasesAreRun(t *testing.T) {
	var mu sync.Mutex
	ran := map[string]int{}
	note := func(t *testing.T) {
		mu.Lock()
		defer mu.Unlock()
		ran[t.Name()]++
	}
	t.Run("suite", func(t *testing.T) {
		Cases{"Echo": {"a": note, "b": note}, "Hurry": {"c": note}, "Once": {"d": note}}.Run(t, &probev1.ProbeService_ServiceDesc)
	})
	want := map[string]int{}
	for _, name := range []string{"Echo/a", "Echo/b", "Hurry/c", "Once/d"} {
		want[t.Name()+"/suite/"+name] = 1
	}
	if !reflect.DeepEqual(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
}
